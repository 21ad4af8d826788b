import type { Clock } from '../clock.ts';
import { StoreUnavailableError } from '../errors.ts';
import type { Json } from '../job.ts';
import type { ServiceLog } from '../log.ts';
import type { RetryPolicy } from '../retry-policy.ts';
import type { ClaimedJob } from '../attempt-store.ts';
import type { SubmitChildren } from './submit-children.ts';
import { Invocation } from './invocation.ts';
import { Journal, known, type KnownStep } from './journal.ts';
import { requireStepName, StepNames } from './step-names.ts';
import type { NewStep, RecordedStep, StepKind, StepStore, StepWriter, Wait } from './step-store.ts';

/** Dependencies shared by all jobs' steps. */
export interface StepPorts {
  store: StepStore;
  clock: Clock;
  /** Returns the function that submits a job's children. */
  childrenOf: (job: ClaimedJob) => SubmitChildren;
  /** Creates the URL of an approval page. */
  approvalLink: (approval: NewApprovalLink) => Promise<string>;
  /** Waits without ending the invocation; resolves early if the signal fires. @default - real time */
  pause?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** An approval link to create. */
export interface NewApprovalLink {
  jobId: string;
  tenant: string;
  step: string;
  /** The signal that the page sends. */
  signal: string;
  question: string;
  expiresAt: Date;
}

/** The attempt that the steps belong to. */
export interface AttemptOfSteps {
  job: ClaimedJob;
  /** The default retry policy of `step.run`. */
  retry: RetryPolicy;
  deadline: Date;
  /** Fires when the attempt is stopped. */
  signal: AbortSignal;
  log: ServiceLog;
  /**
   * The code's version. Recording the version with every step pins the job to the version. @default - the job is not
   * pinned
   */
  version?: string | undefined;
}

/** A step that the handler has called: its name, and its record if an earlier invocation recorded the step. */
export interface StepCall {
  step: string;
  recorded: KnownStep | undefined;
}

/** The longest back-off that an invocation waits out instead of ending, in milliseconds. */
const SHORT_BACK_OFF_MS = 10_000;

/** The longest sleep that an invocation waits out instead of ending, in milliseconds. */
export const SHORT_SLEEP_MS = 1_000;

/** After its first step, an invocation begins a step only while at least 1/`LEAST_SHARE` of its initial time is left. */
const LEAST_SHARE = 10;

/** The engine shared by all kinds of steps: finds a step's record, does its work, records the result, and waits. */
export class StepEngine {
  readonly invocation: Invocation;
  readonly attempt: AttemptOfSteps;
  readonly ports: StepPorts;
  readonly journal: Journal;
  readonly #names = new StepNames();
  readonly #writer: StepWriter;
  readonly #timeMs: number;
  /** The number of steps that this invocation has executed, and the longest step's duration in milliseconds. */
  #executed = 0;
  #longestMs = 0;

  constructor(attempt: AttemptOfSteps, ports: StepPorts) {
    const { job, signal, deadline } = attempt;
    this.attempt = attempt;
    this.ports = ports;
    this.invocation = new Invocation(signal);
    this.journal = new Journal(job.steps ?? [], this.now());
    this.#writer = { jobId: job.jobId, attempt: job.attempt, fence: job.fence };
    this.#timeMs = deadline.getTime() - this.now();
  }

  now(): number {
    return this.ports.clock.now().getTime();
  }

  /** Milliseconds until the attempt times out. */
  remainingMs(): number {
    return this.attempt.deadline.getTime() - this.now();
  }

  /**
   * Calls a step: makes its name unique, finds its record, and does its work.
   *
   * @throws TypeError if the step's name is invalid
   */
  async call<Result>(
    method: string,
    name: string,
    kind: StepKind,
    work: (call: StepCall) => Promise<Result>,
  ): Promise<Result> {
    requireStepName(method, name);
    return this.callNamed(name, kind, work);
  }

  async callNamed<Result>(
    name: string,
    kind: StepKind,
    work: (call: StepCall) => Promise<Result>,
  ): Promise<Result> {
    const step = this.#names.next(name);
    return this.invocation.work(() => work({ step, recorded: this.#meet(step, kind) }));
  }

  #meet(step: string, kind: StepKind): KnownStep | undefined {
    try {
      return this.journal.meet(step, kind);
    } catch (error) {
      return this.fail(error);
    }
  }

  /** Fails the attempt with an error that the handler can't catch. */
  fail(error: unknown): never {
    this.invocation.end({ kind: 'threw', error });
    throw error;
  }

  /**
   * Call this before a step does its work. Hands over to another invocation if the remaining time may be too short. Fails
   * the attempt if the step is new, but the code has not called every recorded step yet.
   *
   * @param needsMs how long the step may take
   */
  async beforeWork({ step, recorded }: StepCall, needsMs = 0): Promise<void> {
    this.requireRunning();
    if (!recorded && !this.journal.isMet()) {
      await this.invocation.replayed();
      if (!this.journal.isMet()) this.fail(this.journal.mismatch(step));
    }
    if (this.isNearEnd(needsMs)) this.invocation.handOver();
  }

  /** Stops the step's work, by throwing an error, if the attempt has ended. */
  requireRunning(): void {
    if (this.invocation.isOver()) throw new Error('The attempt has ended.');
  }

  /** Whether the next step should run in another invocation. Each invocation executes at least one step. */
  isNearEnd(needsMs = 0): boolean {
    if (this.invocation.isHandingOver) return true;
    return this.#executed > 0 && this.remainingMs() < this.#leastMs(needsMs);
  }

  #leastMs(needsMs: number): number {
    return Math.max(needsMs, this.#longestMs, this.#timeMs / LEAST_SHARE);
  }

  /** Records that this invocation has executed a step. */
  executed(tookMs: number): void {
    this.#executed += 1;
    this.#longestMs = Math.max(this.#longestMs, tookMs);
  }

  async record(step: NewStep): Promise<KnownStep> {
    this.requireRunning();
    return this.write(step);
  }

  /** Writes a step's record, even if the attempt has ended. */
  async write(step: NewStep): Promise<KnownStep> {
    const { version } = this.attempt;
    const pinned = version === undefined ? step : { ...step, detail: { ...step.detail, version } };
    return this.#stored(this.ports.store.record(this.#writer, pinned));
  }

  /**
   * Begins a wait, or checks whether a recorded wait has ended. Makes no store call if the record shows that the wait has
   * ended.
   */
  async wait(wait: Wait, recorded: KnownStep | undefined): Promise<KnownStep> {
    if (recorded && recorded.status !== 'waiting') return recorded;
    const startedAt = this.now();
    const { version } = this.attempt;
    const pinned = version === undefined ? wait : { ...wait, version };
    const stored = this.#stored(this.ports.store.wait(this.#writer, pinned));
    if (recorded) return this.invocation.replay(stored);
    const step = await stored;
    this.executed(this.now() - startedAt);
    return step;
  }

  async #stored(answer: Promise<RecordedStep | undefined>): Promise<KnownStep> {
    const startedAt = this.now();
    const step = await this.fromStore(answer);
    if (!step) {
      this.invocation.end({ kind: 'stopped', reason: 'superseded' });
      throw new Error('Another attempt has taken the job over.');
    }
    // Measure the wait from the start of the call, because the store starts counting slightly later. A wait therefore
    // never ends later here than in the store.
    return known(step, startedAt);
  }

  /** Returns a recorded step's result. */
  async resultOf(step: KnownStep): Promise<Json> {
    if (!step.isResultLeftOut) return step.result;
    const { store } = this.ports;
    const whole = await this.invocation.replay(this.fromStore(store.read(this.attempt.job.jobId, step.step)));
    if (!whole) this.fail(new Error(`The recorded step "${step.step}" no longer exists.`));
    return whole.result;
  }

  /**
   * Awaits the store's response. A store error ends the attempt instead of reaching the handler, because the step itself has
   * not failed.
   */
  async fromStore<Answer>(answer: Promise<Answer>): Promise<Answer> {
    try {
      return await answer;
    } catch (error) {
      if (error instanceof StoreUnavailableError) throw error;
      return this.fail(error);
    }
  }

  /** Waits until a step is due. The invocation keeps running during a short wait, and ends before a long wait. */
  async waitUntil(step: string, dueAt: number, mostMs = SHORT_BACK_OFF_MS): Promise<void> {
    const ms = dueAt - this.now();
    if (ms <= 0) return;
    if (ms > mostMs || this.remainingMs() - ms < this.#leastMs(0)) this.invocation.block(step);
    await this.#pause(ms);
  }

  /** Waits, or hands over to another invocation if the current invocation has too little time left. */
  async pauseOrHandOver(ms: number): Promise<void> {
    if (this.remainingMs() - ms < this.#leastMs(0)) this.invocation.handOver();
    await this.#pause(ms);
    this.requireRunning();
  }

  async #pause(ms: number): Promise<void> {
    const { pause = pauseInProcess } = this.ports;
    await pause(ms, this.attempt.signal);
  }
}

async function pauseInProcess(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}
