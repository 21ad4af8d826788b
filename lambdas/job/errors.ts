/** One invalid field of a request. */
export interface FieldError {
  /** The path of the field, such as `payload.seconds`, `limit` or `headers.content-type`. */
  field: string;
  /** The problem, and how to fix it. */
  message: string;
}

/**
 * Limits that keep an error response small: the maximum number of invalid fields that it lists, and the maximum length of a
 * field's name in characters.
 */
export const MAX_TOLD_ERRORS = 20;
const MAX_FIELD = 200;

/** The request is invalid; `errors` lists its invalid fields. */
export class InvalidRequestError extends Error {
  override readonly name = 'InvalidRequestError';
  /** The part of the request that is invalid. */
  readonly place: 'path' | 'query' | 'body';
  readonly errors: readonly FieldError[];

  constructor(place: 'path' | 'query' | 'body', errors: readonly FieldError[]) {
    const told = errors.slice(0, MAX_TOLD_ERRORS).map(({ field, message }) => ({
      field: field.length > MAX_FIELD ? `${field.slice(0, MAX_FIELD).toWellFormed()}…` : field,
      message,
    }));
    super(told.map(({ field, message }) => `${field}: ${message}`).join('; '));
    this.place = place;
    this.errors = told;
  }
}

/** The job does not exist, or belongs to another tenant. */
export class JobNotFoundError extends Error {
  override readonly name = 'JobNotFoundError';
  readonly jobId: string;

  constructor(jobId: string) {
    super(`There is no job ${jobId}.`);
    this.jobId = jobId;
  }
}

/** The schedule does not exist, or belongs to another tenant. */
export class ScheduleNotFoundError extends Error {
  override readonly name = 'ScheduleNotFoundError';

  constructor(schedule: string) {
    super(`There is no schedule ${schedule}.`);
  }
}

/** This deployment can't run jobs of the schedule's type. */
export class JobTypeUnavailableError extends Error {
  override readonly name = 'JobTypeUnavailableError';

  /** @param reason why the type is unavailable, and how to fix it */
  constructor(schedule: string, type: string, reason: string) {
    super(
      `Schedule ${schedule} stays stopped, because this deployment can't run its job type ${type}: ${reason}.`,
    );
  }
}

/** The job's state does not allow the requested change. */
export class StateConflictError extends Error {
  override readonly name = 'StateConflictError';
  readonly jobId: string;
  readonly status: string;

  constructor(jobId: string, status: string, message: string) {
    super(message);
    this.jobId = jobId;
    this.status = status;
  }
}

/** The job's queue is no longer part of the deployment. */
export class MissingQueueError extends Error {
  override readonly name = 'MissingQueueError';
  readonly jobId: string;

  constructor(jobId: string, queue: string) {
    super(
      `The queue "${queue}" no longer exists in this deployment: add it to \`queues\`, or submit the job again.`,
    );
    this.jobId = jobId;
  }
}

/** The batch does not exist, or belongs to another tenant. */
export class BatchNotFoundError extends Error {
  override readonly name = 'BatchNotFoundError';

  constructor(batchId: string) {
    super(`There is no batch "${batchId}".`);
  }
}

/** The batch is closed: it doesn't accept more jobs, and its on_complete job can't be changed. */
export class BatchClosedError extends Error {
  override readonly name = 'BatchClosedError';

  constructor(batchId: string, refused: 'jobs' | 'on_complete') {
    const what =
      refused === 'jobs' ? 'it accepts no further jobs' : 'its on_complete job can no longer be changed';
    super(`The batch "${batchId}" is closed, so ${what}: use a new batch id.`);
  }
}

/**
 * The submission is a duplicate within the dedup window. Either the submission rejects duplicates, or the job that it
 * would replace has another type.
 */
export class DuplicateJobError extends Error {
  override readonly name = 'DuplicateJobError';
  readonly jobId: string;
  readonly windowEndsAt: Date;

  /** @param types the job's type and the submission's type, if a difference between them prevents the replacement */
  constructor(
    objectId: string,
    jobId: string,
    windowEndsAt: Date,
    types?: { readonly type: string; readonly ownType: string },
  ) {
    const end = `the dedup window ends at ${windowEndsAt.toISOString()}.`;
    super(
      types
        ? `object_id "${objectId}" was submitted as job ${jobId} of the type "${types.type}", which a job of the type "${types.ownType}" can't replace: ` +
            `use another object_id, or submit the job later; ${end}`
        : `object_id "${objectId}" was submitted as job ${jobId}; ${end}`,
    );
    this.jobId = jobId;
    this.windowEndsAt = windowEndsAt;
  }
}

/** The tenant has reached its submission rate for the current second. */
export class TooManySubmissionsError extends Error {
  override readonly name = 'TooManySubmissionsError';
  /** The limit applies per second, so the client can retry in the next second. */
  readonly retryAfterSeconds = 1;

  constructor() {
    super('This tenant has reached its submission rate for this second.');
  }
}

/** The tenant has reached its limit on unfinished jobs. */
export class TooManyJobsError extends Error {
  override readonly name = 'TooManyJobsError';
  /**
   * The delay before a retry, in seconds. The delay is a guess, because nobody can predict when a job will end: the
   * tenant may still be at its limit after the delay, but most useless retries are avoided.
   */
  readonly retryAfterSeconds = 5;

  constructor(maxJobsInFlight: number) {
    super(`This tenant already has ${maxJobsInFlight} unfinished jobs, the maximum.`);
  }
}

/** The job has reached its signal limit. */
export class TooManySignalsError extends Error {
  override readonly name = 'TooManySignalsError';
  readonly jobId: string;

  constructor(jobId: string, most: number) {
    super(`Job ${jobId} has ${most} signals, the maximum; send more data to another job.`);
    this.jobId = jobId;
  }
}

/**
 * A store could not be reached or did not respond in time. `applied` says whether a write took effect: `no` if it certainly
 * did not, `unknown` if it may have taken effect but the response was lost.
 */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
  readonly store: string;
  readonly applied: 'no' | 'unknown';
  /** Whether the store is a paused database that is still resuming. */
  readonly isResuming: boolean;

  constructor(store: string, applied: 'no' | 'unknown', cause: unknown, isResuming = false) {
    super(`${store} is not available.`, { cause });
    this.store = store;
    this.applied = applied;
    this.isResuming = isResuming;
  }
}

/*
 * The property that marks a `FinalError`. A user's bundle and Errand's worker each contain a copy of these classes, so
 * `instanceof` does not recognize an error from the other copy. This symbol is in the global registry, which both copies
 * share.
 */
const FINAL = Symbol.for('errand.final-error');
const RETRY_LATER = Symbol.for('errand.retry-later-error');

/** Throw this error if retrying won't help: the job fails immediately. */
export class FinalError extends Error {
  override readonly name: string = 'FinalError';
  readonly [FINAL] = true;
}

/** The worker's schema rejected the payload. The message may contain parts of the payload. */
export class UnfitPayloadError extends FinalError {}

/** Throw this error if you know when to retry. Its delay overrides the retry policy's back-off. */
export class RetryLaterError extends Error {
  override readonly name = 'RetryLaterError';
  readonly [RETRY_LATER] = true;
  /** Seconds from now until the next attempt, if the job has an attempt left; capped at 900. */
  readonly afterSeconds: number;

  constructor(message: string, { afterSeconds, ...options }: ErrorOptions & { afterSeconds: number }) {
    super(message, options);
    this.afterSeconds = afterSeconds;
  }
}

/**
 * Ends the attempt early, because there is no capacity for its work, or because a later attempt will continue the work.
 * In return, the job gets an additional attempt.
 */
export class ThrottledError extends Error {
  override readonly name = 'ThrottledError';
  /** Seconds until the next attempt. If undefined, the back-off grows with the attempt number. */
  readonly afterSeconds: number | undefined;

  constructor(message: string, { afterSeconds, ...options }: ErrorOptions & { afterSeconds?: number } = {}) {
    super(message, options);
    this.afterSeconds = afterSeconds;
  }
}

export function isFinalError(error: unknown): error is FinalError {
  return typeof error === 'object' && error !== null && FINAL in error;
}

export function isRetryLaterError(error: unknown): error is RetryLaterError {
  return typeof error === 'object' && error !== null && RETRY_LATER in error;
}
