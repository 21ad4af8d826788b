import type { SchedulerClock } from '../../src/scheduler/clock.ts';

/** A clock that the test advances. */
export class ManualClock implements SchedulerClock {
  #now: number;
  readonly #timers = new Map<object, { at: number; wake: () => void }>();

  constructor(now: string) {
    this.#now = Date.parse(now);
  }

  now(): number {
    return this.#now;
  }

  after(milliseconds: number, wake: () => void): () => void {
    const key = {};
    this.#timers.set(key, { at: this.#now + milliseconds, wake });
    return () => {
      this.#timers.delete(key);
    };
  }

  /** Advances the clock to a time, and fires all timers that are due by then, in order. */
  async moveTo(moment: string): Promise<void> {
    const until = Date.parse(moment);
    for (;;) {
      const [next] = [...this.#timers]
        .filter(([, { at }]) => at <= until)
        .sort(([, a], [, b]) => a.at - b.at);
      if (!next) break;
      const [key, { at, wake }] = next;
      this.#timers.delete(key);
      this.#now = Math.max(this.#now, at);
      wake();
      await new Promise(setImmediate);
    }
    this.#now = until;
  }
}
