import { callerOf } from '../aws-endpoint/credential-scope.ts';
import { applies, isAction, type AccessRequest } from './evaluate.ts';
import { matches } from './pattern.ts';
import { readPolicy, type Statement } from './policy.ts';

/** Whoever acts with a role. */
export interface Principal {
  readonly roleArn: string;
  /** Such as `arn:aws:sts::000000000000:assumed-role/<role>/<session>`: what a refusal calls the caller. */
  readonly userArn: string;
}

/** Where the resources stand whose ARNs are made of their names. */
export interface Place {
  readonly region: string;
  readonly account: string;
}

/** What a call needs to be let through. */
export interface Need {
  /** Such as `sqs:SendMessage`. */
  readonly action: string;
  /** An ARN, or `*` where the action is about no single resource. */
  readonly resource: string;
  readonly context?: Readonly<Record<string, string>>;
}

/** One action that a role is allowed on one resource, each as its policy writes it. */
export interface Grant {
  readonly role: string;
  readonly action: string;
  readonly resource: string;
  /** Whether any call has needed it. */
  readonly used: boolean;
}

/** Roles and policies of a stack, and what they let through. */
export interface Iam {
  /** @throws PolicyError */
  createRole(name: string, arn: string, trustPolicy: unknown): void;
  /** @throws PolicyError; Error for a role that there is not */
  attachToRole(name: string, policy: unknown): void;
  /** A policy that a resource, and what stands below it, carries. @throws PolicyError */
  attachToResource(arn: string, policy: unknown): void;
  /** Whether a service such as `lambda.amazonaws.com` may take on a role. */
  mayAssume(service: string, roleArn: string): boolean;
  /** From now on, calls with the access key id are made in the name of the role. */
  actAs(accessKeyId: string, principal: Principal): void;
  /** Whoever has taken on a role, under a name of its own. */
  sessionOf(roleArn: string, sessionName: string): Principal;
  /**
   * Undefined for an operator: whoever has credentials of no role. A key `name:version` that has no role of its own has that of `name`.
   */
  principalOf(accessKeyId: string): Principal | undefined;
  /** @returns undefined if all of it is allowed, else AWS's sentence about the first that is not */
  denial(principal: Principal, needs: readonly Need[]): string | undefined;
  /** Every grant of every role. */
  grants(): Grant[];
  /**
   * Begins a deployment of another version of the stack: what has been attached so far holds until the returned function is
   * called, beside what is attached from now on.
   */
  supersede(): () => void;
}

interface Role {
  readonly name: string;
  readonly trust: readonly Statement[];
  statements: Statement[];
}

/** What every call brings along: the loopback interface, which no other machine hears, stands for TLS. */
const CONTEXT = { 'aws:securetransport': 'true' };

/** A stack asks for few different things; only the keys of S3's objects are without end. */
const MAX_REMEMBERED = 10_000;

export function createIam({ account }: Pick<Place, 'account'>): Iam {
  const roles = new Map<string, Role>();
  let resourcePolicies: { readonly arn: string; readonly statements: readonly Statement[] }[] = [];
  /** The statements of the version that a deployment is replacing. */
  let old: ReadonlySet<Statement> = new Set();
  const sessions = new Map<string, Principal>();
  const used = new Set<string>();
  /** What is known to be allowed, until a policy is added: every call of AWS asks, and most ask the same. */
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
      // SQS alone writes its actions small.
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

  /** The account as a principal may only be denied: what it is allowed, it still has to hand on to its roles. */
  function speaksOf({ effect, principals }: Statement, roleArn: string): boolean {
    const whole = [account, `arn:aws:iam::${account}:root`];
    return principals.some(
      (principal) =>
        principal === '*' || principal === roleArn || (effect === 'Deny' && whole.includes(principal)),
    );
  }
}

/** None of the three holds a line break. */
function keyOf(...parts: [role: string, action: string, resource: string]): string {
  return parts.join('\n');
}
