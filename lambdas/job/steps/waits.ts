import type { StandardSchemaV1 } from '@standard-schema/spec';
import { FinalError } from '../errors.ts';
import type { Json } from '../job.ts';
import { toFieldErrors } from '../payload-errors.ts';
import { durationMs, untilMs } from './duration.ts';
import { SHORT_SLEEP_MS, type StepEngine } from './engine.ts';
import type { ReceivedSignal, WaitForSignalOptions } from './step.ts';

/** Implements `step.sleep` and `step.sleepUntil`. `forMs` returns the sleep's duration, given the current time. */
async function sleepFor(
  engine: StepEngine,
  method: string,
  name: string,
  forMs: (now: number) => number,
): Promise<void> {
  const ms = forMs(engine.now());
  return engine.call(method, name, 'sleep', async (call) => {
    const { step, recorded } = call;
    if (!recorded) {
      if (ms === 0) return;
      await engine.beforeWork(call);
    }
    const { dueAt } = recorded ?? (await engine.wait({ step, kind: 'sleep', forMs: ms }, recorded));
    await engine.waitUntil(step, dueAt ?? 0, SHORT_SLEEP_MS);
  });
}

export async function sleep(
  engine: StepEngine,
  name: string,
  duration: Parameters<typeof durationMs>[3],
): Promise<void> {
  return sleepFor(engine, 'sleep', name, () => durationMs('sleep', name, 'the duration', duration));
}

export async function sleepUntil(engine: StepEngine, name: string, moment: Date | string): Promise<void> {
  return sleepFor(engine, 'sleepUntil', name, (now) => untilMs(name, moment, now));
}

/** Implements `step.waitForSignal`. */
export async function waitForSignal<Payload>(
  engine: StepEngine,
  name: string,
  { timeout, schema }: WaitForSignalOptions<Payload> = {},
): Promise<ReceivedSignal<Payload>> {
  const timeoutMs = timeout === undefined ? undefined : durationMs('waitForSignal', name, 'timeout', timeout);
  return engine.call('waitForSignal', name, 'signal', async (call) => {
    const { step, recorded } = call;
    if (!recorded) await engine.beforeWork(call);
    const wait = {
      step,
      kind: 'signal',
      signal: name,
      ...(timeoutMs !== undefined && { timeoutMs }),
    } as const;
    const ended = await engine.wait(wait, recorded);
    if (ended.timedOut) return { timedOut: true };
    if (ended.status === 'waiting') return engine.invocation.block(step);
    const payload = await engine.resultOf(ended);
    return { timedOut: false, payload: schema ? await checked(name, payload, schema) : (payload as Payload) };
  });
}

/**
 * Validates a signal's payload. @throws FinalError if the payload is invalid, because another attempt would get the same
 * payload
 */
async function checked<Payload>(
  signal: string,
  payload: Json,
  schema: StandardSchemaV1<unknown, Payload>,
): Promise<Payload> {
  const parsed = await schema['~standard'].validate(payload);
  if (!parsed.issues) return parsed.value;
  const [problem] = toFieldErrors(parsed.issues);
  const field = problem?.field ? `payload.${problem.field}` : 'payload';
  throw new FinalError(
    `The signal "${signal}" does not match step.waitForSignal's schema: ${field} ${problem?.message ?? 'is invalid'}`,
  );
}
