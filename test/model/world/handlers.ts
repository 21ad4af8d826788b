import { FinalError, RetryLaterError, ThrottledError } from '../../../lambdas/job/errors.ts';
import type { Json } from '../../../lambdas/job/job.ts';
import type { JobContext } from '../../../lambdas/job/job-context.ts';
import type { Actor, Actors } from './actors.ts';

/** The ways in which a handler can end. */
export const ENDINGS = ['returns', 'throws', 'throws for good', 'asks for later', 'is throttled'] as const;
export type Ending = (typeof ENDINGS)[number];

/** The event for which a job with steps waits between its first and last step. */
export type StepsOfJob =
  'signal' | 'signal or time' | 'sleep' | 'long sleep' | 'children' | 'child and signal';

/** The signal that jobs wait for. */
export const SIGNAL = 'approve';

/** Sleep durations in seconds. The short sleep fits into a lease, and the long sleep exceeds a message's maximum delay. */
const [SHORT_SLEEP, LONG_SLEEP] = [30, 1_000];

/** The steps' retry policy. The invocation waits during the first back-off; the second back-off suspends the job. */
const RETRY = { attempts: 3, baseSeconds: 8 };

/** The parts of the world that handlers need. */
interface World {
  readonly actors: Actors;
  /** The running handlers. */
  readonly runs: Set<{ actor: Actor; jobId: string; attempt: number }>;
  /** The steps whose results the store has acknowledged, as `<job> <step>`. */
  readonly recordedSteps: { has(step: string): boolean };
  readonly violations: string[];
}

/**
 * The handler of every job in the model. A handler, or its current step, runs until a command ends it or it is aborted.
 */
export async function runHandler(
  world: World,
  actor: Actor,
  payload: unknown,
  context: JobContext,
): Promise<Json> {
  const { jobId, attempt, signal } = context;
  const { steps } = payload as { readonly steps?: StepsOfJob };
  if (steps === undefined) {
    await act(world, actor, { jobId, attempt, signal, text: `broken on attempt ${attempt}` });
    return { attempt, worker: actor.name };
  }
  const call = (step: string): Promise<Json> => callStep(world, actor, step, context);
  const first = await call('first');
  await waitFor(steps, context);
  let last: Json;
  try {
    last = await call('last');
  } catch (error) {
    // The job calls another step if the `last` step fails. After a client's retry, either branch may run.
    await call('undo');
    throw error;
  }
  await act(world, actor, { jobId, attempt, signal, text: `broken after its steps on attempt ${attempt}` });
  return { attempt, first, last };
}

async function waitFor(steps: StepsOfJob, { step }: JobContext): Promise<void> {
  switch (steps) {
    case 'signal':
      await step.waitForSignal(SIGNAL);
      return;
    case 'signal or time':
      await step.waitForSignal(SIGNAL, { timeout: SHORT_SLEEP });
      return;
    case 'sleep':
      await step.sleep('nap', SHORT_SLEEP);
      return;
    case 'long sleep':
      await step.sleep('nap', LONG_SLEEP);
      return;
    case 'children':
      await step.map('fan', [{}, { steps: 'sleep' }], 'sleep');
      return;
    case 'child and signal': {
      const child = await step.submit('one', 'sleep', {});
      await Promise.all([step.result(child), step.waitForSignal(SIGNAL, { timeout: LONG_SLEEP })]);
    }
  }
}

/** Calls a step. The step's result contains the number of times that its function was called. */
function callStep(
  world: World,
  actor: Actor,
  step: string,
  { jobId, attempt, step: steps }: JobContext,
): Promise<Json> {
  return steps.run(
    step,
    async ({ attempt: nth, signal }) => {
      if (world.recordedSteps.has(`${jobId} ${step}`))
        world.violations.push(`${jobId} called its step ${step} again after the result was acknowledged.`);
      await act(world, actor, { jobId, attempt, signal, text: `call ${nth} broke` });
      return { worker: actor.name, nth };
    },
    { retry: RETRY },
  );
}

/** A running handler or step function. */
interface Work {
  readonly jobId: string;
  readonly attempt: number;
  readonly signal: AbortSignal;
  /** The message of the errors that the handler or step function throws. */
  readonly text: string;
}

/** Runs a handler or step until a command ends the work, or until the work is aborted. */
async function act(world: World, actor: Actor, { jobId, attempt, signal, text }: Work): Promise<void> {
  const run = { actor, jobId, attempt };
  world.runs.add(run);
  try {
    const ending = await new Promise<Ending>((resolve, reject) => {
      signal.addEventListener('abort', () => {
        const own = world.actors.calls.find(
          (call) => call.actor === actor && call.store === 'handler' && call.label === `${jobId} ${attempt}`,
        );
        if (own) world.actors.withdraw(own);
        reject(new Error('stopped'));
      });
      void world.actors.ask<Ending>(actor, 'handler', `${jobId} ${attempt}`, () => undefined).then(resolve);
    });
    if (ending === 'throws') throw new Error(text);
    if (ending === 'throws for good') throw new FinalError(text);
    if (ending === 'is throttled') throw new ThrottledError(text);
    if (ending === 'asks for later') throw new RetryLaterError(text, { afterSeconds: 600 });
  } finally {
    world.runs.delete(run);
  }
}
