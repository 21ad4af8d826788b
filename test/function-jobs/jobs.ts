import { functionJob, job } from 'errand/jobs';
import { setTimeout as wait } from 'node:timers/promises';
import * as z from 'zod';

export * from '../jobs-files/service/index.ts';

/** The job from docs/how-to/other-languages.md. It runs in a Python function. */
export const report = functionJob('report', {
  payload: z.object({ numbers: z.array(z.number()) }),
  result: z.object({ mean: z.number(), largest: z.number() }),
});

/** Runs in a Python function that succeeds or fails as the payload says. */
export const act = functionJob('act', {
  payload: z.object({ how: z.string(), seconds: z.number().default(0) }),
  retry: { attempts: 3, baseSeconds: 0 },
});

/** Runs in a function with a reserved concurrency of one. */
export const oneAtATime = functionJob('one-at-a-time', {
  payload: z.object({ seconds: z.number() }),
  retry: { attempts: 1 },
});

/** Submits a job that runs in a function, and returns the trace context of this `relay` job. */
export const relay = job('relay', {
  payload: z.object({}),
  async run(_payload, { submit, log, traceparent }) {
    const { jobId } = await submit('act', { how: 'return' });
    log.info('Submitted a child.', { child: jobId });
    return { child: jobId, traceparent };
  },
});

/**
 * Logs one line before a heartbeat and one line after it. The job reports progress, so the heartbeat is sent within two seconds.
 */
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
