import * as z from 'zod/mini';
import {
  batchIdText,
  jobTypeName,
  metadataKey,
  metadataObject,
  objectIdText,
  tagText,
  WITHOUT_CONTROL,
} from './job-fields.ts';
import { JOB_STATUSES, type JobStatus } from './status.ts';

/** Selects a tenant's jobs that match all conditions. Without conditions, all jobs match. */
export interface JobFilter {
  /** The states to match, at least one. */
  readonly status?: readonly JobStatus[] | undefined;
  readonly type?: string | undefined;
  readonly queue?: string | undefined;
  readonly tag?: string | undefined;
  /**
   * The metadata to match: every key must have the specified value. Values are compared as text, so "42" matches both the
   * number 42 and the string "42".
   */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** Matches jobs created at or after this time, in ISO 8601. */
  readonly createdAfter?: string | undefined;
  /** Matches jobs created before this time, in ISO 8601. */
  readonly createdBefore?: string | undefined;
  /** Matches jobs whose message contains this text, ignoring case. */
  readonly message?: string | undefined;
  readonly objectId?: string | undefined;
  readonly batchId?: string | undefined;
  /** Matches the children of this job. */
  readonly parentJobId?: string | undefined;
}

/** The sort order of the job ids: oldest or newest first. */
export type Order = 'asc' | 'desc';

/** The maximum length of a filter's `message`, in characters. */
const MAX_MESSAGE = 200;

const STATUS_MESSAGE = `must be one or more of ${JOB_STATUSES.join(', ')}`;

/**
 * Parses a list of states: an array, or a comma-separated string, because API Gateway joins repeated query parameters with
 * commas. The result is sorted and has no duplicates.
 */
const statuses = z.pipe(
  z.transform((given: unknown) => (typeof given === 'string' ? given.split(',') : given)),
  z.pipe(
    z.custom<JobStatus[]>(
      (given) => Array.isArray(given) && given.length > 0 && given.every(isStatus),
      STATUS_MESSAGE,
    ),
    z.transform((given: JobStatus[]) => JOB_STATUSES.filter((status) => given.includes(status))),
  ),
);

function isStatus(given: unknown): given is JobStatus {
  return (JOB_STATUSES as readonly unknown[]).includes(given);
}

const METADATA_MESSAGE = 'must be key:value, or a JSON object such as {"customer":"acme","paid":true}';

/**
 * Parses the metadata that a filter matches: an object, a JSON string that contains an object, or a single `key:value`.
 */
const metadata = z.pipe(
  z.transform((given: unknown, context: z.core.ParsePayload) => {
    if (typeof given !== 'string') return given;
    try {
      return toMetadata(given);
    } catch {
      context.issues.push({ code: 'custom', message: METADATA_MESSAGE, input: given });
      return z.NEVER;
    }
  }),
  z.pipe(
    metadataObject.check(z.refine((given) => Object.keys(given).length > 0, METADATA_MESSAGE)),
    z.transform((given: Record<string, string | number | boolean>) =>
      Object.fromEntries(Object.entries(given).map(([key, value]) => [key, String(value)])),
    ),
  ),
);

function toMetadata(text: string): unknown {
  if (text.startsWith('{')) return JSON.parse(text);
  const colon = text.indexOf(':');
  if (colon === -1) throw new SyntaxError('There is no colon.');
  return { [z.parse(metadataKey, text.slice(0, colon))]: text.slice(colon + 1) };
}

/** The range to which times are clamped. Postgres has no year 0, and ISO 8601 has no five-digit years. */
const [EARLIEST, LATEST] = [0, Date.parse('9999-12-31T23:59:59.999Z')];

const moment = z.pipe(
  z.iso.datetime({
    offset: true,
    error: 'must be an ISO 8601 time with its offset, such as 2030-01-31T12:00:00Z',
  }),
  z.transform((text: string) =>
    new Date(Math.min(Math.max(Date.parse(text), EARLIEST), LATEST)).toISOString(),
  ),
);

/** A filter's fields as clients send them, in a query or in JSON. */
export const jobFilterFields = {
  status: z.optional(statuses),
  type: z.optional(jobTypeName),
  queue: z.optional(jobTypeName),
  tag: z.optional(tagText),
  metadata: z.optional(metadata),
  created_after: z.optional(moment),
  created_before: z.optional(moment),
  message: z.optional(
    z.string('must be a string').check(
      z.minLength(1, 'must have at least 1 character'),
      z.maxLength(MAX_MESSAGE, `must have at most ${MAX_MESSAGE} characters`),
      z.regex(WITHOUT_CONTROL, 'must not contain control characters'),
      z.refine((text) => text.isWellFormed(), 'must not contain half a surrogate pair'),
    ),
  ),
  object_id: z.optional(objectIdText),
  batch_id: z.optional(batchIdText),
  parent_job_id: z.optional(z.uuid('must be a job id, such as 0192f3a0-7c1e-7000-8000-000000000000')),
};

/** A filter in JSON. Validation errors name the invalid field. */
export const jobFilterSchema = z.pipe(
  z.strictObject(jobFilterFields, 'must be a JSON object'),
  z.transform(toJobFilter),
);

type FilterFields = { [Name in keyof typeof jobFilterFields]?: z.output<(typeof jobFilterFields)[Name]> };

export function toJobFilter(fields: FilterFields): JobFilter {
  const { status, type, queue, tag, metadata: pairs, message } = fields;
  const { created_after: createdAfter, created_before: createdBefore } = fields;
  const { object_id: objectId, batch_id: batchId, parent_job_id: parentJobId } = fields;
  const ids = { objectId, batchId, parentJobId };
  return { status, type, queue, tag, metadata: pairs, createdAfter, createdBefore, message, ...ids };
}

/** Whether the filter matches all of the tenant's jobs. */
export function matchesEverything({ status, ...others }: JobFilter): boolean {
  const isAnyStatus = status === undefined || JOB_STATUSES.every((each) => status.includes(each));
  return isAnyStatus && Object.values(others).every((condition) => condition === undefined);
}
