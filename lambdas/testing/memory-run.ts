import type { Clock } from '../job/clock.ts';
import type { Json } from '../job/definition.ts';
import type { NewJob } from '../job/job.ts';
import type { OpenSteps } from '../job/steps/attempt-steps.ts';
import { createSteps } from '../job/steps/create-steps.ts';
import type { ChildOutcome, StepStore } from '../job/steps/step-store.ts';
import { describeError } from '../job/storable.ts';
import { asJson } from './as-json.ts';
import { MemorySteps, type MemoryChild } from './memory-steps.ts';
import type { MemorySubmissions } from './memory-submissions.ts';

/**
 * Runs a child job. Resolves with the child's result, or rejects with the reason for the child's failure. Returns undefined
 * if children of that job type can't be run.
 */
export type RunChild = (child: NewJob) => Promise<unknown> | undefined;

/** A step that the job waits for. */
export interface WaitingStep {
  readonly step: string;
  readonly kind: 'sleep' | 'signal' | 'result' | 'map' | 'run';
  /** The name of the signal that the step waits for. */
  readonly signal?: string;
}

/** A job's virtual time. Waits take no real time; they only advance this clock. */
export class VirtualTime {
  #aheadMs = 0;

  readonly clock: Clock;

  constructor(clock: Clock) {
    this.clock = { ...clock, now: () => new Date(clock.now().getTime() + this.#aheadMs) };
  }

  pass(ms: number): void {
    this.#aheadMs += ms;
  }
}

/** A job's in-memory steps, signals and children, shared by all of its attempts. */
export class MemoryRun {
  readonly store: MemorySteps;
  readonly #time: VirtualTime;
  readonly #submissions: MemorySubmissions;
  readonly #runChild: RunChild;
  readonly #outcomes = new Map<string, ChildOutcome>();

  constructor(
    time: VirtualTime,
    submissions: MemorySubmissions,
    signals: Readonly<Record<string, unknown>>,
    runChild: RunChild,
  ) {
    this.#time = time;
    this.#submissions = submissions;
    this.#runChild = runChild;
    this.store = new MemorySteps(
      () => time.clock.now().getTime(),
      (step) => this.#childrenOf(step),
    );
    for (const [name, payload] of Object.entries(signals))
      this.store.signals.push({ name, payload: asJson(payload) as Json });
  }

  /** @param storeOf wraps or replaces the store that the steps use */
  openSteps(storeOf: (store: StepStore) => StepStore): OpenSteps {
    return (attempt) =>
      createSteps(attempt, {
        store: storeOf(this.store),
        clock: this.#time.clock,
        childrenOf: (job) => this.#submissions.childrenOf(job),
        approvalLink: ({ jobId, step }) =>
          Promise.resolve(`https://errand.test/approvals/${jobId}/${encodeURIComponent(step)}`),
        pause: (ms) => {
          this.#time.pass(ms);
          return Promise.resolve();
        },
      });
  }

  /**
   * Lets a suspended job continue: runs its children, or advances the clock to the end of its earliest wait.
   *
   * @param steps the steps that the job is waiting for
   * @returns false if none of the waits can end
   */
  async advance(steps: readonly string[]): Promise<boolean> {
    if (steps.length === 0) return true;
    await this.#runChildren();
    if (steps.some((step) => this.store.isOver(step))) return true;
    const dueAt = this.store.dueAt(steps);
    if (dueAt === undefined) return false;
    this.#time.pass(Math.max(0, dueAt - this.#time.clock.now().getTime()));
    return true;
  }

  waitingFor(steps: readonly string[]): WaitingStep[] {
    return steps.flatMap((name) => {
      const recorded = this.store.get(name);
      if (!recorded) return [];
      const { step, kind, detail } = recorded;
      return [
        {
          step,
          kind: kind as WaitingStep['kind'],
          ...(detail.signal !== undefined && { signal: detail.signal }),
        },
      ];
    });
  }

  #childrenOf(step: string): MemoryChild[] {
    return this.#submissions.children
      .filter((child) => child.parent_step === step)
      .map(({ job_id: jobId }) => ({ jobId, step, outcome: this.#outcomes.get(jobId) }));
  }

  async #runChildren(): Promise<void> {
    for (const child of this.#submissions.children) {
      const running = this.#outcomes.has(child.job_id) ? undefined : this.#runChild(child);
      if (running) this.#outcomes.set(child.job_id, await outcomeOf(child.job_id, running));
    }
  }
}

async function outcomeOf(jobId: string, running: Promise<unknown>): Promise<ChildOutcome> {
  try {
    const result = asJson((await running) ?? null) as Json;
    return { jobId, status: 'success', message: null, result };
  } catch (error) {
    return { jobId, status: 'failed', message: describeError(error), result: null };
  }
}
