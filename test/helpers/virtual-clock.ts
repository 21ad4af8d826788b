/** A clock in milliseconds since its start. Only `pause` advances the clock, so tests of waiting take no time. */
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
