import { StoreUnavailableError, ThrottledError } from '../errors.ts';

/** The ways in which steps can end an attempt, or this invocation's part of the attempt, before the handler returns. */
export type StepsEnding =
  /**
   * The attempt continues in another invocation as soon as one of these steps has ended, or immediately if `steps` is empty.
   */
  | { kind: 'suspended'; steps: string[] }
  | { kind: 'stopped'; reason: 'superseded' }
  | { kind: 'threw'; error: unknown };

/** Thrown within {@link Invocation.work} by a step that can't continue in this invocation. */
class Blocked extends Error {
  readonly step: string | undefined;

  /** @param step the step that must end first; undefined for a handover */
  constructor(step?: string) {
    super('The step continues in another invocation.');
    this.step = step;
  }
}

/** The real `setImmediate`, saved at import so that a test runner's fake timers don't stop the steps. */
const afterIo = setImmediate;

/** Resolves once the queued microtasks have run. */
async function macrotask(): Promise<void> {
  return new Promise((resolve) => {
    afterIo(resolve);
  });
}

/** Returns a promise that never settles, for a step that continues in another invocation or whose attempt has ended. */
async function never(): Promise<never> {
  return new Promise(() => undefined);
}

/**
 * Ends this invocation once no step is working and at least one step has to wait or to run in another invocation. The
 * handler doesn't notice, because the promise of a step that can't continue in this invocation stays pending.
 */
export class Invocation {
  /** Settles when the steps end the attempt, or this invocation's part of the attempt. */
  readonly ending: Promise<StepsEnding>;
  readonly #end: (ending: StepsEnding) => void;
  readonly #signal: AbortSignal;
  #hasEnded = false;
  #isHandingOver = false;
  #isWatching = false;
  /** The number of working steps: those that are running a function, writing to the store, or waiting for a short time. */
  #working = 0;
  /** The number of steps called so far. */
  #calls = 0;
  readonly #blocked = new Set<string>();
  /** The reads of recorded steps that are still in progress. */
  readonly #replaying = new Set<Promise<unknown>>();

  /** @param signal fires when the attempt is stopped */
  constructor(signal: AbortSignal) {
    const { promise, resolve } = Promise.withResolvers<StepsEnding>();
    this.ending = promise;
    this.#end = resolve;
    this.#signal = signal;
  }

  /**
   * Whether the attempt has ended. Once the attempt has ended, no new work may begin. `isOver` is a method because
   * TypeScript assumes that a property doesn't change across an `await`.
   */
  isOver(): boolean {
    return this.#hasEnded || this.#signal.aborted;
  }

  get isHandingOver(): boolean {
    return this.#isHandingOver;
  }

  /** Ends the attempt, or this invocation's part of the attempt. Only the first call has an effect. */
  end(ending: StepsEnding): void {
    this.#hasEnded = true;
    this.#end(ending);
  }

  /** Ends the attempt because its handler has settled. */
  close(): void {
    this.#hasEnded = true;
  }

  /**
   * Does one step's work. The returned promise stays pending if the attempt ends, or if the step can't continue in this
   * invocation.
   */
  async work<Result>(action: () => Promise<Result>): Promise<Result> {
    if (this.isOver()) return never();
    this.#calls += 1;
    this.#working += 1;
    try {
      const result = await action();
      return this.isOver() ? await never() : result;
    } catch (error) {
      if (this.isOver()) return await never();
      if (error instanceof StoreUnavailableError) {
        // The step may or may not have been recorded. The handler must not get this error, because the error would look
        // like the step's failure.
        this.end({ kind: 'threw', error: new ThrottledError(error.message, { cause: error }) });
        return await never();
      }
      if (!(error instanceof Blocked)) throw error;
      if (error.step === undefined) this.#isHandingOver = true;
      else this.#blocked.add(error.step);
    } finally {
      this.#working -= 1;
      void this.#watch();
    }
    return never();
  }

  /** Stops the work of a step that has to wait. */
  block(step: string): never {
    throw new Blocked(step);
  }

  /** Stops the work of a step that will run in the next invocation. */
  handOver(): never {
    throw new Blocked();
  }

  /** Tracks the read of a recorded step; see {@link Invocation.replayed}. */
  async replay<Result>(read: Promise<Result>): Promise<Result> {
    this.#replaying.add(read);
    try {
      return await read;
    } finally {
      this.#replaying.delete(read);
    }
  }

  /** Resolves once the code has called every recorded step that it can reach without waiting for a new step. */
  async replayed(): Promise<void> {
    let calls;
    do {
      calls = this.#calls;
      await Promise.allSettled([...this.#replaying]);
      await macrotask();
    } while (calls !== this.#calls || this.#replaying.size > 0);
  }

  async #watch(): Promise<void> {
    const isStuck = (): boolean => this.#working === 0 && (this.#isHandingOver || this.#blocked.size > 0);
    if (this.#isWatching || !isStuck()) return;
    this.#isWatching = true;
    let calls;
    do {
      calls = this.#calls;
      await macrotask();
    } while (calls !== this.#calls);
    this.#isWatching = false;
    if (this.isOver() || !isStuck()) return;
    this.end({ kind: 'suspended', steps: this.#isHandingOver ? [] : [...this.#blocked] });
  }
}
