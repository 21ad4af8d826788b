import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { isScope, SCOPES, type Scope, isTenant, TENANT_EXPECTED } from '../access/identity.ts';
import type { AuditEntry } from '../job/audit.ts';
import { HttpError } from '../middleware/problem.ts';

/** The sender of a request. */
export interface Caller {
  /** The tenant whose jobs, messages, files and schedules the request can access. */
  readonly tenant: string;
  /** The sender's scopes. */
  readonly scopes: readonly Scope[];
  /** The caller's name in the audit log; null if AUTH=none, or if the token has no subject. */
  readonly actor: AuditEntry['actor'];
}

/** How a deployment authenticates its callers. */
export interface CallerRules {
  /** The `AUTH` setting. */
  readonly auth: string;
  /** The tenant of all callers if AUTH is `iam` or `none`, because their credentials don't name a tenant. */
  readonly defaultTenant: string;
  /** The token claim that names the tenant. */
  readonly tenantClaim: string;
  /** The prefix of the scopes `read`, `submit` and `admin` in a token. */
  readonly scopePrefix: string;
}

/** The fields that API Gateway's authorizers add to an event. */
interface Authorizer {
  readonly lambda?: { tenant?: unknown; scopes?: unknown; key_id?: unknown; problem?: unknown } | null;
  readonly jwt?: { claims?: Readonly<Record<string, unknown>> };
  readonly iam?: { userArn?: unknown };
}

/**
 * Claim values that can't be tenant names. API Gateway passes every claim as a string, so the boolean `true` can't be
 * distinguished from the name "true". API Gateway omits null claims, but other gateways write "null".
 */
const NOT_A_NAME: ReadonlySet<string> = new Set(['true', 'false', 'null']);

/**
 * Reads the caller from the event of a request that API Gateway has authenticated.
 *
 * @throws HttpError 401 for an unauthenticated request, 403 for a token without a tenant
 */
export function callerOf(event: APIGatewayProxyEventV2, rules: CallerRules): Caller {
  const { authorizer = {} } = event.requestContext as { authorizer?: Authorizer };
  switch (rules.auth) {
    case 'none':
      return { tenant: rules.defaultTenant, scopes: SCOPES, actor: null };
    case 'iam':
      // With IAM, the caller gets all scopes, because IAM policies already decide which principals may call each route.
      if (!authorizer.iam?.userArn) throw unauthorized('The request is not signed.');
      return { tenant: rules.defaultTenant, scopes: SCOPES, actor: actorOf('', authorizer.iam.userArn) };
    case 'api-key':
      return ofKey(authorizer.lambda);
    case 'jwt':
      return ofToken(authorizer.jwt?.claims, rules);
    default:
      throw new Error(`AUTH is ${rules.auth}, which this function does not support.`);
  }
}

/** @throws HttpError 403 if the caller lacks the scope */
export function requireScope(scopes: readonly Scope[], needed: Scope): void {
  if (scopes.includes(needed)) return;
  const has = scopes.length > 0 ? `has ${scopes.join(', ')}` : 'has no scope';
  throw new HttpError(403, 'forbidden', `This needs the ${needed} scope; the caller ${has}.`);
}

function ofKey(context: Authorizer['lambda']): Caller {
  const { tenant, scopes, key_id: keyId, problem } = context ?? {};
  if (typeof problem === 'string') throw unauthorized(problem);
  if (typeof tenant !== 'string' || typeof scopes !== 'string') throw unauthorized('Send an API key.');
  return { tenant, scopes: scopes.split(' ').filter(isScope), actor: actorOf('key:', keyId) };
}

function ofToken(claims: Readonly<Record<string, unknown>> | undefined, rules: CallerRules): Caller {
  if (!claims) throw unauthorized('Send a token: "Authorization: Bearer …".');
  const tenant = claims[rules.tenantClaim];
  if (typeof tenant !== 'string' || !isTenant(tenant) || NOT_A_NAME.has(tenant)) {
    const detail = `The token's claim ${rules.tenantClaim} must name the tenant: ${TENANT_EXPECTED}, and not true, false or null.`;
    throw new HttpError(403, 'forbidden', detail);
  }
  return { tenant, scopes: scopesOf(claims, rules.scopePrefix), actor: actorOf('subject:', claims.sub) };
}

/**
 * Returns the scopes in a token's `scope` claim, or in its `scp` claim if there is no `scope`. If the claim is a string,
 * spaces separate the names (https://www.rfc-editor.org/rfc/rfc8693#section-4.2). API Gateway formats a list as
 * `[read submit]`. Only spaces separate names, so `files[admin]` and `billing,admin` are single names.
 */
function scopesOf(claims: Readonly<Record<string, unknown>>, prefix: string): Scope[] {
  const claim = claims.scope ?? claims.scp;
  if (typeof claim !== 'string') return [];
  const [, list] = /^\[(.*)\]$/s.exec(claim) ?? [];
  return (list ?? claim)
    .split(' ')
    .flatMap((name) => (name.startsWith(prefix) ? [name.slice(prefix.length)] : []))
    .filter(isScope);
}

/** The maximum length of a token's subject: https://openid.net/specs/openid-connect-core-1_0.html#IDToken */
const MAX_ACTOR = 255;

/**
 * Returns the caller's name in the audit log. Replaces NULs and lone surrogates, which a token may contain but the
 * database can't store.
 */
function actorOf(prefix: string, name: unknown): Caller['actor'] {
  if (typeof name !== 'string' || name === '') return null;
  return prefix + name.slice(0, MAX_ACTOR).toWellFormed().replaceAll('\0', '\ufffd');
}

function unauthorized(detail: string): HttpError {
  return new HttpError(401, 'unauthorized', detail, { headers: { 'www-authenticate': 'Bearer' } });
}
