import {
  BatchClosedError,
  BatchNotFoundError,
  DuplicateJobError,
  InvalidRequestError,
  JobNotFoundError,
  JobTypeUnavailableError,
  MissingQueueError,
  ScheduleNotFoundError,
  StateConflictError,
  StoreUnavailableError,
  TooManyJobsError,
  TooManySignalsError,
  TooManySubmissionsError,
  type FieldError,
} from '../job/errors.ts';

/** An error of the HTTP layer itself, such as an unknown route or a wrong content type. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly status: number;
  readonly slug: ProblemSlug;
  readonly headers: Readonly<Record<string, string>>;
  readonly errors: readonly FieldError[];

  constructor(
    status: number,
    slug: ProblemSlug,
    message: string,
    extra: { headers?: Readonly<Record<string, string>>; errors?: readonly FieldError[] } = {},
  ) {
    super(message);
    this.status = status;
    this.slug = slug;
    this.headers = extra.headers ?? {};
    this.errors = extra.errors ?? [];
  }
}

/** A problem document (RFC 9457), with its headers. */
export interface Problem {
  status: number;
  headers: Readonly<Record<string, string>>;
  body: {
    /** The kind of problem, as a URN that never changes, so that clients can switch on it. */
    type: string;
    title: string;
    status: number;
    detail: string;
    errors?: readonly FieldError[];
    job_id?: string;
    job_status?: string;
    window_ends_at?: string;
  };
}

/**
 * How long a client should wait before it retries, in seconds. A few seconds are enough, because a request has already waited
 * up to 25 s for a resuming database.
 */
const RETRY_AFTER_SECONDS = 5;

/** The prefix of a problem's `type`, followed by its slug. */
export const PROBLEM_TYPE_PREFIX = 'urn:errand:problem:';

/** The title of each kind of problem, by slug. The slug is the last part of the problem's `type`. */
export const PROBLEM_TITLES = {
  'invalid-request': 'The request is not valid',
  'malformed-body': 'The body is not valid JSON',
  'unsupported-media-type': 'The content type is not supported',
  'payload-too-large': 'The request is too large',
  unauthorized: 'The caller is not authenticated',
  forbidden: 'The caller is not allowed to do this',
  'not-found': 'The resource does not exist',
  'method-not-allowed': 'The method is not allowed here',
  'job-not-found': 'The job does not exist',
  'file-not-found': 'The file does not exist',
  'message-not-found': 'The message does not exist',
  'schedule-not-found': 'The schedule does not exist',
  'queue-not-found': 'This deployment does not have the queue',
  'job-type-not-found': 'This deployment does not have the job type',
  'batch-not-found': 'The batch does not exist',
  'batch-closed': 'The batch is closed',
  'job-type-unavailable': 'This deployment can’t run the job type',
  'webhooks-unavailable': 'This deployment sends no webhooks',
  'webhook-key-conflict': 'The webhook key has another generation',
  'api-keys-unavailable': 'This deployment has no API keys',
  'api-key-not-found': 'The API key does not exist',
  'api-key-ended': 'The API key is expired or revoked',
  'missing-queue': 'The job’s queue no longer exists',
  'state-conflict': "The job's state does not allow this",
  'too-many-signals': 'The job has too many signals',
  'duplicate-job': 'The object was already submitted',
  'too-many-submissions': 'Too many submissions at once',
  'too-many-jobs': 'Too many unfinished jobs',
  resuming: 'The database is resuming from a pause',
  unavailable: 'A store is not available',
  timeout: 'The request timed out',
  internal: 'An internal error occurred',
} as const;

/** The last part of a problem's `type`. */
export type ProblemSlug = keyof typeof PROBLEM_TITLES;

/** Maps an error to its problem document. An unknown error becomes a 500 that doesn't reveal the cause. */
export function toProblem(error: unknown): Problem {
  if (error instanceof HttpError) {
    return problem(error.status, error.slug, error.message, errorsOf(error.errors), error.headers);
  }
  if (error instanceof InvalidRequestError) {
    const isQuery = error.place === 'query' || error.place === 'path';
    return problem(isQuery ? 400 : 422, 'invalid-request', error.message, errorsOf(error.errors));
  }
  if (error instanceof JobNotFoundError)
    return problem(404, 'job-not-found', error.message, { job_id: error.jobId });
  if (error instanceof ScheduleNotFoundError) return problem(404, 'schedule-not-found', error.message);
  if (error instanceof BatchNotFoundError) return problem(404, 'batch-not-found', error.message);
  if (error instanceof BatchClosedError) return problem(409, 'batch-closed', error.message);
  if (error instanceof JobTypeUnavailableError) return problem(409, 'job-type-unavailable', error.message);
  if (error instanceof MissingQueueError)
    return problem(409, 'missing-queue', error.message, { job_id: error.jobId });
  if (error instanceof StateConflictError) {
    return problem(409, 'state-conflict', error.message, { job_id: error.jobId, job_status: error.status });
  }
  if (error instanceof DuplicateJobError) {
    return problem(409, 'duplicate-job', error.message, {
      job_id: error.jobId,
      window_ends_at: error.windowEndsAt.toISOString(),
    });
  }
  if (error instanceof TooManySignalsError)
    return problem(409, 'too-many-signals', error.message, { job_id: error.jobId });
  if (error instanceof TooManySubmissionsError) return tooMany('too-many-submissions', error);
  if (error instanceof TooManyJobsError) return tooMany('too-many-jobs', error);
  if (error instanceof StoreUnavailableError && error.isResuming && error.applied === 'no') {
    const detail = `The database was paused and is resuming. Nothing was changed. Retry in ${RETRY_AFTER_SECONDS} seconds.`;
    return problem(503, 'resuming', detail, {}, { 'retry-after': String(RETRY_AFTER_SECONDS) });
  }
  if (error instanceof StoreUnavailableError) {
    const detail = `${error.message} Nothing is lost. Retry in ${RETRY_AFTER_SECONDS} seconds.`;
    return problem(503, 'unavailable', detail, {}, { 'retry-after': String(RETRY_AFTER_SECONDS) });
  }
  if (error instanceof Error && error.name === 'TimeoutError') {
    const detail = `The request timed out. Retry in ${RETRY_AFTER_SECONDS} seconds.`;
    return problem(503, 'timeout', detail, {}, { 'retry-after': String(RETRY_AFTER_SECONDS) });
  }
  return problem(500, 'internal', 'The request failed. Its cause is in the log under the request id.');
}

/**
 * Creates the problem for a submission that exceeds the tenant's limits. Nothing was stored, so a repeated request is treated
 * like the first.
 */
function tooMany(
  slug: 'too-many-submissions' | 'too-many-jobs',
  { message, retryAfterSeconds }: TooManySubmissionsError | TooManyJobsError,
): Problem {
  const detail = `${message} The job was not accepted. Retry after ${retryAfterSeconds} ${retryAfterSeconds === 1 ? 'second' : 'seconds'}.`;
  return problem(429, slug, detail, {}, { 'retry-after': String(retryAfterSeconds) });
}

function problem(
  status: number,
  slug: ProblemSlug,
  detail: string,
  extra: Partial<Problem['body']> = {},
  headers: Readonly<Record<string, string>> = {},
): Problem {
  const body = { type: PROBLEM_TYPE_PREFIX + slug, title: PROBLEM_TITLES[slug], status, detail, ...extra };
  return { status, headers, body };
}

function errorsOf(errors: readonly FieldError[]): Partial<Problem['body']> {
  return errors.length > 0 ? { errors } : {};
}
