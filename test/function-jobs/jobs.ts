import { functionJob, job, type Step } from 'errand/jobs';
import { appendFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import * as z from 'zod';

export * from '../jobs-files/service/index.ts';

/** The job of docs/how-to/other-languages.md: runs in a Python function. */
export const report = functionJob('report', {
  payload: z.object({ numbers: z.array(z.number()) }),
  result: z.object({ mean: z.number(), largest: z.number() }),
});

/** Does what it is told to, in Python. */
export const act = functionJob('act', {
  payload: z.object({ how: z.string(), seconds: z.number().default(0) }),
  retry: { attempts: 3, baseSeconds: 0 },
});

/** Runs in a function with a reserved concurrency of one. */
export const oneAtATime = functionJob('one-at-a-time', {
  payload: z.object({ seconds: z.number() }),
  retry: { attempts: 1 },
});

/** Submits a job that runs in a function, and returns its own place in the trace. */
export const relay = job('relay', {
  payload: z.object({}),
  async run(_payload, { submit, log, traceparent }) {
    const { jobId } = await submit('act', { how: 'return' });
    log.info('Submitted a child.', { child: jobId });
    return { child: jobId, traceparent };
  },
});

/** Logs a line before its heartbeat, which comes within two seconds because it reports progress, and a line after the heartbeat. */
export const tell = job('tell', {
  payload: z.object({ name: z.string() }),
  async run({ name }, { log, progress }) {
    log.info('First.', { name });
    progress(0.5);
    await wait(3_000);
    console.log('Last.');
    return null;
  },
});

/** Appends a line to a file, in which a test reads which steps were called and which had their results recorded. */
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

/** Waits for a signal between two steps. */
export const order = job('order', {
  payload: z.object({ journal, timeoutSeconds: z.int().optional() }),
  async run({ journal: file, timeoutSeconds: timeout }, { step }) {
    await noted(step, 'charge', file);
    const { timedOut } = await step.waitForSignal('paid', { ...(timeout !== undefined && { timeout }) });
    await noted(step, 'ship', file);
    return { timedOut };
  },
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
