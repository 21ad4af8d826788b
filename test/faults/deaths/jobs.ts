import { functionJob, job, type JobContext, type Step } from 'errand/jobs';
import { appendFileSync } from 'node:fs';
import * as z from 'zod';

export * from '../../function-jobs/jobs.ts';

/** Timeouts are retried too, because starting Python may take longer than the job's timeout while 23 other walks are running. */
export const report = functionJob('report', {
  payload: z.object({ numbers: z.array(z.number()) }),
  result: z.object({ mean: z.number(), largest: z.number() }),
  retry: { attempts: 3, onTimeout: true },
});

/**
 * Appends a line to a journal file. Tests read the journal to learn which steps were called and which results were recorded.
 */
function note(journal: string, line: string): void {
  appendFileSync(journal, `${line}\n`);
}

async function noted(step: Step, name: string, journal: string): Promise<void> {
  await step.run(name, () => {
    note(journal, `call ${name}`);
  });
  note(journal, `recorded ${name}`);
}

const journal = z.string();

const orderPayload = z.object({ journal, timeoutSeconds: z.int().optional() });

async function runOrder(
  { journal: file, timeoutSeconds: timeout }: z.infer<typeof orderPayload>,
  { step }: JobContext,
): Promise<{ timedOut: boolean }> {
  await noted(step, 'charge', file);
  const { timedOut } = await step.waitForSignal('paid', { ...(timeout !== undefined && { timeout }) });
  await noted(step, 'ship', file);
  return { timedOut };
}

/** Waits for a signal between two steps. */
export const order = job('order', { payload: orderPayload, run: runOrder });

/** Like `order`, but each job is pinned to the worker version in which it began. */
export const pinnedOrder = job('pinned-order', {
  payload: orderPayload,
  versioning: 'pinned',
  run: runOrder,
});

/** Waits for a job that the test writes. */
export const gather = job('gather', {
  payload: z.object({ journal, childId: z.string() }),
  queue: 'images',
  async run({ journal: file, childId }, { step }) {
    await noted(step, 'before', file);
    const result = await step.result({ jobId: childId, step: 'part' });
    await noted(step, 'after', file);
    return result;
  },
});

/** Submits children to another queue, and waits for them. */
export const fanOut = job('fan-out', {
  payload: z.object({ items: z.int() }),
  run: ({ items }, { step }) =>
    step.map(
      'parts',
      Array.from({ length: items }, (_, index) => ({ index })),
      'part',
    ),
});

export const part = job('part', {
  payload: z.object({ index: z.int() }),
  queue: 'images',
  run: ({ index }) => index,
});
