/** A token bucket's size and refill rate, from a stage's `DefaultRouteSettings`. */
export interface ThrottleSettings {
  readonly ratePerSecond: number;
  readonly burst: number;
}

/**
 * Creates a token bucket. Each request takes one token, and the bucket refills at the given rate.
 * @param now a monotonic clock, in milliseconds
 * @returns a function that takes a token for a request, and returns whether the request is allowed
 */
export function createThrottle({ ratePerSecond, burst }: ThrottleSettings, now: () => number): () => boolean {
  let tokens = burst;
  let refilledAt = now();
  return () => {
    const at = now();
    tokens = Math.min(burst, tokens + ((at - refilledAt) / 1000) * ratePerSecond);
    refilledAt = at;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
}
