import { createHash } from 'node:crypto';
import { JsonError, type JsonObject } from '../aws-endpoint/json-protocol.ts';
import { invalid, optionalText } from './members.ts';

/** The ClientToken of an executed write, and a digest of the write's other input. */
export interface WrittenWith {
  readonly token: string;
  readonly digest: string;
}

/** The pattern for tokens, from the API reference. */
const TOKEN = /^[a-zA-Z0-9-_]{1,64}$/;

/** @returns undefined for a request without a token, which never counts as a retry */
export function writtenWith(input: JsonObject): WrittenWith | undefined {
  const { ClientToken: given, ...rest } = input;
  const token = optionalText(given, 'ClientToken');
  if (token === undefined) return undefined;
  if (!TOKEN.test(token)) throw invalid(`ClientToken "${token}" must match ${TOKEN.source}`);
  const members = Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1));
  return { token, digest: createHash('sha256').update(JSON.stringify(members)).digest('hex') };
}

/**
 * Whether the request is a retry of an executed write. SDKs generate a token for each call, and send the same token with each retry.
 *
 * @throws JsonError `ConflictException` if the token is the same but the input differs
 */
export function isRepetition(request: WrittenWith | undefined, earlier: WrittenWith | undefined): boolean {
  if (request === undefined || request.token !== earlier?.token) return false;
  if (request.digest === earlier.digest) return true;
  throw conflict(`ClientToken ${request.token} was used with a different input.`);
}

export function conflict(message: string): JsonError {
  return new JsonError('ConflictException', message, { status: 409 });
}
