import { setTimeout as pause } from 'node:timers/promises';
import { FinalError, job, RetryLaterError } from 'errand/jobs';
import * as z from 'zod';

// A small shop's jobs. The payload determines how a job ends, so that tests can create jobs in every state.

export const resize = job('resize', {
  payload: z.object({
    image: z.string().meta({ description: 'The address of the image.' }),
    width: z.int().min(16).max(4000).default(800).meta({ description: 'In pixels.' }),
    format: z.enum(['webp', 'png', 'jpeg']).default('webp'),
    unreachable: z.boolean().default(false),
  }),
  retry: { attempts: 2, baseSeconds: 0 },
  async run({ image, width, format, unreachable }, { log, progress, signal }) {
    log.info('Fetching the image', { image });
    if (unreachable) throw fetchFailed(image);
    for (const done of [0.2, 0.6]) {
      progress(done, `${Math.round(done * 3)} of 3 sizes`);
      await pause(60, undefined, { signal });
    }
    log.info('Resized', { width, format, bytes: 48_213 });
    return { image: image.replace(/\.\w+$/, `-${width}.${format}`), bytes: 48_213 };
  },
});

function fetchFailed(image: string): Error {
  return new Error(`connect ECONNREFUSED images.internal:443 (${image})`);
}

export const charge = job('charge', {
  payload: z.object({
    order: z.string(),
    amount: z.number().positive(),
    currency: z.enum(['EUR', 'USD', 'TRY']).default('EUR'),
    card: z.enum(['valid', 'declined', 'slow']).default('valid'),
  }),
  retry: { attempts: 3, baseSeconds: 0 },
  async run({ order, amount, currency, card }, { log, attempt }) {
    log.info('Charging the card', { order, amount, currency });
    if (card === 'slow' && attempt === 1) {
      log.warn('The bank answers slowly', { waited_ms: 800 });
      throw new RetryLaterError('The bank has a queue.', { afterSeconds: 1 });
    }
    await pause(40);
    if (card === 'declined') {
      log.error('The bank declined the card', { code: 'insufficient_funds' });
      throw new FinalError(`The card of order ${order} was declined: insufficient funds`);
    }
    return { receipt: `rcpt_${order}`, amount, currency };
  },
});

/** Reports progress until it is canceled. */
export const importProducts = job('import-products', {
  payload: z.object({ file: z.string(), rows: z.int().default(5000), upTo: z.number().default(0.6) }),
  timeoutSeconds: 600,
  async run({ file, rows, upTo }, { log, progress, signal }) {
    for (let done = 0; done < upTo; done += 0.1) {
      progress(done, `row ${Math.round(done * rows)} of ${rows}`);
      log.info('Imported a chunk', { file, rows: Math.round(done * rows) });
      await pause(20, undefined, { signal });
    }
    await pause(600_000, undefined, { signal });
    return { rows };
  },
});

/** Sends emails. Each customer's emails are sent one at a time. */
export const sendMail = job('send-mail', {
  payload: z.object({ customer: z.string(), template: z.string(), seconds: z.number().default(0) }),
  concurrency: { key: 'payload.customer', limit: 1 },
  async run({ customer, template, seconds }, { log, signal }) {
    log.info('Rendering the mail', { customer, template });
    await pause(seconds * 1000, undefined, { signal });
    return { message_id: `m-${customer}` };
  },
});

/** Packs one item of an order, as a child job of `refund`. */
export const restock = job('restock', {
  payload: z.object({ item: z.string() }),
  async run({ item }) {
    await pause(150);
    return { item, shelf: 'B4' };
  },
});

/** A refund that needs a person's approval. */
export const refund = job('refund', {
  payload: z.object({ order: z.string(), amount: z.number(), items: z.array(z.string()).default([]) }),
  maxDurationSeconds: 7 * 86_400,
  async run({ order, amount, items }, { step }) {
    await step.run('check-order', async () => {
      await pause(120);
      return { order, paid: true };
    });
    const question = `Refund ${amount} € for order ${order}?`;
    const link = await step.approvalLink('approval', { question, timeout: '3d' });
    // In a real shop, a person would get the link by email. The test opens the link directly.
    await step.run('ask', () => ({ mailed: link }));
    const answer = await step.waitForSignal<{ approved: boolean }>('approval', { timeout: '3d' });
    if (answer.timedOut || !answer.payload.approved) return { order, refunded: false };
    await step.map(
      'restock',
      items.map((item) => ({ item })),
      'restock',
    );
    await step.run('pay-back', () => pause(80));
    return { order, refunded: true };
  },
});
