import type { Json } from '../job.ts';
import { jsonProblem } from '../storable.ts';
import type { StepEngine } from './engine.ts';
import { CHECKPOINT_STEP } from './step-store.ts';

/** The minimum time between two checkpoint writes, in milliseconds. */
const WRITE_EVERY_MS = 2_000;

/** One attempt's checkpoints. Keeps the latest state in memory, and writes it at most once per {@link WRITE_EVERY_MS}. */
export class Checkpoints {
  readonly #engine: StepEngine;
  #unwritten: { state: Json } | undefined;
  #lastWriteAt: number;
  #lastCallAt: number;
  #writing: Promise<void> = Promise.resolve();

  constructor(engine: StepEngine) {
    this.#engine = engine;
    this.#lastWriteAt = engine.now();
    this.#lastCallAt = this.#lastWriteAt;
  }

  /** Reads the state of the last checkpoint that an earlier invocation saved. */
  async recorded(): Promise<unknown> {
    const step = this.#engine.journal.get(CHECKPOINT_STEP);
    return step && this.#engine.resultOf(step);
  }

  /** @throws TypeError if the state can't be stored */
  async checkpoint(state: unknown): Promise<void> {
    const problem = jsonProblem((state ?? null) as Json);
    if (problem) {
      const remedy = problem.isTooLarge ? ' Store it elsewhere and keep a reference to it.' : '';
      throw new TypeError(`checkpoint: the state ${problem.text}.${remedy}`);
    }
    const engine = this.#engine;
    return engine.invocation.work(async () => {
      // Clone the state, because the handler may change the object later.
      this.#unwritten = { state: structuredClone((state ?? null) as Json) };
      const now = engine.now();
      engine.executed(now - this.#lastCallAt);
      if (engine.isNearEnd()) {
        await this.flush();
        engine.invocation.handOver();
      }
      if (now - this.#lastWriteAt >= WRITE_EVERY_MS) await this.flush();
      this.#lastCallAt = engine.now();
    });
  }

  /** Writes the latest state, unless it has already been written. */
  async flush(): Promise<void> {
    this.#writing = this.#writing.catch(() => undefined).then(() => this.#write());
    return this.#writing;
  }

  async #write(): Promise<void> {
    if (!this.#unwritten) return;
    const { state } = this.#unwritten;
    this.#unwritten = undefined;
    this.#lastWriteAt = this.#engine.now();
    await this.#engine.write({
      step: CHECKPOINT_STEP,
      kind: 'checkpoint',
      status: 'success',
      failures: 0,
      result: state,
    });
  }
}
