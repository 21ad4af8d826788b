import { createRemoteJWKSet, errors, jwtVerify } from 'jose';
import type { JWTPayload, JWTVerifyGetKey } from 'jose';
import { UNAUTHORIZED } from './authorizer.ts';
import type { Authorizer, Verdict } from './authorizer.ts';
import type { HttpApiEvent } from './event.ts';

export interface JwtAuthorizerSettings {
  readonly issuer: string;
  readonly audience: readonly string[];
  readonly identitySource: (event: HttpApiEvent) => string | undefined;
}

/** How long API Gateway may cache an issuer's keys, in milliseconds. */
const CACHE_MS = 2 * 3600_000;

/** The only algorithms that API Gateway accepts. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512'];

/**
 * Creates the JWT authorizer. The authorizer verifies a token's signature with the issuer's published keys, and checks the token's issuer, audience
 * and times.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
 */
export function createJwtAuthorizer({ issuer, audience, identitySource }: JwtAuthorizerSettings): Authorizer {
  let keys: Promise<JWTVerifyGetKey> | undefined;

  return async ({ event }) => {
    const token = identitySource(event)?.replace(/^bearer +/i, '');
    if (!token) return { refusal: { ...UNAUTHORIZED, headers: withChallenge('Bearer') } };
    let keyOf: JWTVerifyGetKey;
    try {
      keyOf = await (keys ??= keysOf(issuer));
    } catch {
      keys = undefined; // the next request fetches the keys again
      return invalidToken('OIDC discovery endpoint communication error');
    }
    try {
      const { payload } = await jwtVerify(token, keyOf, {
        issuer,
        algorithms: ALGORITHMS,
        requiredClaims: ['exp'],
      });
      if (!isFor(audience, payload)) return invalidToken('the token does not have a valid audience');
      return { authorizer: { jwt: { claims: asStrings(payload), scopes: null } } };
    } catch (error) {
      return invalidToken(reasonOf(error));
    }
  };
}

async function keysOf(issuer: string): Promise<JWTVerifyGetKey> {
  const answer = await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
  const { jwks_uri: address } = (await answer.json()) as { jwks_uri: string };
  // Fetches an unknown key immediately. On a laptop, a token may be signed with a key that is only seconds old.
  return createRemoteJWKSet(new URL(address), { cacheMaxAge: CACHE_MS, cooldownDuration: 0 });
}

/** Whether the token is for this audience. `client_id` counts only if there is no `aud`. */
function isFor(audience: readonly string[], { aud, client_id: clientId }: JWTPayload): boolean {
  return [aud ?? clientId].flat().some((given) => typeof given === 'string' && audience.includes(given));
}

/**
 * Converts the claims to the strings that the function receives. A list becomes `[one two]`, an object becomes JSON, and null claims are
 * omitted. AWS does not document this conversion, which was observed on a live HTTP API (https://github.com/floci-io/floci/pull/2011).
 */
function asStrings(claims: JWTPayload): Record<string, string> {
  return Object.fromEntries(
    Object.entries(claims)
      .filter(([, value]) => value !== null)
      .map(([name, value]) => [
        name,
        Array.isArray(value) ? `[${value.map(asString).join(' ')}]` : asString(value),
      ]),
  );
}

function asString(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'the token has expired';
  return error instanceof errors.JOSEError ? error.message : 'the token cannot be verified';
}

function invalidToken(description: string): Verdict {
  const challenge = `Bearer scope="" error="invalid_token" error_description="${description.replaceAll('"', "'")}"`;
  return { refusal: { ...UNAUTHORIZED, headers: withChallenge(challenge) } };
}

function withChallenge(challenge: string): Record<string, string | string[]> {
  return { ...UNAUTHORIZED.headers, 'www-authenticate': challenge };
}
