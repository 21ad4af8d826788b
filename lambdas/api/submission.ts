import { HttpError } from '../middleware/problem.ts';
import { BULK_JOB_TYPE } from '../job/catalogue.ts';
import { DEFAULT_QUEUE } from '../job/definition.ts';
import { defaultMaxSeconds, type Debounce } from '../job/dedup.ts';
import { InvalidRequestError } from '../job/errors.ts';
import { MAX_DELAY_SECONDS, MAX_DOCUMENT_BYTES, type Json } from '../job/job.ts';
import { resolveFlow } from '../job/resolve-flow.ts';
import type { JobType, JobTypes } from '../job/job-type.ts';
import type { Submission } from '../job/submit.ts';
import { fileKey, MEDIA_TYPE } from '../job/file-key.ts';
import type { Clock } from '../job/clock.ts';
import type { TraceContext } from '../job/trace-context.ts';
import type { UploadStore } from '../job/upload-store.ts';
import type { AttachedFile } from '../middleware/form-body.ts';
import type { SubmissionBody, submissionSchema } from './submission-schema.ts';
import type { Caller } from './caller.ts';
import { validate } from './request.ts';

/** This deployment's rules for submissions. */
export interface SubmissionRules {
  schema: ReturnType<typeof submissionSchema>;
  /** The job types that clients may submit. */
  jobTypes: JobTypes;
  /** The job type that sends callbacks. */
  callbackType: JobType;
  /** The job type of submissions that don't specify a type. */
  defaultType: string;
  /** Each queue's timeout, in seconds, which limits the `timeout_seconds` of the queue's jobs. */
  queueTimeouts: ReadonlyMap<string, number>;
  /** The default queue's timeout, in seconds: the deployment's JOB_TIMEOUT. */
  jobTimeout: number;
  /** The retention period of ended jobs, in days, which limits `dedup_seconds`. */
  retentionDays: number;
  now: () => Date;
}

/**
 * Validates a body as a submission.
 *
 * @throws InvalidRequestError, HttpError that name the invalid fields
 */
export function readSubmission(
  body: unknown,
  caller: Pick<Caller, 'tenant' | 'actor'>,
  rules: SubmissionRules,
  trace?: TraceContext,
): Submission {
  return { ...toSubmission(validate(rules.schema, body, 'body'), caller, rules), trace };
}

/**
 * Converts a validated body to a submission, and fills in the job type's defaults.
 *
 * @throws InvalidRequestError that names the field, if the type is unknown, the type rejects the payload, or a time is too
 * far in the future
 */
function toSubmission(
  body: SubmissionBody,
  { tenant, actor }: Pick<Caller, 'tenant' | 'actor'>,
  rules: SubmissionRules,
): Submission {
  const jobType = findJobType(body.type, rules);
  const { payload = {} } = body;
  requireSmall(payload);
  const errors = jobType.check(payload, tenant);
  if (errors.length > 0) {
    throw new InvalidRequestError(
      'body',
      errors.map(({ field, message }) => ({ field: field ? `payload.${field}` : 'payload', message })),
    );
  }
  const debounce = toDebounce(body.debounce);
  const { flow, errors: keyErrors } = resolveFlow(body, jobType.flow, payload);
  if (keyErrors.length > 0) throw new InvalidRequestError('body', keyErrors);
  return {
    tenant,
    objectId: body.object_id ?? null,
    type: jobType.name,
    queue: jobType.queue,
    payload,
    delaySeconds: debounce?.seconds ?? delayOf(body, rules.now()),
    maxAttempts: body.max_attempts ?? jobType.retry.attempts,
    timeoutSeconds: timeoutOf(body, jobType, rules),
    maxDurationSeconds: body.max_duration_seconds ?? jobType.maxDurationSeconds,
    onDuplicate: debounce ? 'replace' : (body.on_duplicate ?? 'return'),
    dedupSeconds: windowOf(body, rules),
    debounce,
    callback: toCallback(body.callback_url, tenant, rules),
    submittedBy: actor,
    ...(body.tags && body.tags.length > 0 && { tags: body.tags }),
    ...(body.metadata && Object.keys(body.metadata).length > 0 && { metadata: body.metadata }),
    flow,
  };
}

function toDebounce(given: SubmissionBody['debounce']): Debounce | undefined {
  if (!given) return undefined;
  const { seconds, max_seconds: maxSeconds = defaultMaxSeconds(seconds) } = given;
  return { seconds, maxSeconds };
}

/**
 * Returns the dedup window's length. @throws InvalidRequestError unless the window is shorter than the retention period;
 * otherwise, the job could be deleted within the window, and a duplicate would run it again
 */
function windowOf(
  { dedup_seconds: given }: SubmissionBody,
  { retentionDays }: SubmissionRules,
): number | undefined {
  if (given === undefined || given < retentionDays * 86_400) return given;
  throw new InvalidRequestError('body', [
    {
      field: 'dedup_seconds',
      message: `must be less than the ${retentionDays * 86_400} seconds for which the deployment keeps jobs (RETENTION_DAYS=${retentionDays})`,
    },
  ]);
}

/** Returns the job's timeout. @throws InvalidRequestError if the job's timeout is longer than the queue's timeout */
function timeoutOf(
  { timeout_seconds: given }: SubmissionBody,
  { queue, timeoutSeconds }: JobType,
  { queueTimeouts, jobTimeout }: SubmissionRules,
): number {
  const longest = queueTimeouts.get(queue) ?? jobTimeout;
  if (given === undefined) return timeoutSeconds ?? longest;
  if (given <= longest) return given;
  const limit =
    queue === DEFAULT_QUEUE ? "the deployment's JOB_TIMEOUT" : `the timeout of the queue "${queue}"`;
  throw new InvalidRequestError('body', [
    { field: 'timeout_seconds', message: `must be at most ${longest}, ${limit}` },
  ]);
}

/** Validates the callback. The tenant's `webhook` jobs must be allowed to call the callback's URL. */
function toCallback(
  url: string | undefined,
  tenant: string,
  { callbackType, jobTimeout }: SubmissionRules,
): Submission['callback'] {
  if (url === undefined) return null;
  const errors = callbackType.check({ url, body: {} }, tenant);
  if (errors.length > 0) {
    throw new InvalidRequestError(
      'body',
      errors.map(({ message }) => ({ field: 'callback_url', message })),
    );
  }
  return { url, maxAttempts: callbackType.retry.attempts, timeoutSeconds: jobTimeout };
}

function findJobType(name: string | undefined, { defaultType, jobTypes }: SubmissionRules): JobType {
  const jobType = jobTypes.get(name ?? defaultType);
  if (jobType) return jobType;
  if (name === BULK_JOB_TYPE) {
    const message = 'must not be bulk: send POST /v1/jobs/bulk instead';
    throw new InvalidRequestError('body', [{ field: 'type', message }]);
  }
  const known = `known are ${[...jobTypes.keys()].join(', ')}`;
  const message = name === undefined ? `must be given; ${known}` : `"${name}" is not a job type; ${known}`;
  throw new InvalidRequestError('body', [{ field: 'type', message }]);
}

/** @throws HttpError 413 if the payload is too large to store */
export function requireSmall(payload: Json): void {
  const bytes = Buffer.byteLength(JSON.stringify(payload));
  if (bytes <= MAX_DOCUMENT_BYTES) return;
  throw new HttpError(
    413,
    'payload-too-large',
    `The payload has ${bytes} bytes; the maximum is ${MAX_DOCUMENT_BYTES}.`,
    {
      errors: [{ field: 'payload', message: `must have at most ${MAX_DOCUMENT_BYTES} bytes of JSON` }],
    },
  );
}

/** Returns the delay from now, in whole seconds; 0 if `run_at` is in the past. */
function delayOf({ delay_seconds: delay, run_at: runAt }: SubmissionBody, now: Date): number {
  if (runAt === undefined) return delay ?? 0;
  const seconds = Math.max(0, Math.ceil((Date.parse(runAt) - now.getTime()) / 1000));
  if (seconds > MAX_DELAY_SECONDS) {
    throw new InvalidRequestError('body', [
      { field: 'run_at', message: `must be at most ${MAX_DELAY_SECONDS} seconds ahead; it is ${seconds}` },
    ]);
  }
  return seconds;
}

export interface AttachmentPorts {
  uploads: UploadStore;
  clock: Clock;
}

/** A submission's body, with the attached file's key in the payload. */
export interface Attached {
  readonly body: unknown;
  /** Stores the file. Call this after the submission has been validated, but before a worker can claim the job. */
  readonly store: () => Promise<void>;
}

/**
 * Generates a key for a form's file, and adds it to the payload as `file`.
 *
 * @throws InvalidRequestError if the payload is not an object or already has a `file`
 */
export function attachFile(
  body: unknown,
  file: AttachedFile | undefined,
  tenant: string,
  { uploads, clock }: AttachmentPorts,
): Attached {
  if (!file) return { body, store: () => Promise.resolve() };
  const { payload = {} } = body as { payload?: Json };
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) {
    throw invalid('payload', "must be a JSON object, because the file's key is added to it");
  }
  if ('file' in payload) {
    throw invalid(
      'payload.file',
      "must be omitted when a file is attached, because it is set to that file's key",
    );
  }
  const key = fileKey(tenant, clock.newId());
  return {
    body: { ...(body as object), payload: { ...payload, file: key } },
    store: () =>
      uploads.put(key, file.bytes, MEDIA_TYPE.test(file.contentType) ? file.contentType : undefined),
  };
}

function invalid(field: string, message: string): InvalidRequestError {
  return new InvalidRequestError('body', [{ field, message }]);
}
