import type { Schema } from './http-client.ts';

/** A submission's options, in addition to its type and payload. */
export interface SubmissionOptions {
  /**
   * An ID for the object that the job works on. A second submission within the dedup window returns the first submission's job. The
   * ID also makes the submission idempotent, so that the client can retry it after a lost response.
   *
   * @default - no deduplication
   */
  readonly objectId?: string | number | undefined;
  /** Whole seconds until the job is due, at most one year. Can't be combined with `runAt`. */
  readonly delaySeconds?: number | undefined;
  /**
   * When the job is due, at most one year ahead. A string must be in ISO 8601 format with a UTC offset.
   *
   * @default - now
   */
  readonly runAt?: Date | string | undefined;
  /** @default - the job type's maximum */
  readonly maxAttempts?: number | undefined;
  /**
   * The time limit for one attempt, in whole seconds.
   *
   * @default - the job type's time limit
   */
  readonly timeoutSeconds?: number | undefined;
  /**
   * The time limit for an entire job with steps, including its waits, in whole seconds from the job's first start.
   *
   * @default - the job type's limit, which is one day by default
   */
  readonly maxDurationSeconds?: number | undefined;
  /** The URL to which a `webhook` job sends this job's outcome once this job has ended. */
  readonly callbackUrl?: string | undefined;
  /**
   * The response to a duplicate submission. `return`: the first job. `reject`: an {@link ErrandError} with status 409. `replace`:
   * the first job, with the duplicate's payload and options unless the job has started.
   *
   * @default 'return'
   */
  readonly onDuplicate?: Schema<'Submission'>['on_duplicate'] | undefined;
  /**
   * The length of the dedup window that this submission opens, in whole seconds. The maximum is 30 days. Needs `objectId`.
   *
   * @default - the deployment's dedup window
   */
  readonly dedupSeconds?: number | undefined;
  /**
   * Debounces the job: it becomes due once `seconds` have passed without another submission for its object, but no later than
   * `maxSeconds` after the first submission. Each submission before the job's start replaces the job's payload. The dedup window ends
   * when the job starts. Needs `objectId`.
   *
   * `maxSeconds` defaults to ten times `seconds`.
   */
  readonly debounce?: { readonly seconds: number; readonly maxSeconds?: number | undefined } | undefined;
  /**
   * Up to 10 words for filtering lists. Each has at most 64 characters, and no commas.
   *
   * @default - none
   */
  readonly tags?: readonly string[] | undefined;
  /**
   * Fields for filtering lists, up to 4 KiB of JSON.
   *
   * @default - none
   */
  readonly metadata?: Readonly<Record<string, string | number | boolean>> | undefined;
  /**
   * The job's priority among the tenant's jobs in the queue: 0 is most urgent, 9 is least urgent. Each priority level is worth one
   * hour of waiting.
   *
   * @default - the job type's priority, which is 5 by default
   */
  readonly priority?: number | undefined;
  /**
   * At most `limit` of the tenant's jobs with this key run at once; further jobs wait. Null means no limit.
   *
   * @default - the job type's limit
   */
  readonly concurrency?: { readonly key: string; readonly limit: number } | null | undefined;
  /**
   * At most `limit` of the tenant's jobs with this key start within `perSeconds` seconds. Up to `burst` jobs start at once; further jobs
   * wait and start evenly spaced. Null means no limit.
   *
   * @default - the job type's limit
   */
  readonly rateLimit?: RateLimit | null | undefined;
}

export interface RateLimit {
  readonly key: string;
  readonly limit: number;
  readonly perSeconds: number;
  /** @default 1 */
  readonly burst?: number | undefined;
}

/** Converts a submission to the API's format. */
export function toSubmission(
  type: string,
  payload: unknown,
  options: SubmissionOptions,
): Schema<'Submission'> {
  const { objectId, delaySeconds, runAt, maxAttempts, timeoutSeconds, callbackUrl, onDuplicate } = options;
  const { maxDurationSeconds, dedupSeconds, debounce, tags, metadata, priority, concurrency, rateLimit } =
    options;
  // Undefined fields are not sent. The API validates all other fields.
  return {
    type,
    payload,
    object_id: objectId,
    delay_seconds: delaySeconds,
    run_at: runAt instanceof Date ? runAt.toISOString() : runAt,
    max_attempts: maxAttempts,
    timeout_seconds: timeoutSeconds,
    max_duration_seconds: maxDurationSeconds,
    callback_url: callbackUrl,
    on_duplicate: onDuplicate,
    dedup_seconds: dedupSeconds,
    debounce: debounce && { seconds: debounce.seconds, max_seconds: debounce.maxSeconds },
    tags,
    metadata,
    priority,
    concurrency,
    rate_limit: rateLimit && {
      key: rateLimit.key,
      limit: rateLimit.limit,
      per_seconds: rateLimit.perSeconds,
      burst: rateLimit.burst,
    },
  } as Schema<'Submission'>;
}

/**
 * Whether a submission is idempotent, and can therefore be retried. Without an object_id, a second request would create a second job. With
 * `on_duplicate: reject`, the second request would be refused as a duplicate of the first. With `replace` and `debounce`, the second request
 * could overwrite a newer payload.
 */
export function isIdempotent({
  object_id: objectId,
  on_duplicate: onDuplicate = 'return',
  debounce,
}: Schema<'Submission'>): boolean {
  return objectId !== undefined && onDuplicate === 'return' && debounce === undefined;
}
