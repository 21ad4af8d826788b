import { functionJob, job, type Step } from 'errand/jobs';
import { appendFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import * as z from 'zod';

// A chaos run's own jobs, in addition to the built-in jobs. Some of these jobs have steps, and one job runs in its own Lambda function.

/** Runs a step. Writes each call of the step's function, and each recorded result, to the orders' file. */
async function noted(step: Step, name: string, note: (what: string) => void, failures = 0): Promise<string> {
  const result = await step.run(
    name,
    ({ attempt }) => {
      note(`call ${name}`);
      if (attempt <= failures) throw new Error('declined');
      return crypto.randomUUID();
    },
    { retry: { attempts: 4, baseSeconds: 1 } },
  );
  note(`recorded ${name}`);
  return result;
}

/** An order, which is charged, waits for its payment and its parts, and is shipped. */
export const order = job('order', {
  payload: z.object({
    /** The file in which step calls are noted. */
    journal: z.string(),
    parts: z.int(),
    /** How many times the first step fails. */
    failures: z.int(),
    sleepSeconds: z.number(),
    /** The timeout for the payment. If null, the order waits until it is paid. */
    payWithinSeconds: z.number().nullable(),
  }),
  // Timeouts are retried, because faults may slow down the steps' Data API calls, which count toward the job's timeout.
  retry: { baseSeconds: 1, onTimeout: true },
  versioning: 'pinned',
  async run({ journal, parts, failures, sleepSeconds, payWithinSeconds }, { step, jobId }) {
    const note = (what: string): void => {
      appendFileSync(journal, `${jobId} ${what}\n`);
    };
    const charge = await noted(step, 'charge', note, failures);
    if (sleepSeconds > 0) await step.sleep('nap', sleepSeconds);
    const items = Array.from({ length: parts }, (_, index) => ({ index }));
    const timeout = payWithinSeconds === null ? {} : { timeout: payWithinSeconds };
    const [results, { timedOut }] = await Promise.all([
      step.map<number>('parts', items, 'part'),
      step.waitForSignal('paid', timeout),
    ]);
    const ship = await noted(step, 'ship', note);
    return { charge, parts: results, timedOut, ship };
  },
});

export const part = job('part', {
  payload: z.object({ index: z.int() }),
  retry: { attempts: 6, baseSeconds: 0 },
  async run({ index }) {
    await wait(index * 20);
    return index;
  },
});

/** A job that runs in a Lambda function, which dies on the first `deaths` attempts. */
export const double = functionJob('double', {
  payload: z.object({
    number: z.int(),
    /** The number of attempts, from the first, on which the function dies. */
    deaths: z.int(),
  }),
  result: z.object({ doubled: z.int() }),
  retry: { attempts: 4, baseSeconds: 0 },
});
