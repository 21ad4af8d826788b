/** When a failed attempt is followed by another. Times in milliseconds. */
export interface RetryPolicy {
  /** Attempts a job gets unless its submission says otherwise, the first included. */
  readonly attempts: number;
  /** Back-off after the first failure; each further one doubles it. */
  readonly baseMs: number;
  /** The back-off never exceeds this. */
  readonly capMs: number;
  /** Share of the back-off that is random, 0 to 1, so that jobs that failed together do not return together. */
  readonly jitter: number;
}

/** One retry, after about five seconds. */
export const DEFAULT_RETRY_POLICY: RetryPolicy = { attempts: 2, baseMs: 5_000, capMs: 300_000, jitter: 0.2 };

/**
 * The back-off after the given attempt, in whole milliseconds: `base · 2^(attempt − 1)`, at most the cap, with the
 * policy's jitter taken off it.
 *
 * @param attempt the attempt that failed, from 1
 * @param random a number in [0, 1)
 */
export function backOffMs(policy: RetryPolicy, attempt: number, random: number): number {
  const exponential = Math.min(policy.capMs, policy.baseMs * 2 ** Math.min(attempt - 1, 30));
  return Math.round(exponential * (1 - policy.jitter * random));
}
