import { job } from 'errand/jobs';
import * as z from 'zod';

/** Logs the given number of lines, and returns a long result. */
export const talk = job('talk', {
  payload: z.object({ lines: z.int(), text: z.string().optional() }),
  run({ lines, text = '' }, { log }) {
    for (let line = 1; line <= lines; line += 1) log.info(`Line ${line}.`, { of: lines });
    return { text };
  },
});

/** Fails with a message that contains the order's number. */
export const charge = job('charge', {
  payload: z.object({ order: z.int() }),
  retry: { attempts: 1 },
  run({ order }) {
    throw new Error(`the card of order ${order} was declined`);
  },
});

/** Makes a charge in a step, and then waits for a signal. */
export const ship = job('ship', {
  payload: z.object({ order: z.int() }),
  async run({ order }, { step }) {
    const paid = await step.run('charge', () => ({ charge: `ch_${order}` }));
    await step.waitForSignal('packed', { timeout: '3d' });
    return paid;
  },
});
