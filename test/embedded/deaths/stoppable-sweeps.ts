import { setImmediate as nextTurn } from 'node:timers/promises';

/** Runs sweeps, which a walk can pause. */
export class StoppableSweeps {
  #sweep: Promise<unknown> = Promise.resolve();
  #continued: Promise<unknown> = Promise.resolve();
  #resolve: (() => void) | undefined;

  /** Sweeps, after waiting while the sweeps are paused. */
  async next(sweep: () => Promise<unknown>): Promise<void> {
    await this.#continued;
    this.#sweep = sweep();
    await this.#sweep;
  }

  /** Pauses the sweeps, and resolves when none is running. */
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
