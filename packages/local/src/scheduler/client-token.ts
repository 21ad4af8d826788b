import { createHash } from 'node:crypto';
import { JsonError, type JsonObject } from '../aws-endpoint/json-protocol.ts';
import { invalid, optionalText } from './members.ts';

/** A write that was carried out: its ClientToken, and a digest of the rest of its input. */
export interface WrittenWith {
  readonly token: string;
  readonly digest: string;
}

/** As the API reference has it. */
const TOKEN = /^[a-zA-Z0-9-_]{1,64}$/;

/** @returns undefined for a request without a token, which is never a repetition of another */
export function writtenWith(input: JsonObject): WrittenWith | undefined {
  const { ClientToken: given, ...rest } = input;
  const token = optionalText(given, 'ClientToken');
  if (token === undefined) return undefined;
  if (!TOKEN.test(token)) throw invalid(`ClientToken "${token}" must match ${TOKEN.source}`);
  const members = Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1));
  return { token, digest: createHash('sha256').update(JSON.stringify(members)).digest('hex') };
}

/**
 * Whether the request repeats a write that was carried out. The SDKs choose a token for each call and send it again with
 * each retry.
 *
 * @throws JsonError `ConflictException` if the token is the same and the input is not
 */
export function isRepetition(request: WrittenWith | undefined, earlier: WrittenWith | undefined): boolean {
  if (request === undefined || request.token !== earlier?.token) return false;
  if (request.digest === earlier.digest) return true;
  throw conflict(`ClientToken ${request.token} was used with another input.`);
}

export function conflict(message: string): JsonError {
  return new JsonError('ConflictException', message, { status: 409 });
}
