import { callerOf } from '../aws-endpoint/credential-scope.ts';
import { applies, isAction, type AccessRequest } from './evaluate.ts';
import { matches } from './pattern.ts';
import { readPolicy, type Statement } from './policy.ts';

/** A caller that has a role. */
export interface Principal {
  readonly roleArn: string;
  /** The caller's name in an access denied message, such as `arn:aws:sts::000000000000:assumed-role/<role>/<session>`. */
  readonly userArn: string;
}

/** The account and region for building resource ARNs from names. */
export interface Place {
  readonly region: string;
  readonly account: string;
}

/** A permission that a call requires. */
export interface Need {
  /** The IAM action, such as `sqs:SendMessage`. */
  readonly action: string;
  /** The resource's ARN, or `*` if the action has no specific resource. */
  readonly resource: string;
  readonly context?: Readonly<Record<string, string>>;
}

/** An action that a role's policy allows on a resource. The action and the resource are written as in the policy. */
export interface Grant {
  readonly role: string;
  readonly action: string;
  readonly resource: string;
  /** Whether any call has needed this permission. */
  readonly used: boolean;
}

/** A stack's roles and policies. Evaluates requests against the policies. */
export interface Iam {
  /** @throws PolicyError */
  createRole(name: string, arn: string, trustPolicy: unknown): void;
  /** @throws PolicyError; Error if the role does not exist */
  attachToRole(name: string, policy: unknown): void;
  /** Attaches a policy to a resource and everything under it. @throws PolicyError */
  attachToResource(arn: string, policy: unknown): void;
  /** Whether a service such as `lambda.amazonaws.com` may assume a role. */
  mayAssume(service: string, roleArn: string): boolean;
  /** Assigns a role to all calls that are signed with the access key ID. */
  actAs(accessKeyId: string, principal: Principal): void;
  /** Returns the principal for a session that assumes a role. */
  sessionOf(roleArn: string, sessionName: string): Principal;
  /**
   * Returns the principal for an access key ID, or undefined for an operator, whose credentials have no role. If the access key ID
   * `name:version` has no role, the role of `name` applies.
   */
  principalOf(accessKeyId: string): Principal | undefined;
  /** @returns undefined if everything is allowed, otherwise AWS's message about the first missing permission */
  denial(principal: Principal, needs: readonly Need[]): string | undefined;
  /** Returns all grants of all roles. */
  grants(): Grant[];
  /**
   * Keeps the existing policies in effect, in addition to new ones, until the returned function is called. Call this before deploying another version
   * of the stack.
   */
  supersede(): () => void;
}

interface Role {
  readonly name: string;
  readonly trust: readonly Statement[];
  statements: Statement[];
}

/** The context keys of every call. Calls over the loopback interface count as TLS, because no other machine can observe them. */
const CONTEXT = { 'aws:securetransport': 'true' };

/** The maximum number of cached requests. A stack's requests vary little, except for their S3 object keys. */
const MAX_REMEMBERED = 10_000;

export function createIam({ account }: Pick<Place, 'account'>): Iam {
  const roles = new Map<string, Role>();
  let resourcePolicies: { readonly arn: string; readonly statements: readonly Statement[] }[] = [];
  /** Statements from the stack version that is being replaced. */
  let old: ReadonlySet<Statement> = new Set();
  const sessions = new Map<string, Principal>();
  const used = new Set<string>();
  /**
   * A cache of allowed requests. The cache helps because most AWS calls repeat earlier calls. The cache is cleared when policies change.
   */
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
      // Only SQS writes its actions in lower case in access denied messages.
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

  /**
   * Whether a statement's principals include a role. An account principal matters only in a Deny statement. An Allow for the account takes effect
   * only if the role's own policies also grant the action.
   */
  function speaksOf({ effect, principals }: Statement, roleArn: string): boolean {
    const whole = [account, `arn:aws:iam::${account}:root`];
    return principals.some(
      (principal) =>
        principal === '*' || principal === roleArn || (effect === 'Deny' && whole.includes(principal)),
    );
  }
}

/** Returns the cache key. Role, action and resource contain no line breaks, so each combination has its own key. */
function keyOf(...parts: [role: string, action: string, resource: string]): string {
  return parts.join('\n');
}
