import { job } from 'errand/jobs';
import { setTimeout as wait } from 'node:timers/promises';
import * as z from 'zod';
import { writeReport } from './report.ts';

/** Logs, and then fails. */
export const report = job('report', {
  payload: z.object({ secret: z.string() }),
  retry: { attempts: 1 },
  run(_payload, { log }) {
    log.info('Reading the figures.', { month: 'May' });
    log.warn('Some are missing.', { missing: ['rent'] });
    writeReport();
  },
});

/**
 * Throws an error outside the handler's promise, which never settles by itself. Each job in the batch first waits until all jobs in the batch have
 * begun.
 */
export const stray = job('stray', {
  payload: z.object({ how: z.enum(['throw', 'reject', 'neither']) }),
  retry: { attempts: 1 },
  async run({ how }, { log, signal }) {
    log.info('Starting.');
    if (how === 'neither') {
      await wait(1_000);
      return 'undisturbed';
    }
    if (how === 'reject') void Promise.reject(new Error('nobody waits for this'));
    if (how === 'throw') {
      setTimeout(() => {
        throw new Error('thrown by a timer');
      }, 10);
    }
    await new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        log.info('Told to stop.');
        reject(new Error('stopped'));
      });
    });
    return null;
  },
});

/** Ends the process on the first attempt. */
export const quit = job('quit', {
  payload: z.object({}),
  retry: { attempts: 2 },
  async run(_payload, { attempt }) {
    if (attempt === 1) process.exit(3);
    await Promise.resolve();
    return { attempt };
  },
});

/**
 * A job whose schema's error message quotes the payload. JSON Schema can't express the refinement, so only the worker checks it.
 */
export const quote = job('quote', {
  payload: z.string().refine((text) => text === 'right', {
    error: ({ input }) => `must be "right", not "${String(input)}"`,
  }),
  run: () => null,
});

/** Exceeds its timeout. */
export const hang = job('hang', {
  payload: z.object({}),
  timeoutSeconds: 1,
  async run(_payload, { log }) {
    log.info('Waiting for a lock.', { lock: 'ledger' });
    await new Promise(() => undefined);
    return null;
  },
});

/** Logs an error that contains the whole request, like some HTTP clients' errors, and fails with this error. */
export const leak = job('leak', {
  payload: z.object({ secret: z.string() }),
  retry: { attempts: 1 },
  run(payload, { log }) {
    const request = { payload, headers: { authorization: payload.secret }, environment: { ...process.env } };
    const error = Object.assign(new Error('the request failed'), { request, toJSON: () => request });
    log.warn('The request failed.', { error, errors: [error] });
    throw new Error('nothing was sent', { cause: error });
  },
});

/**
 * Logs in every possible way, before and after a wait. The job reports progress, so that a heartbeat writes the first lines within two seconds.
 */
export const talk = job('talk', {
  payload: z.object({ name: z.string(), seconds: z.number().default(0) }),
  async run({ name, seconds }, { log, progress }) {
    log.info(`${name} starts.`, { page: 1, job_id: 'of the handler', queue: 'too' });
    console.log('%s has %d pages.', name, 3);
    progress(0.5);
    await wait(10 + seconds * 1_000);
    console.warn(`${name} is tired.`);
    log.debug(`${name} ends.`);
    return name;
  },
});
