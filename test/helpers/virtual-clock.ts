/** A clock that only pauses move, so that tests of waiting take no time. In milliseconds since its start. */
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
