import { setTimeout as wait } from 'node:timers/promises';
import type { JobDefinition } from '../job/definition.ts';
import type { JobContext, SubmittedByJob } from '../job/job-context.ts';
import { callerOf } from './call-source.ts';
import type { CurrentAttempt } from './current-attempt.ts';
import { describeArguments } from './describe-arguments.ts';
import { KillableAttempt, type EffectCall, type KillPoint, type Moment } from './killable-attempt.ts';
import { runMemoryAttempt, type MemoryJob } from './memory-attempt.ts';
import { createMemoryJob, type JobSetup } from './memory-job.ts';
import { killableStep, killableStore } from './killable-steps.ts';

/** A handler's death: the call during which the handler died, and whether the call's effect had already happened. */
export interface Death extends Pick<EffectCall, 'effect' | 'attempt' | 'call' | 'source'> {
  readonly moment: Moment;
}

/** One run of a job with deaths, from its first attempt to its end. */
export interface DeadlyRun {
  /** The deaths that were planned. */
  readonly planned: readonly KillPoint[];
  /** The deaths that happened. A planned death is missing if the handler never made the call at which it was to die. */
  readonly deaths: readonly Death[];
  readonly calls: readonly EffectCall[];
  readonly attempts: number;
  readonly status: 'success' | 'failed';
  /** Why the job failed. */
  readonly error: unknown;
  readonly state: unknown;
}

export interface RunOptions extends JobSetup {
  /**
   * Called before each run of the job. The function must undo the previous run's changes, for example by creating a new fake
   * or emptying a table.
   */
  readonly setUp?: () => void | Promise<void>;
  /** Returns the state after a run, as plain data. The state must be the same after every run, with or without deaths. */
  readonly state?: () => unknown;
}

export interface RunSetup {
  readonly definition: JobDefinition;
  readonly payload: unknown;
  readonly options: RunOptions;
  readonly current: CurrentAttempt;
}

/** The effect name of `context.submit`. */
export const SUBMIT = 'context.submit';

/** The maximum time to wait for calls that are in progress when the handler is killed, in milliseconds. */
const LANDING_MS = 1_000;

/** Runs a job to completion, killing its handler at the given points. */
export async function runWithDeaths(
  { definition, payload, options, current }: RunSetup,
  killPoints: readonly KillPoint[],
): Promise<DeadlyRun> {
  const { setUp, state } = options;
  await setUp?.();
  // Add an attempt per death, so that deaths don't use up the job's own attempts.
  const maxAttempts = (options.maxAttempts ?? definition.retry.attempts) + killPoints.length;
  const job = await createMemoryJob(definition, payload, { ...options, maxAttempts });
  const calls: EffectCall[] = [];
  const deaths: Death[] = [];
  for (let attempt = 1; ; attempt += 1) {
    const killPoint = killPoints.find((point) => point.attempt === attempt);
    const killable = new KillableAttempt(attempt, killPoint);
    const contextOf = (context: JobContext): JobContext => killableContext(context, killable);
    const { recorded, error } = await runMemoryAttempt(job, {
      attempt,
      contextOf,
      killed: killable.killed,
      storeOf: (store) => killableStore(store, killable),
      within: (work) => current.run(killable, work),
    });
    calls.push(...killable.calls);
    requirePromises(killable.synchronous);
    requireContext(current.calledOutside);
    const { killedAt } = killable;
    await landed(killable);
    if (recorded.continuation) throw waitsForever(job, recorded.continuation.steps);
    if (killedAt && killPoint) deaths.push({ ...killedAt, moment: killPoint.moment });
    else if (recorded.status !== 'created') {
      const status = recorded.status === 'success' ? 'success' : 'failed';
      return {
        planned: killPoints,
        deaths,
        calls,
        attempts: attempt,
        status,
        error,
        state: structuredClone(await state?.()),
      };
    }
  }
}

function waitsForever({ run }: MemoryJob, steps: readonly string[]): Error {
  const waits = run?.waitingFor(steps).map(({ step, signal }) => signal ?? step) ?? steps;
  return new Error(
    `The job waits for ${waits.join(', ')}, which never comes. Set \`signals\` or \`children\`.`,
  );
}

/**
 * Waits for calls in progress, because a request that has been sent arrives even if the process dies or the handler returns.
 */
async function landed(killable: KillableAttempt): Promise<void> {
  const stopWaiting = new AbortController();
  const limit = wait(LANDING_MS, undefined, { signal: stopWaiting.signal }).catch(() => undefined);
  await Promise.race([killable.landed(), limit]);
  stopWaiting.abort();
}

/**
 * @throws TypeError if an effect's method does not return a promise: the handler would have no `await` at which to be killed
 */
function requirePromises(synchronous: ReadonlySet<string>): void {
  const [name] = synchronous;
  if (name === undefined) return;
  throw new TypeError(
    `effects.${name}: the method returned no promise, so its caller can't be killed there. Declare an asynchronous method.`,
  );
}

/** @throws TypeError if it is unknown which attempt called an effect: such an attempt can't be killed */
function requireContext(calledOutside: ReadonlySet<string>): void {
  const [name] = calledOutside;
  if (name === undefined) return;
  throw new TypeError(
    `effects.${name}: the method was called outside of the handler's asynchronous context (AsyncLocalStorage) while the job ran, ` +
      'so the call cannot be killed. A connection pool or an event emitter can lose the context: declare the method that the ' +
      'handler itself calls.',
  );
}

/** Wraps a job's context so that its promises stay pending once the handler has been killed. */
function killableContext(context: JobContext, killable: KillableAttempt): JobContext {
  const { submit, files, step, checkpoint } = context;
  const submitOnce: JobContext['submit'] = (...submission) =>
    killable.make({
      effect: SUBMIT,
      source: callerOf(submitOnce),
      identity: describeArguments(submission.slice(0, 2)),
      isKeyed: false,
      perform: () => submit(...submission),
      wasMade: (answer) => !(answer as SubmittedByJob).deduplicated,
    }) as Promise<SubmittedByJob>;
  return {
    ...context,
    submit: submitOnce,
    step: killableStep(step, killable),
    checkpoint: (state) => killable.unlessDead(() => checkpoint(state)),
    files: {
      open: (...file) => killable.unlessDead(() => files.open(...file)),
      write: (...file) => killable.unlessDead(() => files.write(...file)),
    },
  };
}
