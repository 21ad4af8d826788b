/** A concurrency limit: at most `limit` of a tenant's jobs with this key run at once. */
export interface ConcurrencyLimit {
  key: string;
  limit: number;
}

/**
 * A rate limit: at most `limit` of a tenant's jobs with this key start per `per_seconds`, evenly spaced after a burst of at
 * most `burst`.
 */
export interface RateLimit {
  key: string;
  limit: number;
  per_seconds: number;
  burst: number;
}

/** A job's priority and limits, with the API's field names. */
export interface FlowControl {
  /** The priority, from 0 (most urgent) to 9 (least urgent). */
  readonly priority: number;
  readonly concurrency?: ConcurrencyLimit | undefined;
  readonly rate_limit?: RateLimit | undefined;
}

/** A job's priority and limits, as options in the jobs file. */
export interface FlowOptions {
  /**
   * The order in which the tenant's jobs in a queue start: 0 is most urgent, 9 least urgent. Each level is worth an hour of
   * waiting: a job of priority 4 starts as if it had waited an hour longer than a job of priority 5.
   *
   * @default 5
   */
  readonly priority?: number;
  /**
   * At most `limit` of a tenant's jobs with this key run at once. Other jobs wait.
   *
   * @default - no limit other than the queue's concurrency
   */
  readonly concurrency?: ConcurrencyLimit | null;
  /**
   * At most `limit` of a tenant's jobs with this key start per `perSeconds`, evenly spaced. Other jobs wait.
   *
   * @default - no limit
   */
  readonly rateLimit?: RateLimitOptions | null;
}

export interface RateLimitOptions {
  readonly key: string;
  /** The maximum number of jobs per period: 1–100,000. */
  readonly limit: number;
  /** The period, in seconds: 1–2,592,000 (30 days). */
  readonly perSeconds: number;
  /**
   * The maximum number of jobs that start at once after an idle period. `burst` can't be higher than `limit`.
   *
   * @default 1
   */
  readonly burst?: number;
}

export const DEFAULT_PRIORITY = 5;
export const LEAST_PRIORITY = 9;
/** The maximum length of a key, in characters. */
export const MAX_KEY = 128;
export const MAX_RUNNING = 1_000;
export const MAX_STARTS = 100_000;
/** The maximum period of a rate limit, in seconds: 30 days. */
export const MAX_PERIOD = 30 * 86_400;
export const DEFAULT_BURST = 1;

/** Matches strings without control characters (C0, DEL and C1). Postgres can't store NUL. */
// eslint-disable-next-line no-control-regex -- the pattern has to name them
export const WITHOUT_CONTROL = /^[^\u0000-\u001f\u007f-\u009f]*$/;

/** Describes a valid key if `key` is invalid; otherwise returns undefined. */
export function keyExpected(key: unknown): string | undefined {
  const isValid = typeof key === 'string' && key !== '' && key.length <= MAX_KEY && WITHOUT_CONTROL.test(key);
  return isValid ? undefined : `a string of 1 to ${MAX_KEY} characters without control characters`;
}

/** Matches `payload`, or a path into the payload such as `payload.customer.id`. */
const PATH = /^payload(\..+)?$/;

/**
 * Parses a job type's key as a path into the payload, such as `['customer', 'id']`. Returns undefined for a literal key.
 */
export function pathOfKey(key: string): string[] | undefined {
  return PATH.test(key) ? key.split('.').slice(1) : undefined;
}

/** An invalid option. */
interface InvalidOption {
  readonly option: string;
  readonly given: unknown;
  readonly expected: string;
}

/** Returns the first invalid option; undefined if all options are valid. */
export function invalidOption({ priority, concurrency, rateLimit }: FlowOptions): InvalidOption | undefined {
  const whole = (option: string, given: unknown, least: number, most: number): InvalidOption | undefined =>
    Number.isInteger(given) && (given as number) >= least && (given as number) <= most
      ? undefined
      : { option, given, expected: `a whole number from ${least} to ${most}` };
  const key = (option: string, given: unknown): InvalidOption | undefined => {
    const expected = keyExpected(given);
    return expected === undefined ? undefined : { option, given, expected };
  };
  return (
    (priority === undefined ? undefined : whole('priority', priority, 0, LEAST_PRIORITY)) ??
    (concurrency
      ? (key('concurrency.key', concurrency.key) ??
        whole('concurrency.limit', concurrency.limit, 1, MAX_RUNNING))
      : undefined) ??
    (rateLimit
      ? (key('rateLimit.key', rateLimit.key) ??
        whole('rateLimit.limit', rateLimit.limit, 1, MAX_STARTS) ??
        whole('rateLimit.perSeconds', rateLimit.perSeconds, 1, MAX_PERIOD) ??
        whole('rateLimit.burst', rateLimit.burst ?? DEFAULT_BURST, 1, rateLimit.limit))
      : undefined)
  );
}

/** Converts valid options to the API's field names. */
export function flowOf({ priority = DEFAULT_PRIORITY, concurrency, rateLimit }: FlowOptions): FlowControl {
  return {
    priority,
    ...(concurrency && { concurrency: { key: concurrency.key, limit: concurrency.limit } }),
    ...(rateLimit && {
      rate_limit: {
        key: rateLimit.key,
        limit: rateLimit.limit,
        per_seconds: rateLimit.perSeconds,
        burst: rateLimit.burst ?? DEFAULT_BURST,
      },
    }),
  };
}
