import type { MiddlewareObj } from '@middy/core';

/** The time that is left of the invocation that runs. A Lambda sandbox runs one at a time. */
export interface Deadline {
  start(remainingMs: number): void;
  /** Milliseconds that may be spent on waiting, so that an answer can still be given in time. */
  patienceMs: () => number;
}

/** Kept for the rest of the request and its answer, in milliseconds. */
const RESERVE_MS = 4_000;

export function createDeadline(): Deadline {
  let endsAt = Infinity;
  return {
    start(remainingMs) {
      endsAt = performance.now() + remainingMs;
    },
    patienceMs: () => Math.max(0, endsAt - performance.now() - RESERVE_MS),
  };
}

/** Notes at the start of each invocation when it must be over. */
export function trackDeadline(deadline: Deadline): MiddlewareObj {
  return {
    before({ context }) {
      deadline.start(context.getRemainingTimeInMillis());
    },
  };
}
