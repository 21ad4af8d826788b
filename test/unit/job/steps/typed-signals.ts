// `npm run types` compiles this file, but nothing runs it. The line after each `@ts-expect-error` must not compile; all other lines must compile.
import { job, type Approval, type JobContext, type Step } from 'errand/jobs';
import * as z from 'zod';
import { same } from '../../client/sources/typed-client.ts';

const payload = z.object({});
const approve = z.object({ by: z.string(), at: z.coerce.date<string>() });

export const order = job('order', {
  payload,
  signals: { approve, stop: z.null() },
  async run(_payload, { step }) {
    const answer = await step.waitForSignal('approve', { timeout: '1h' });
    // The payload has the schema's input type, because the job receives it as the client sent it.
    if (!answer.timedOut) same<{ by: string; at: string }>()(answer.payload);
    const stop = await step.waitForSignal('stop');
    same<null | undefined>()(stop.payload);
    const checked = await step.waitForSignal('approve', { schema: approve });
    // The payload has the schema's output type, because the job parses it.
    if (!checked.timedOut) same<{ by: string; at: Date }>()(checked.payload);
    // @ts-expect-error -- the job declares no such signal
    await step.waitForSignal('aprove');
    await chargeWith(step);
    return answer.payload?.at ?? null;
  },
});

export const open = job('open', {
  payload,
  async run(_payload, { step }) {
    // A job that declares no signals may wait for any signal.
    const received = await step.waitForSignal('anything');
    same<unknown>()(received.payload);
    const answer = await step.waitForSignal<Approval>('approval', { timeout: '3d' });
    same<boolean | undefined>()(answer.payload?.approved);
    const checked = await step.waitForSignal('approve', { schema: approve });
    if (!checked.timedOut) same<{ by: string; at: Date }>()(checked.payload);
    await chargeWith(step);
  },
});

/** A function that any job can use, and a handler that is defined outside its job. */
async function chargeWith(step: Step): Promise<string> {
  return step.run('charge', () => 'charged');
}

async function ship(_payload: unknown, { step }: JobContext): Promise<string> {
  return chargeWith(step);
}

async function approved(
  _payload: unknown,
  { step }: JobContext<{ approve: { by: string } }>,
): Promise<string> {
  const { payload: answer } = await step.waitForSignal('approve');
  return same<string | undefined>()(answer?.by) ?? 'nobody';
}

export const shipped = job('shipped', { payload, signals: { approve }, run: ship });
export const approvedOrder = job('approved', {
  payload,
  signals: { approve: z.object({ by: z.string() }) },
  run: approved,
});
