import { isSecretOf, readApiKey, keyState } from '../access/api-key.ts';
import type { KeyTable } from '../access/key-table.ts';

/**
 * A simple response of payload format 2.0. A refused request is let through to the api function with the reason, which the api function
 * puts into a problem document, because API Gateway's own refusal is only `{"message":"Forbidden"}`. If it may not be explained, the
 * request is denied. API Gateway caches both
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html#http-api-lambda-authorizer.caching).
 */
export type Authorization =
  | { readonly isAuthorized: true; readonly context: Authorized | Unauthorized }
  | { readonly isAuthorized: false };

/** The api function's data about a valid key. */
export interface Authorized {
  readonly tenant: string;
  /** Separated by spaces. */
  readonly scopes: string;
  readonly key_id: string;
}

export interface Unauthorized {
  /** A sentence for the client. */
  readonly problem: string;
}

export interface AuthorizePorts {
  keys: Pick<KeyTable, 'find'>;
  now: () => Date;
  /** Whether to explain the refusal of this request. */
  mayExplain: () => boolean;
}

const BEARER = /^bearer +(\S+) *$/i;

/**
 * Authenticates a request by its `Authorization` header.
 *
 * @throws Error if the table of keys can't be read
 */
export async function authorize(
  header: string | undefined,
  { keys, now, mayExplain }: AuthorizePorts,
): Promise<Authorization> {
  const refuse = (problem: string): Authorization =>
    mayExplain() ? { isAuthorized: true, context: { problem } } : { isAuthorized: false };
  const [, text] = BEARER.exec(header ?? '') ?? [];
  if (text === undefined) return refuse('Send an API key: "Authorization: Bearer errand_…".');
  const key = readApiKey(text);
  if (!key) return refuse('The Authorization header has no API key of this service in it.');
  const found = await keys.find(key.keyId);
  // A missing key and a wrong secret get the same message, so that callers can't find out which keys exist.
  if (!found || !isSecretOf(key.secret, found.secretHash)) return refuse('There is no such API key.');
  const { record } = found;
  const state = keyState(record, now());
  if (state !== 'active') return refuse(`The API key ${record.key_id} is ${state}.`);
  const { tenant, scopes, key_id: keyId } = record;
  return { isAuthorized: true, context: { tenant, scopes: scopes.join(' '), key_id: keyId } };
}
