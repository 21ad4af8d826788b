import { requireRetry } from './retry-of-step.ts';
import { isFinalError } from '../errors.ts';
import { stackOf } from '../failure.ts';
import type { Json } from '../job.ts';
import { askedBackOffMs, backOffMs, type RetryPolicy } from '../retry-policy.ts';
import { describeError, jsonProblem } from '../storable.ts';
import type { StepCall, StepEngine } from './engine.ts';
import type { NewStep } from './step-store.ts';
import type { StepRunContext, StepRunOptions } from './step.ts';
import { StepError } from './step-errors.ts';

type StepFunction = (context: StepRunContext) => unknown;

/** The outcome of one call to a step's function. */
type Ended = { result: Json } | { error: unknown };

/** Implements `step.run`: calls a function until it succeeds or has no attempts left, and records the outcome. */
export async function runStep(
  engine: StepEngine,
  name: string,
  fn: StepFunction,
  { retry, timeoutSeconds }: StepRunOptions = {},
): Promise<Json> {
  const policy = requireRetry(name, fn, retry, timeoutSeconds, engine.attempt.retry);
  return engine.call('run', name, 'run', async (call) => {
    const { step, recorded } = call;
    if (recorded?.status === 'success') return engine.resultOf(recorded);
    if (recorded?.status === 'failed') throw new StepError(step, recorded.failures, recorded.message ?? '');
    let failures = recorded?.failures ?? 0;
    let dueAt = recorded?.dueAt ?? null;
    for (;;) {
      if (dueAt !== null) await engine.waitUntil(step, dueAt);
      await engine.beforeWork(call, (timeoutSeconds ?? 0) * 1000);
      const startedAt = engine.now();
      const ended = await callFunction(engine, call, fn, failures + 1, timeoutSeconds);
      engine.requireRunning();
      const tookMs = engine.now() - startedAt;
      engine.executed(tookMs);
      if ('result' in ended) return recordResult(engine, { step, failures, tookMs }, ended.result);
      failures += 1;
      dueAt = await recordFailure(engine, { step, failures, tookMs }, ended.error, policy);
    }
  });
}

/** A completed call to a step's function. */
type EndedCall = Required<Pick<NewStep, 'step' | 'failures' | 'tookMs'>>;

async function recordResult(engine: StepEngine, call: EndedCall, result: Json): Promise<Json> {
  const problem = jsonProblem(result);
  if (problem) {
    const remedy = problem.isTooLarge ? ' Store it elsewhere and return a reference to it.' : '';
    const message = `The result ${problem.text}.${remedy}`;
    const failures = call.failures + 1;
    await engine.record({ ...call, kind: 'run', status: 'failed', failures, message });
    throw new StepError(call.step, failures, message);
  }
  // Return the result after a JSON round trip, because later runs read the result from JSON and must get the same value.
  const asRead = JSON.parse(JSON.stringify(result)) as Json;
  await engine.record({ ...call, kind: 'run', status: 'success', result: asRead });
  return asRead;
}

/**
 * Records a failed call to a step's function. @returns the time of the next call @throws StepError after the last call
 */
async function recordFailure(
  engine: StepEngine,
  call: EndedCall,
  error: unknown,
  policy: RetryPolicy,
): Promise<number | null> {
  const { step, failures } = call;
  const message = describeError(error);
  const { log } = engine.attempt;
  if (failures >= policy.attempts || isFinalError(error)) {
    log.warn('step_failed', 'A step failed for the last time.', { step, failures, error: stackOf(error) });
    await engine.record({ ...call, kind: 'run', status: 'failed', message });
    throw withStack(new StepError(step, failures, message), error);
  }
  const dueInMs = askedBackOffMs(error) ?? backOffMs(policy, failures, engine.ports.clock.random());
  log.warn('step_attempt_failed', 'A step failed and will be called again.', {
    step,
    failures,
    retry_in_ms: dueInMs,
    error: stackOf(error),
  });
  return (await engine.record({ ...call, kind: 'run', status: 'waiting', dueInMs, message })).dueAt;
}

/**
 * Adds the stack of the function's error, to show where the function threw. The error is not set as the `cause`, because
 * later runs read only the record and would not have the cause.
 */
function withStack(stepError: StepError, error: unknown): StepError {
  const stack = stackOf(error);
  if (stack !== null) stepError.stack = `${String(stepError)}\nCaused by: ${stack}`;
  return stepError;
}

/** Calls a step's function once. Returns early if the attempt is stopped, and then ignores the function's result. */
async function callFunction(
  { attempt: { job, signal } }: StepEngine,
  { step }: StepCall,
  fn: StepFunction,
  attempt: number,
  timeoutSeconds: number | undefined,
): Promise<Ended> {
  const timeout = new AbortController();
  const stopped = Promise.withResolvers<Ended>();
  const stop = (error: unknown): void => {
    stopped.resolve({ error });
  };
  const onAbort = (): void => {
    stop(signal.reason);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  const timer =
    timeoutSeconds === undefined
      ? undefined
      : setTimeout(() => {
          const error = new Error(`exceeded the timeout of ${timeoutSeconds} s`);
          timeout.abort(error);
          stop(error);
        }, timeoutSeconds * 1000);
  const run = async (): Promise<Ended> => {
    const result = await fn({
      idempotencyKey: `${job.jobId}:${step}`,
      attempt,
      signal: AbortSignal.any([signal, timeout.signal]),
    });
    return { result: (result ?? null) as Json };
  };
  try {
    return await Promise.race([run().catch((error: unknown) => ({ error })), stopped.promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}
