/** Keeps track of the time left in the current invocation. A Lambda sandbox runs only one invocation at a time. */
export interface Deadline {
  start(remainingMs: number): void;
  /** How long the invocation can wait for a store and still finish in time, in milliseconds. */
  patienceMs: () => number;
}

/** @param reserveMs milliseconds reserved for the rest of the invocation */
export function createDeadline(reserveMs: number): Deadline {
  let endsAt = Infinity;
  return {
    start(remainingMs) {
      endsAt = performance.now() + remainingMs;
    },
    patienceMs: () => Math.max(0, endsAt - performance.now() - reserveMs),
  };
}

/**
 * Returns a function that computes the invocation's remaining time in milliseconds. Lambda's own function compares the
 * deadline with the system clock, so its result is wrong after a clock change.
 */
export function remainingTimeOf(context: { getRemainingTimeInMillis(): number }): () => number {
  const endsAt = performance.now() + context.getRemainingTimeInMillis();
  return () => endsAt - performance.now();
}
