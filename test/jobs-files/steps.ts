import { job } from 'errand/jobs';
import * as z from 'zod';

/** Waits for the `decision` signal, which the job type declares. */
export const decide = job('decide', {
  payload: z.object({}),
  signals: { decision: z.object({ by: z.string(), amount: z.int().max(100) }), stop: z.null() },
  maxDurationSeconds: 7200,
  async run(_payload, { step }) {
    return (await step.waitForSignal('decision', { timeout: '1h' })).payload;
  },
});

/** Asks for a number of approvals, and shows each link in its progress note. */
export const publish = job('publish', {
  payload: z.object({
    question: z.string(),
    times: z.int().default(1),
    timeoutSeconds: z.number().default(60),
  }),
  async run({ question, times, timeoutSeconds }, { step, progress }) {
    const answers: unknown[] = [];
    for (let time = 0; time < times; time += 1) {
      const link = await step.approvalLink('publish', { question, timeout: timeoutSeconds });
      progress(time / times, link);
      answers.push((await step.waitForSignal('publish')).payload);
    }
    return answers;
  },
});

export const double = job('double', {
  payload: z.int(),
  run: (number) => number * 2,
});

/** Submits a child for each number. */
export const doubleAll = job('double-all', {
  payload: z.object({ numbers: z.array(z.int()) }),
  run: async ({ numbers }, { step }) => step.map<number>('double', numbers, 'double'),
});
