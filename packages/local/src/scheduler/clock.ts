/** The time, and a way to be woken. */
export interface SchedulerClock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls `wake` once, in so many milliseconds, unless the returned function is called before. */
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
