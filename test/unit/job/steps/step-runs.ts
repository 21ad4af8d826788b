import * as z from 'zod';
import { runAttempt } from '../../../../lambdas/job/attempt.ts';
import type { AttemptResult, ClaimedJob } from '../../../../lambdas/job/attempt-store.ts';
import { job as defineJob, type RetryOptions } from '../../../../lambdas/job/definition.ts';
import type { JobContext } from '../../../../lambdas/job/job-context.ts';
import { runnable } from '../../../../lambdas/job/job-type.ts';
import { createSteps } from '../../../../lambdas/job/steps/create-steps.ts';
import type { StepPorts } from '../../../../lambdas/job/steps/engine.ts';
import type { StepStore } from '../../../../lambdas/job/steps/step-store.ts';
import type { SubmitChildren } from '../../../../lambdas/job/steps/submit-children.ts';
import { MemorySteps, type MemoryChild } from '../../../../lambdas/testing/memory-steps.ts';
import { createRecordingLog } from '../../../helpers/recording-log.ts';
import { memoryFiles } from '../../../helpers/memory-files.ts';
import { submitsNothing } from '../../../helpers/run-job-type.ts';
import { claimedJob, createTestPulse } from '../attempts.ts';

type Run = (context: JobContext) => Promise<unknown>;

/** A call to the step store, as a line such as `record charge success`. */
type Call = string;

/** An in-memory job with steps. Only pauses and {@link StepJob.pass} advance the job's clock. */
export class StepJob {
  now = Date.parse('2026-01-01T00:00:00Z');
  readonly children: (MemoryChild & { payload: unknown; place: number })[] = [];
  readonly store = new MemorySteps(
    () => this.now,
    (step) => this.children.filter((child) => child.step === step).sort((a, b) => a.place - b.place),
  );
  readonly calls: Call[] = [];
  readonly log = createRecordingLog();
  /** The last invocation's heartbeat. */
  pulse = createTestPulse();
  timeoutSeconds = 60;
  attempt = 1;
  /** Loads the steps' code. */
  open = createSteps;
  /** Runs before each store call. It may throw or wait. */
  beforeCall: (call: Call) => Promise<void> | void = () => undefined;
  /** Runs after a store call has taken effect, but before its response arrives. */
  afterCall: (call: Call) => Promise<void> | void = () => undefined;
  readonly #run: Run;
  readonly #retry: RetryOptions;

  constructor(run: Run, retry: RetryOptions = { baseSeconds: 1, capSeconds: 1 }) {
    this.#run = run;
    this.#retry = retry;
  }

  /** Advances the clock. */
  pass(seconds: number): void {
    this.now += seconds * 1000;
  }

  /** Runs one invocation of the current attempt. */
  async invoke(overrides: Partial<ClaimedJob> = {}): Promise<AttemptResult> {
    const { fence, steps } = this.store.claim();
    this.pulse = createTestPulse();
    const ports = this.#ports();
    const test = runnable(
      defineJob('test', {
        payload: z.unknown(),
        retry: this.#retry,
        run: (_payload, context) => this.#run(context),
      }),
    );
    const { timeoutSeconds, attempt, log } = this;
    const job = claimedJob({
      fence,
      attempt,
      timeoutSeconds,
      ...(steps.length > 0 && { steps }),
      ...overrides,
    });
    return runAttempt(job, this.pulse, 900_000, {
      jobTypes: { find: () => test },
      clock: this.#clock,
      log,
      filesOf: memoryFiles(),
      submitOf: () => submitsNothing,
      openSteps: (ofSteps) => this.open(ofSteps, ports),
    });
  }

  /** Runs the attempt until it ends. After each suspension, the attempt continues when the earliest wait ends. */
  async end(): Promise<AttemptResult> {
    for (;;) {
      const result = await this.invoke();
      const { continuation } = result;
      if (!continuation) return result;
      const { steps } = continuation;
      if (steps.length === 0 || steps.some((step) => this.store.isOver(step))) continue;
      const dueAt = this.store.dueAt(steps);
      if (dueAt === undefined) return result;
      this.now = Math.max(this.now, dueAt);
    }
  }

  /** Returns the number of store calls that write. */
  writes(): number {
    return this.calls.filter((call) => /^(record|wait)/.test(call)).length;
  }

  get #clock() {
    return { now: () => new Date(this.now), newId: () => 'id', random: () => 0 };
  }

  #ports(): StepPorts {
    return {
      store: this.#watched(),
      clock: this.#clock,
      childrenOf: () => this.#submitChildren(),
      approvalLink: ({ jobId, step, signal, question, expiresAt }) =>
        Promise.resolve(`link:${jobId}:${step}:${signal}:${question}:${expiresAt.toISOString()}`),
      pause: (ms) => {
        this.now += ms;
        this.calls.push(`pause ${ms}`);
        return Promise.resolve();
      },
    };
  }

  #watched(): StepStore {
    // An invocation keeps its own hooks, even after another invocation has begun.
    const { store, beforeCall, afterCall } = this;
    const watch = async <Answer>(call: Call, perform: () => Promise<Answer>): Promise<Answer> => {
      this.calls.push(call);
      await beforeCall(call);
      const answer = await perform();
      await afterCall(call);
      return answer;
    };
    return {
      record: (writer, step) => watch(`record ${step.step} ${step.status}`, () => store.record(writer, step)),
      wait: (writer, wait) => watch(`wait ${wait.step}`, () => store.wait(writer, wait)),
      read: (jobId, step) => watch(`read ${step}`, () => store.read(jobId, step)),
      countChildren: (jobId, step) => watch(`count ${step}`, () => store.countChildren(jobId, step)),
      outcomes: (jobId, step, offset) =>
        watch(`outcomes ${step} ${offset}`, () => store.outcomes(jobId, step, offset)),
    };
  }

  #submitChildren(): SubmitChildren {
    const add = (step: string, place: number, payload: unknown): string => {
      const jobId = `${step}-${place}`;
      if (!this.children.some((child) => child.jobId === jobId))
        this.children.push({ jobId, step, place, payload });
      return jobId;
    };
    return {
      submit: (step, type, payload) => {
        this.calls.push(`submit ${step} ${type}`);
        return Promise.resolve(add(step, 0, payload));
      },
      prepareMap: (step, type, items) =>
        Promise.resolve((from, to) => {
          this.calls.push(`submit ${step} ${type} ${from}-${to}`);
          for (const [index, item] of items.slice(from, to).entries()) add(step, from + index, item);
          return Promise.resolve();
        }),
    };
  }
}
