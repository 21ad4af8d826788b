import { setImmediate as nextTurn } from 'node:timers/promises';

/** Runs sweeps. A walk can pause them. */
export class StoppableSweeps {
  #sweep: Promise<unknown> = Promise.resolve();
  #continued: Promise<unknown> = Promise.resolve();
  #resolve: (() => void) | undefined;

  /** Waits until sweeps are no longer paused, and then runs a sweep. */
  async next(sweep: () => Promise<unknown>): Promise<void> {
    await this.#continued;
    this.#sweep = sweep();
    await this.#sweep;
  }

  /** Pauses the sweeps, and resolves when no sweep is running. */
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
