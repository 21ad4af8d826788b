import { AsyncLocalStorage } from 'node:async_hooks';
import type { KillableAttempt } from './killable-attempt.ts';

/** Finds the attempt that a call belongs to, even when a killed attempt's parallel branches continue. */
export class CurrentAttempt {
  /** The effects that were called while an attempt was running, but outside its asynchronous context. */
  readonly calledOutside = new Set<string>();
  readonly #storage = new AsyncLocalStorage<KillableAttempt>();
  #isRunning = false;

  async run<Result>(attempt: KillableAttempt, work: () => Promise<Result>): Promise<Result> {
    this.#isRunning = true;
    try {
      return await this.#storage.run(attempt, work);
    } finally {
      this.#isRunning = false;
    }
  }

  /** The attempt that calls an effect; undefined if the test itself calls it. */
  callerOf(effect: string): KillableAttempt | undefined {
    const attempt = this.#storage.getStore();
    if (!attempt && this.#isRunning) this.calledOutside.add(effect);
    return attempt;
  }
}
