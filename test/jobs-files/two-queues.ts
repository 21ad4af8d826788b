import { job } from 'errand/jobs';
import * as z from 'zod';

/** Returns the environment variables of its queue's worker. */
export const develop = job('develop', {
  payload: z.object({ seconds: z.number().default(0) }),
  queue: 'images',
  async run({ seconds }, { signal }) {
    await new Promise((resolve) => {
      setTimeout(resolve, seconds * 1000);
      signal.addEventListener('abort', resolve);
    });
    return { quality: process.env.QUALITY ?? null };
  },
});

export const file = job('file', {
  payload: z.object({}),
  run: () => ({ quality: process.env.QUALITY ?? null }),
});
