import { setTimeout as wait } from 'node:timers/promises';
import { v7 as uuidv7 } from 'uuid';
import type { JobDatabase } from '../../helpers/aurora.ts';
import { newJob } from '../job-rows.ts';
import { childId, type Program } from './program.ts';
import { SIGNALS, type Request, type Scenario } from './scenario.ts';
import { StepInvocation } from './worker.ts';
import { StepWorld } from './world.ts';

/** The maximum number of rounds in which missing signals are sent. Every job waits for fewer signals. */
const MOST_ROUNDS = 6;

/** A race of workers and clients that concurrently change the same jobs with steps, with the same statements as the functions. */
export class StepRace {
  readonly world: StepWorld;
  readonly #scenario: Scenario;
  readonly #programs = new Map<string, Program>();
  readonly #jobIds: string[] = [];
  #invocations = 0;
  #keys = 0;

  constructor(db: JobDatabase, scenario: Scenario) {
    this.world = new StepWorld(db);
    this.#scenario = scenario;
  }

  /** Resolves when every request has been made and no message is left. */
  async run(): Promise<void> {
    const { jobs, requests } = this.#scenario;
    await this.#untilQuiet([this.#submitAll(jobs), ...requests.map((list) => this.#requestAll(list))]);
  }

  /** Sends the signals that jobs still wait for, until all jobs have ended. */
  async sendMissingSignals(): Promise<void> {
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      const open = await this.world.db.sql<{ job_id: string }>(
        'SELECT job_id FROM jobs WHERE end_time IS NULL',
      );
      if (open.length === 0) return;
      const requests = open.flatMap(({ job_id: jobId }) =>
        SIGNALS.map((name) => this.#signal(jobId, name, true)),
      );
      await this.#untilQuiet(requests);
    }
  }

  async #untilQuiet(actors: readonly Promise<void>[]): Promise<void> {
    let over = 0;
    for (const actor of actors) void actor.finally(() => (over += 1));
    const isQuiet = (): boolean => over === actors.length && this.world.isQuiet;
    const workers = Array.from({ length: this.#scenario.workers }, () => this.#work(isQuiet));
    await Promise.all([...actors, ...workers]);
  }

  async #submitAll(jobs: Scenario['jobs']): Promise<void> {
    for (const { program, maxSeconds } of jobs) {
      const jobId = uuidv7();
      this.#addPrograms(jobId, program);
      const row = newJob({ job_id: jobId, max_attempts: 5, max_duration_seconds: maxSeconds });
      await this.world.attempt('submit', async () => {
        await this.world.db.jobs.insert([row]);
        this.world.send(jobId);
      });
    }
  }

  /** Stores the programs of a job and of its children. The children are submitted later. */
  #addPrograms(jobId: string, program: Program): void {
    this.#programs.set(jobId, program);
    this.#jobIds.push(jobId);
    for (const instruction of program.flat()) {
      if (!('children' in instruction)) continue;
      for (const [place, own] of instruction.children.programs.entries())
        this.#addPrograms(childId(jobId, instruction.step, place), own);
    }
  }

  async #requestAll(requests: readonly Request[]): Promise<void> {
    for (const { does, nth, name } of requests) {
      await wait(6);
      const jobId = this.#jobIds[nth % this.#jobIds.length];
      if (jobId === undefined) continue;
      if (does === 'cancel') await this.world.attempt(does, () => this.world.cancel(jobId));
      else if (does === 'retry') await this.world.attempt(does, () => this.world.retry(jobId, uuidv7()));
      else await this.#signal(jobId, name, does === 'signal');
    }
  }

  /** @param isNew whether the signal has a new key */
  async #signal(jobId: string, name: string, isNew: boolean): Promise<void> {
    if (isNew) this.#keys += 1;
    const key = `key-${this.#keys}`;
    await this.world.attempt('signal', () => this.world.signal(jobId, name, key));
  }

  async #work(isQuiet: () => boolean): Promise<void> {
    while (!isQuiet()) {
      const [jobId] = this.world.receive(1);
      if (jobId === undefined) await wait(2);
      else await this.world.attempt('deliver', () => this.#deliver(jobId));
    }
  }

  async #deliver(jobId: string): Promise<void> {
    const { fates } = this.#scenario;
    this.#invocations += 1;
    const fated = fates[this.#invocations % fates.length] ?? { fate: 'goes on', repeats: false };
    const invocation = new StepInvocation(this.world, `worker-${this.#invocations}`, fated);
    await invocation.deliver(jobId, (id) => this.#programs.get(id) ?? []);
  }
}
