/** A clock with a timer. */
export interface SchedulerClock {
  /** Returns the current time, in milliseconds since the epoch. */
  now(): number;
  /** Calls `wake` once after `milliseconds` ms, unless the returned function is called first. */
  after(milliseconds: number, wake: () => void): () => void;
}

export const systemClock: SchedulerClock = {
  now: () => Date.now(),
  after(milliseconds, wake) {
    const timer = setTimeout(wake, milliseconds);
    return () => {
      clearTimeout(timer);
    };
  },
};
