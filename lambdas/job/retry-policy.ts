import type { RetryOptions } from './definition.ts';
import { isRetryLaterError } from './errors.ts';
import { MAX_QUEUE_DELAY_SECONDS } from './job.ts';

/** The wait before the next attempt. Times are in milliseconds. */
export interface BackOff {
  /** The back-off after the first failure. The back-off doubles with every further failure. */
  readonly baseMs: number;
  /** The maximum back-off. */
  readonly capMs: number;
  /**
   * The maximum jitter, as a fraction of the back-off from 0 to 1. Jitter keeps jobs that failed at the same time from being
   * retried at the same time.
   */
  readonly jitter: number;
}

/** When to retry a failed attempt. */
export interface RetryPolicy extends BackOff {
  /** The number of attempts, including the first one. A submission can override this number. */
  readonly attempts: number;
  /** Whether to retry an attempt that exceeded its timeout. */
  readonly onTimeout: boolean;
}

const JITTER = 0.2;

export function toRetryPolicy(options: Required<RetryOptions>): RetryPolicy {
  const { attempts, baseSeconds, capSeconds, onTimeout } = options;
  return { attempts, baseMs: baseSeconds * 1000, capMs: capSeconds * 1000, jitter: JITTER, onTimeout };
}

/**
 * Returns the back-off after a failed attempt, in whole milliseconds: `base · 2^(attempt − 1)`, at most the cap, minus
 * the jitter.
 *
 * @param attempt the failed attempt's number, from 1
 * @param random a number in [0, 1)
 */
export function backOffMs(policy: BackOff, attempt: number, random: number): number {
  const exponential = Math.min(policy.capMs, policy.baseMs * 2 ** Math.min(attempt - 1, 30));
  return Math.round(exponential * (1 - policy.jitter * random));
}

/**
 * Returns the back-off that a RetryLaterError requests, in whole milliseconds; undefined for other errors, whose back-off
 * the retry policy determines.
 */
export function askedBackOffMs(error: unknown): number | undefined {
  if (!isRetryLaterError(error) || Number.isNaN(error.afterSeconds)) return undefined;
  return Math.round(1000 * Math.min(MAX_QUEUE_DELAY_SECONDS, Math.max(0, error.afterSeconds)));
}
