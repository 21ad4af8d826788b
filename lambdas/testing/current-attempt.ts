import { AsyncLocalStorage } from 'node:async_hooks';
import type { KillableAttempt } from './killable-attempt.ts';

/**
 * Finds the attempt that called an effect, even if the call comes from a parallel branch that outlives its killed attempt.
 */
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

  /** Returns the attempt that called an effect; undefined if the call was made outside an attempt's asynchronous context. */
  callerOf(effect: string): KillableAttempt | undefined {
    const attempt = this.#storage.getStore();
    if (!attempt && this.#isRunning) this.calledOutside.add(effect);
    return attempt;
  }
}
