import { callerOf } from '../aws-endpoint/credential-scope.ts';
import { applies, isAction, type AccessRequest } from './evaluate.ts';
import { matches } from './pattern.ts';
import { readPolicy, type Statement } from './policy.ts';

/** A caller that acts with a role. */
export interface Principal {
  readonly roleArn: string;
  /** The caller's name in a refusal, such as `arn:aws:sts::000000000000:assumed-role/<role>/<session>`. */
  readonly userArn: string;
}

/** The account and region of resources whose ARNs are built from their names. */
export interface Place {
  readonly region: string;
  readonly account: string;
}

/** A permission that a call requires. */
export interface Need {
  /** Such as `sqs:SendMessage`. */
  readonly action: string;
  /** An ARN, or `*` if the action has no specific resource. */
  readonly resource: string;
  readonly context?: Readonly<Record<string, string>>;
}

/** One action that a role may perform on one resource, as written in its policy. */
export interface Grant {
  readonly role: string;
  readonly action: string;
  readonly resource: string;
  /** Whether any call has needed this permission. */
  readonly used: boolean;
}

/** Roles and policies of a stack, and their evaluation. */
export interface Iam {
  /** @throws PolicyError */
  createRole(name: string, arn: string, trustPolicy: unknown): void;
  /** @throws PolicyError; Error for a role that does not exist */
  attachToRole(name: string, policy: unknown): void;
  /** Attaches a policy to a resource and everything below it. @throws PolicyError */
  attachToResource(arn: string, policy: unknown): void;
  /** Whether a service such as `lambda.amazonaws.com` may assume a role. */
  mayAssume(service: string, roleArn: string): boolean;
  /** Makes calls with the access key id act with the role. */
  actAs(accessKeyId: string, principal: Principal): void;
  /** The caller that assumes a role, with a session name. */
  sessionOf(roleArn: string, sessionName: string): Principal;
  /**
   * Undefined for an operator, whose credentials have no role. A key `name:version` without its own role has the role of `name`.
   */
  principalOf(accessKeyId: string): Principal | undefined;
  /** @returns undefined if all of it is allowed, otherwise AWS's message about the first missing permission */
  denial(principal: Principal, needs: readonly Need[]): string | undefined;
  /** Every grant of every role. */
  grants(): Grant[];
  /**
   * Begins to deploy another version of the stack: existing attachments apply in addition to new ones until the returned function
   * is called.
   */
  supersede(): () => void;
}

interface Role {
  readonly name: string;
  readonly trust: readonly Statement[];
  statements: Statement[];
}

/** The context of every call: the loopback interface, which no other machine can observe, counts as TLS. */
const CONTEXT = { 'aws:securetransport': 'true' };

/** A stack makes only few different requests, except with the keys of S3 objects. */
const MAX_REMEMBERED = 10_000;

export function createIam({ account }: Pick<Place, 'account'>): Iam {
  const roles = new Map<string, Role>();
  let resourcePolicies: { readonly arn: string; readonly statements: readonly Statement[] }[] = [];
  /** The statements of the version that is being replaced. */
  let old: ReadonlySet<Statement> = new Set();
  const sessions = new Map<string, Principal>();
  const used = new Set<string>();
  /** Requests that are known to be allowed, until a policy is added: every AWS call is checked, and most are alike. */
  const allowed = new Set<string>();

  function isAllowed(principal: Principal, need: Need): boolean {
    return need.context === undefined && allowed.has(keyOf(principal.roleArn, need.action, need.resource));
  }

  function remember(principal: Principal, need: Need): void {
    if (need.context !== undefined) return;
    if (allowed.size >= MAX_REMEMBERED) allowed.clear();
    allowed.add(keyOf(principal.roleArn, need.action, need.resource));
  }

  function denialOf(principal: Principal, need: Need): string | undefined {
    const request = requestOf(need, principal.roleArn);
    const role = roles.get(principal.roleArn);
    const own = (role?.statements ?? []).filter((statement) => applies(statement, request));
    const others = resourcePolicies
      .filter(({ arn }) => request.resource === arn || request.resource.startsWith(`${arn}/`))
      .flatMap(({ statements }) => statements)
      .filter((statement) => speaksOf(statement, principal.roleArn) && applies(statement, request));

    const denied = (why: string) => {
      // Only SQS writes its actions in lower case.
      const action = need.action.startsWith('sqs:') ? need.action.toLowerCase() : need.action;
      const on = need.action.startsWith('s3:') ? `"${need.resource}"` : need.resource;
      return `User: ${principal.userArn} is not authorized to perform: ${action} on resource: ${on} ${why.replace('<action>', action)}`;
    };
    const isDeny = ({ effect }: Statement) => effect === 'Deny';
    if (own.some(isDeny)) return denied('with an explicit deny in an identity-based policy');
    if (others.some(isDeny)) return denied('with an explicit deny in a resource-based policy');
    if (own.length === 0 && others.length === 0) {
      return denied('because no identity-based policy allows the <action> action');
    }
    if (role) for (const statement of own) noteUse(role, statement, request);
    return undefined;
  }

  function noteUse(role: Role, { actions, resources }: Statement, { action, resource }: AccessRequest): void {
    for (const allowed of actions.filter((pattern) => isAction(pattern, action))) {
      for (const on of resources.filter((pattern) => matches(pattern, resource))) {
        used.add(keyOf(role.name, allowed, on));
      }
    }
  }

  const requestOf = ({ action, resource, context }: Need, roleArn: string): AccessRequest => ({
    action,
    resource,
    context: { ...CONTEXT, 'aws:principalarn': roleArn, 'aws:principalaccount': account, ...context },
  });

  return {
    createRole(name, arn, trustPolicy) {
      allowed.clear();
      const superseded = roles.get(arn)?.statements.filter((statement) => old.has(statement)) ?? [];
      roles.set(arn, { name, trust: readPolicy(trustPolicy), statements: superseded });
    },
    attachToRole(name, policy) {
      const role = [...roles.values()].find((candidate) => candidate.name === name);
      if (!role) throw new Error(`the stack has no role named ${name}`);
      allowed.clear();
      role.statements.push(...readPolicy(policy));
    },
    attachToResource(arn, policy) {
      allowed.clear();
      resourcePolicies.push({ arn, statements: readPolicy(policy) });
    },
    mayAssume(service, roleArn) {
      const context = { ...CONTEXT, 'aws:sourceaccount': account };
      const request = { action: 'sts:AssumeRole', resource: roleArn, context };
      const statements = (roles.get(roleArn)?.trust ?? []).filter(
        (statement) => statement.principals.includes(service) && applies(statement, request),
      );
      return statements.length > 0 && statements.every(({ effect }) => effect === 'Allow');
    },
    actAs(accessKeyId, principal) {
      sessions.set(accessKeyId, principal);
    },
    sessionOf(roleArn, sessionName) {
      const [, roleName = roleArn] = roleArn.split(':role/');
      return { roleArn, userArn: `arn:aws:sts::${account}:assumed-role/${roleName}/${sessionName}` };
    },
    principalOf: (accessKeyId) => sessions.get(accessKeyId) ?? sessions.get(callerOf(accessKeyId)),
    denial(principal, needs) {
      for (const need of needs) {
        if (isAllowed(principal, need)) continue;
        const denial = denialOf(principal, need);
        if (denial !== undefined) return denial;
        remember(principal, need);
      }
      return undefined;
    },
    grants: () =>
      [...roles.values()].flatMap(({ name: role, statements }) =>
        statements
          .filter(({ effect }) => effect === 'Allow')
          .flatMap(({ actions, resources }) =>
            actions.flatMap((action) =>
              resources.map((resource) => ({
                role,
                action,
                resource,
                used: used.has(keyOf(role, action, resource)),
              })),
            ),
          ),
      ),
    supersede() {
      const superseded = new Set([
        ...[...roles.values()].flatMap(({ statements }) => statements),
        ...resourcePolicies.flatMap(({ statements }) => statements),
      ]);
      old = superseded;
      return () => {
        old = new Set();
        allowed.clear();
        const isCurrent = (statement: Statement): boolean => !superseded.has(statement);
        for (const role of roles.values()) role.statements = role.statements.filter(isCurrent);
        resourcePolicies = resourcePolicies.filter(({ statements }) => statements.some(isCurrent));
      };
    },
  };

  /** An account principal only matters in a Deny: an Allow for the account must still be delegated to its roles. */
  function speaksOf({ effect, principals }: Statement, roleArn: string): boolean {
    const whole = [account, `arn:aws:iam::${account}:root`];
    return principals.some(
      (principal) =>
        principal === '*' || principal === roleArn || (effect === 'Deny' && whole.includes(principal)),
    );
  }
}

/** None of the three contains a line break. */
function keyOf(...parts: [role: string, action: string, resource: string]): string {
  return parts.join('\n');
}
