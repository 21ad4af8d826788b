/** A clock that pauses move, so that a test of waiting takes no time. Milliseconds since its start. */
export interface VirtualClock {
  readonly elapsedMs: () => number;
  readonly pause: (ms: number) => Promise<void>;
}

export function virtualClock(): VirtualClock {
  let now = 0;
  return {
    elapsedMs: () => now,
    pause(ms) {
      now += ms;
      return Promise.resolve();
    },
  };
}
