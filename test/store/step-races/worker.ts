import { isDeepStrictEqual } from 'node:util';
import { setTimeout as wait } from 'node:timers/promises';
import type { AttemptResult, Claim, ClaimedJob, Recorded } from '../../../lambdas/job/attempt-store.ts';
import type { NewStep, RecordedStep, Wait } from '../../../lambdas/job/steps/step-store.ts';
import type { Json } from '../../../lambdas/job/job.ts';
import { result } from '../job-rows.ts';
import { awaitedStepOf, childRows, type Instruction, type Program } from './program.ts';
import type { StepWorld } from './world.ts';

const LEASE_MS = 60_000;
/** The lease duration of an invocation that dies or is late, in milliseconds. */
const SHORT_LEASE_MS = 60;
const RETRY_MS = 15;

/** The fate of one invocation. */
export type Fate =
  | 'goes on'
  | 'fails'
  /** The process dies after this number of store calls. */
  | { readonly diesAfter: number }
  | 'dies after the record'
  /** The invocation writes its next step and its outcome only after its lease has expired. */
  | 'is late';

/** Thrown when the process dies. */
class Death extends Error {}

/** Thrown when another attempt has taken over the job. */
class Superseded extends Error {}

/**
 * One invocation of the worker function. Claims a job, runs the job's steps, and records that the attempt has ended or is suspended.
 */
export class StepInvocation {
  readonly #world: StepWorld;
  readonly #name: string;
  readonly #fate: Fate;
  readonly #repeats: boolean;
  #calls = 0;

  /** @param repeats whether the responses of claims and step statements are lost, so that the SDK retries them */
  constructor(world: StepWorld, name: string, { fate, repeats }: { fate: Fate; repeats: boolean }) {
    this.#world = world;
    this.#name = name;
    this.#fate = fate;
    this.#repeats = repeats;
  }

  /** Handles a job's message, and resends it if the job still needs a message. */
  async deliver(jobId: string, programOf: (jobId: string) => Program): Promise<void> {
    try {
      await this.#handle(jobId, programOf);
    } catch (error) {
      if (!(error instanceof Death) && !(error instanceof Superseded)) throw error;
      if (error instanceof Superseded && this.#isLiving)
        this.#world.errors.push(`${jobId} was taken over from a living worker.`);
      this.#world.send(jobId, SHORT_LEASE_MS);
    }
  }

  get #isLiving(): boolean {
    return this.#fate === 'goes on' || this.#fate === 'fails';
  }

  async #handle(jobId: string, programOf: (jobId: string) => Program): Promise<void> {
    const { db } = this.#world;
    const leaseMs = this.#isLiving ? LEASE_MS : SHORT_LEASE_MS;
    // While this invocation hangs, the queue delivers the message to another invocation.
    if (this.#fate === 'is late') this.#world.send(jobId, SHORT_LEASE_MS);
    const claims = await this.#call(() => db.attempts.claim([jobId], this.#name, leaseMs));
    await this.#world.follow(claims.filter(({ verdict }) => verdict !== 'claimed'));
    for (const claim of claims) {
      if (claim.verdict === 'claimed') await this.#run(claim.job, programOf(claim.jobId));
      else this.#settle(claim);
    }
  }

  #settle(claim: Exclude<Claim, { verdict: 'claimed' }>): void {
    if (claim.verdict === 'waiting') this.#world.send(claim.jobId, claim.dueInMs);
    else if (claim.verdict === 'leased')
      this.#world.send(claim.jobId, Math.min(SHORT_LEASE_MS, claim.leaseEndsInMs));
    else if (claim.verdict !== 'finished' && claim.verdict !== 'parked')
      this.#world.errors.push(`A message of ${claim.jobId} met ${claim.verdict}.`);
  }

  async #run(job: ClaimedJob, program: Program): Promise<void> {
    const ended = await this.#runSteps(job, program);
    if (this.#fate === 'is late') await wait(SHORT_LEASE_MS + 20);
    const [recorded] = await this.#world.db.attempts.record([ended]);
    if (!recorded) throw new Error(`No response for ${job.jobId}.`);
    if (this.#fate === 'dies after the record') throw new Death();
    await this.#world.follow([recorded]);
    this.#settleRecorded(recorded);
  }

  #settleRecorded({ jobId, status, isParked, dueInMs, recorded }: Recorded): void {
    if (!recorded && this.#isLiving)
      this.#world.errors.push(`${jobId}: a living worker's result was refused.`);
    if (status === 'created' && !isParked) this.#world.send(jobId, dueInMs);
    else if (status === 'running') this.#world.send(jobId, SHORT_LEASE_MS);
  }

  async #runSteps(job: ClaimedJob, program: Program): Promise<AttemptResult> {
    const { jobId, attempt, fence } = job;
    const of = { attempt, fence };
    const known = this.#knownSteps(job);
    for (const group of program) {
      const blocked: string[] = [];
      for (const instruction of group) {
        const state = await this.#carryOut(job, instruction, known);
        if (state === 'handed over') return suspended(jobId, of, []);
        if (state === 'blocked') blocked.push(awaitedStepOf(instruction));
      }
      if (blocked.length > 0) return suspended(jobId, of, blocked);
    }
    if (this.#fate !== 'fails') return result(jobId, of);
    const isLast = attempt >= job.maxAttempts;
    return result(jobId, {
      ...of,
      status: isLast ? 'failed' : 'created',
      outcome: 'failed',
      message: 'broken',
      retryInMs: RETRY_MS,
    });
  }

  /** Returns the recorded steps, and checks that they include every acknowledged step with its result. */
  #knownSteps({ jobId, steps = [] }: ClaimedJob): ReadonlyMap<string, RecordedStep> {
    const known = new Map(steps.map((step) => [step.step, step]));
    for (const [step, value] of this.#world.acknowledged.get(jobId) ?? []) {
      const found = known.get(step);
      if (found?.status !== 'success' || !isDeepStrictEqual(found.result, value))
        this.#world.errors.push(`${jobId} lost its step ${step}: ${JSON.stringify(found)}.`);
    }
    return known;
  }

  async #carryOut(
    job: ClaimedJob,
    instruction: Instruction,
    known: ReadonlyMap<string, RecordedStep>,
  ): Promise<'done' | 'blocked' | 'handed over'> {
    const { step } = instruction;
    const awaited = awaitedStepOf(instruction);
    if (known.get(awaited)?.status === 'success' || known.get(awaited)?.status === 'failed') return 'done';
    switch (instruction.does) {
      case 'run':
        await this.#record(job, { step, kind: 'run', status: 'success', failures: 0, result: this.#name });
        return instruction.handsOver ? 'handed over' : 'done';
      case 'sleep': {
        const slept = await this.#wait(job, { step, kind: 'sleep', forMs: instruction.forMs });
        return (slept.dueInMs ?? 0) <= 0 ? 'done' : 'blocked';
      }
      case 'signal': {
        const { timeoutMs } = instruction;
        const signal = {
          step,
          kind: 'signal',
          signal: step,
          ...(timeoutMs !== undefined && { timeoutMs }),
        } as const;
        return stateOf(await this.#wait(job, signal));
      }
      case 'child':
      case 'map': {
        const rows = childRows(job.jobId, step, instruction.children);
        if (!known.has(step)) {
          try {
            await this.#call(() => this.#world.db.jobs.insert(rows));
          } finally {
            // Simulates the sweeper: if the process dies before it sends the messages, the sweeper sends them. The parent's next attempt can't be
            // relied on, because the parent may be canceled and never reach this line again.
            this.#world.wake(rows.map(({ job_id: jobId }) => ({ jobId })));
          }
        }
        if (instruction.does === 'map')
          return stateOf(await this.#wait(job, { step, kind: 'map', total: rows.length, type: 'sleep' }));
        const childJobId = rows[0]?.job_id ?? '';
        if (!known.has(step))
          await this.#record(job, {
            step,
            kind: 'submit',
            status: 'success',
            failures: 0,
            detail: { childJobId },
          });
        return stateOf(await this.#wait(job, { step: awaited, kind: 'result', childJobId, childStep: step }));
      }
    }
  }

  async #record(writer: ClaimedJob, step: NewStep): Promise<void> {
    if (this.#fate === 'is late') await wait(SHORT_LEASE_MS + 20);
    const recorded = await this.#call(() => this.#world.steps.record(writer, step));
    if (!recorded) throw new Superseded();
    const { jobId } = writer;
    const ofJob = this.#world.acknowledged.get(jobId) ?? new Map<string, Json>();
    if (step.kind === 'run' && ofJob.has(step.step))
      this.#world.errors.push(
        `${jobId} called its step ${step.step} again after the result was acknowledged.`,
      );
    ofJob.set(step.step, recorded.result);
    this.#world.acknowledged.set(jobId, ofJob);
  }

  async #wait(writer: ClaimedJob, step: Wait): Promise<RecordedStep> {
    const recorded = await this.#call(() => this.#world.steps.wait(writer, step));
    if (!recorded) throw new Superseded();
    return recorded;
  }

  /** Makes one call to a store. The process may die after the call. */
  async #call<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    this.#calls += 1;
    if (this.#repeats) await ask();
    const answer = await ask();
    if (typeof this.#fate === 'object' && this.#calls > this.#fate.diesAfter) throw new Death();
    return answer;
  }
}

function stateOf({ status }: RecordedStep): 'done' | 'blocked' {
  return status === 'waiting' ? 'blocked' : 'done';
}

function suspended(
  jobId: string,
  of: Pick<AttemptResult, 'attempt' | 'fence'>,
  steps: string[],
): AttemptResult {
  return result(jobId, { ...of, status: 'created', outcome: 'suspended', continuation: { steps } });
}
