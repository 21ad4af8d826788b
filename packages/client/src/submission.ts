import type { Schema } from './http-client.ts';

/** What a submission says besides its type and payload. */
export interface SubmissionOptions {
  /**
   * What the job is about. A second submission within the dedup window gets the first one's job. It also makes the
   * submission idempotent, so that the client can repeat it after a lost response.
   *
   * @default - no deduplication
   */
  readonly objectId?: string | number | undefined;
  /** Whole seconds until the job is due, at most a year. Not together with `runAt`. */
  readonly delaySeconds?: number | undefined;
  /**
   * When the job is due, at most a year ahead. A string is ISO 8601 with its offset.
   *
   * @default - now
   */
  readonly runAt?: Date | string | undefined;
  /** @default - the job type's */
  readonly maxAttempts?: number | undefined;
  /**
   * The time limit of one attempt, in whole seconds.
   *
   * @default - the job type's
   */
  readonly timeoutSeconds?: number | undefined;
  /** Gets the outcome when the job has ended, from a `webhook` job. */
  readonly callbackUrl?: string | undefined;
  /**
   * What a duplicate gets: the first job, or an {@link ErrandError} with status 409.
   *
   * @default 'return'
   */
  readonly onDuplicate?: Schema<'Submission'>['on_duplicate'] | undefined;
  /**
   * The order in which the tenant's jobs of a queue start: 0 is most urgent, 9 least. Each step is worth an hour of waiting.
   *
   * @default - the job type's, which is 5 unless it says otherwise
   */
  readonly priority?: number | undefined;
  /**
   * At most `limit` of the tenant's jobs with this key run at once. Further jobs wait. Null for no limit.
   *
   * @default - the job type's
   */
  readonly concurrency?: { readonly key: string; readonly limit: number } | null | undefined;
  /**
   * At most `limit` of the tenant's jobs with this key start in `perSeconds`, evenly spaced after at most `burst` at once. Further
   * jobs wait. Null for no limit.
   *
   * @default - the job type's
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

/** A submission as the API takes it. */
export function toSubmission(
  type: string,
  payload: unknown,
  options: SubmissionOptions,
): Schema<'Submission'> {
  const { objectId, delaySeconds, runAt, maxAttempts, timeoutSeconds, callbackUrl, onDuplicate } = options;
  const { priority, concurrency, rateLimit } = options;
  // Undefined fields are not sent. The API checks all others.
  return {
    type,
    payload,
    object_id: objectId,
    delay_seconds: delaySeconds,
    run_at: runAt instanceof Date ? runAt.toISOString() : runAt,
    max_attempts: maxAttempts,
    timeout_seconds: timeoutSeconds,
    callback_url: callbackUrl,
    on_duplicate: onDuplicate,
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
 * Whether a submission may be sent twice. Without an object_id the second one would be a second job. With
 * `on_duplicate: reject` the second one would be refused as a duplicate of the first.
 */
export function isIdempotent({
  object_id: objectId,
  on_duplicate: onDuplicate,
}: Schema<'Submission'>): boolean {
  return objectId !== undefined && onDuplicate !== 'reject';
}
