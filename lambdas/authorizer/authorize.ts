import { isSecretOf, readApiKey, keyState } from '../access/api-key.ts';
import type { KeyTable } from '../access/key-table.ts';

/**
 * The authorizer's response, in the simple response format of payload version 2.0. A refused request is usually still
 * passed on to the API function, so that the client gets a problem document with the reason. API Gateway's own response is
 * just `{"message":"Forbidden"}`. If `mayExplain` returns false, the authorizer denies the request and gives no reason. API Gateway caches both
 * kinds of response, pass-throughs and denials
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html#http-api-lambda-authorizer.caching).
 */
export type Authorization =
  | { readonly isAuthorized: true; readonly context: Authorized | Unauthorized }
  | { readonly isAuthorized: false };

/** The context that the API function gets if the key is valid. */
export interface Authorized {
  readonly tenant: string;
  /** The scopes, separated by spaces. */
  readonly scopes: string;
  readonly key_id: string;
}

export interface Unauthorized {
  /** Why the request was refused, as a sentence for the client. */
  readonly problem: string;
}

export interface AuthorizePorts {
  keys: Pick<KeyTable, 'find'>;
  now: () => Date;
  /** Whether the response to this request should explain the refusal. */
  mayExplain: () => boolean;
}

const BEARER = /^bearer +(\S+) *$/i;

/**
 * Authenticates a request by its `Authorization` header.
 *
 * @throws Error if the key table can't be read
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
  if (!key) return refuse('The Authorization header does not contain an API key for this service.');
  const found = await keys.find(key.keyId);
  // Give the same message for an unknown key and a wrong secret, so that callers can't find out which keys exist.
  if (!found || !isSecretOf(key.secret, found.secretHash)) return refuse('The API key is not valid.');
  const { record } = found;
  const state = keyState(record, now());
  if (state !== 'active') return refuse(`The API key ${record.key_id} is ${state}.`);
  const { tenant, scopes, key_id: keyId } = record;
  return { isAuthorized: true, context: { tenant, scopes: scopes.join(' '), key_id: keyId } };
}
