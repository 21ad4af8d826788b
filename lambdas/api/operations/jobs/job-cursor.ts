import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { InvalidRequestError } from '../../../job/errors.ts';
import type { JobFilter, Order } from '../../../job/job-filter.ts';
import { CURSOR_MESSAGE, decodeId, described, idBytes } from '../../fields.ts';

/** The list of jobs that a cursor belongs to. */
interface JobList {
  readonly filter: JobFilter;
  readonly order: Order;
}

const ID_BYTES = 16;
/**
 * The length of the list's digest in a cursor, in bytes. A few bytes are enough, because the digest only has to detect
 * that a cursor belongs to another list.
 */
const DIGEST_BYTES = 5;

/** Matches a cursor: a job's id and a digest in base64url. */
const JOB_CURSOR = /^[A-Za-z0-9_-]{28}$/;

export const jobCursor = described(
  z.string().check(z.regex(JOB_CURSOR, CURSOR_MESSAGE)),
  !import.meta.bundled && {
    type: 'string',
    description: 'The `next_cursor` of the previous page, whose order and filters must be the same.',
  },
);

/** Returns the cursor of the page after this job. Clients must not interpret the cursor. */
export function encodeJobCursor(jobId: string, list: JobList): string {
  return Buffer.concat([idBytes(jobId), digestOf(list)]).toString('base64url');
}

/**
 * Returns the id of the job after which the page begins.
 *
 * @throws InvalidRequestError if the cursor belongs to another list
 */
export function decodeJobCursor(cursor: string, list: JobList): string {
  const bytes = Buffer.from(cursor, 'base64url');
  if (bytes.subarray(ID_BYTES).equals(digestOf(list))) return decodeId(bytes.subarray(0, ID_BYTES));
  const message =
    'belongs to a list with another order or other filters; use the same ones as for the previous page';
  throw new InvalidRequestError('query', [{ field: 'cursor', message }]);
}

function digestOf({ filter, order }: JobList): Buffer {
  const { metadata = {}, ...others } = filter;
  const text = JSON.stringify([order, sortedEntries(others), sortedEntries(metadata)]);
  return createHash('sha256').update(text).digest().subarray(0, DIGEST_BYTES);
}

function sortedEntries(fields: object): [string, unknown][] {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .sort(([one], [other]) => (one < other ? -1 : 1));
}
