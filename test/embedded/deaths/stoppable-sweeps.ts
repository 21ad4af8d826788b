import { setImmediate as nextTurn } from 'node:timers/promises';

/** Sweeps that a walk can pause. */
export class StoppableSweeps {
  #sweep: Promise<unknown> = Promise.resolve();
  #continued: Promise<unknown> = Promise.resolve();
  #resolve: (() => void) | undefined;

  /** Sweeps, or waits until the sweeps continue. */
  async next(sweep: () => Promise<unknown>): Promise<void> {
    await this.#continued;
    this.#sweep = sweep();
    await this.#sweep;
  }

  /** Resolves when no sweep runs. */
  async stop(): Promise<void> {
    this.#continued = new Promise<void>((resolve) => {
      this.#resolve = resolve;
    });
    // A sweep may be about to begin.
    await nextTurn();
    await this.#sweep;
  }

  readonly continue = (): void => {
    this.#resolve?.();
  };
}
