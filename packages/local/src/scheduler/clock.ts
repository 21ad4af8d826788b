/** The time, and a timer. */
export interface SchedulerClock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls `wake` once after this many milliseconds, unless the returned function is called first. */
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
