import { job } from 'errand/jobs';
import { setTimeout as wait } from 'node:timers/promises';
import * as z from 'zod';

/** The ways in which a handler can end its process. */
const ways = {
  exit: () => process.exit(3),
  'exit with success': () => process.exit(0),
  'a native crash': () => process.abort(),
  'a segmentation fault': () => process.kill(process.pid, 'SIGSEGV'),
  'an endless loop': () => {
    for (;;);
  },
  'memory beyond the limit': () => {
    const kept: unknown[] = [];
    for (;;) kept.push(Array.from({ length: 100_000 }, (_, index) => ({ index })));
  },
};

/** Ends its process on every attempt, after waiting for the other jobs in the batch to begin. */
export const dies = job('dies', {
  payload: z.object({ how: z.enum(Object.keys(ways) as [keyof typeof ways, ...(keyof typeof ways)[]]) }),
  retry: { attempts: 2, baseSeconds: 1, capSeconds: 1 },
  async run({ how }, { log }) {
    log.info('About to die.');
    await wait(200);
    ways[how]();
    return null;
  },
});

/** Is still running when the `dies` job ends their shared process. */
export const neighbor = job('neighbor', {
  payload: z.object({}),
  retry: { attempts: 2, baseSeconds: 1, capSeconds: 1 },
  async run() {
    await wait(600);
    return 'undisturbed';
  },
});

/** Runs in another queue. */
export const distant = job('distant', {
  payload: z.object({}),
  queue: 'distant',
  retry: { attempts: 1 },
  async run() {
    await wait(100);
    return 'undisturbed';
  },
});
