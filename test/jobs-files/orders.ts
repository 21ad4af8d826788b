import { existsSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { ChildJobError, FinalError, job } from 'errand/jobs';
import * as z from 'zod';

/** The journal file. Every call to a step's function appends a line. */
const journal = z.string();

const parcel = z.object({ journal, item: z.string(), fails: z.boolean().default(false) });

export const ship = job('ship', {
  payload: parcel,
  retry: { attempts: 1 },
  async run({ journal: file, item, fails }) {
    await appendFile(file, `ship ${item}\n`);
    if (fails) throw new Error(`${item} is out of stock`);
    return { label: `label of ${item}` };
  },
});

/**
 * Processes an order: makes a charge, waits for an approval, and ships each item in a separate job. If an item can't be shipped, the job makes a
 * refund.
 */
export const order = job('order', {
  payload: z.object({ journal, items: z.array(parcel.omit({ journal: true })) }),
  retry: { attempts: 3, baseSeconds: 0 },
  async run({ journal: file, items }, { step }) {
    const note = async (line: string): Promise<string> => {
      await appendFile(file, `${line}\n`);
      return line;
    };
    let declined = 0;
    const charge = await step.run('charge', async ({ attempt, idempotencyKey }) => {
      declined += 1;
      await note(`charge ${attempt}`);
      if (declined === 1) throw new Error('The bank is down.');
      return { key: idempotencyKey };
    });
    await step.sleep('settle', '2s');
    const answer = await step.waitForSignal<{ by: string }>('approve', { timeout: '1h' });
    if (answer.timedOut) return 'not approved';
    try {
      const shipped = await step.map<{ label: string }>(
        'ship',
        items.map((item) => ({ ...item, journal: file })),
        'ship',
        { concurrency: 2 },
      );
      return { charge, by: answer.payload.by, labels: shipped.map(({ label }) => label) };
    } catch (error) {
      if (!(error instanceof ChildJobError)) throw error;
      await step.run('refund', () => note('refund'));
      return { refunded: error.message.replace(error.jobId, 'ID') };
    }
  },
});

/**
 * Reserves its items, sleeps, prints a label and packs. If the label can't be printed, the job runs its `unpack` step. The part selected by `part`
 * fails until the `ready` file exists.
 */
export const reserved = job('reserved', {
  payload: z.object({ journal, ready: z.string(), part: z.enum(['step', 'child', 'end']) }),
  retry: { attempts: 1 },
  async run({ journal: file, ready, part }, { step }) {
    const note = async (line: string): Promise<string> => {
      await appendFile(file, `${line}\n`);
      return line;
    };
    await step.run('reserve', () => note('reserve'));
    await step.sleep('settle', 0.1);
    try {
      if (part === 'step')
        await step.run(
          'print',
          () => {
            requireFile(ready);
          },
          { retry: { attempts: 1 } },
        );
      if (part === 'child') await step.map('print', [{ file: ready }], 'print');
      await step.run('pack', () => note('pack'));
      if (part === 'end') requireFile(ready);
      return 'packed';
    } catch (error) {
      if (part !== 'end') await step.run('unpack', () => note('unpack'));
      throw error;
    }
  },
});

/** Fails if its file does not exist. */
export const print = job('print', {
  payload: z.object({ file: z.string() }),
  retry: { attempts: 1 },
  run({ file }) {
    requireFile(file);
  },
});

function requireFile(file: string): void {
  if (!existsSync(file)) throw new FinalError('The printer is out of paper.');
}

/** Runs `count` steps that take `seconds` each. */
export const long = job('long', {
  payload: z.object({ count: z.int(), seconds: z.number() }),
  async run({ count, seconds }, { step }) {
    let sum = 0;
    for (let index = 1; index <= count; index += 1) {
      sum += await step.run('part', async () => {
        await wait(seconds * 1000);
        return index;
      });
    }
    return sum;
  },
});

/** Counts to `count`, with a checkpoint after each number. */
export const counting = job('counting', {
  payload: z.object({ journal, count: z.int(), seconds: z.number() }),
  async run({ journal: file, count, seconds }, { checkpoint, state }) {
    for (let next = (state as number | undefined) ?? 1; next <= count; next += 1) {
      await wait(seconds * 1000);
      await appendFile(file, `${next}\n`);
      await checkpoint(next + 1);
    }
    return count;
  },
});

/** Hangs between two steps on its first attempt. */
export const fragile = job('fragile', {
  payload: z.object({ journal }),
  async run({ journal: file }, { step, attempt }) {
    const first = await step.run('first', async () => {
      await appendFile(file, 'first\n');
      return 'first';
    });
    if (attempt === 1) {
      await appendFile(file, 'between\n');
      await wait(60_000);
    }
    const second = await step.run('second', async () => {
      await appendFile(file, 'second\n');
      return 'second';
    });
    return [first, second];
  },
});
