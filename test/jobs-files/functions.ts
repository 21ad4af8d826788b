import { functionJob, job } from 'errand/jobs';
import * as z from 'zod';

export const transcode = functionJob('transcode', {
  payload: z.object({ video: z.string() }),
  result: z.object({ seconds: z.number() }),
  queue: 'videos',
});

export const count = functionJob('count', { payload: z.object({ text: z.string() }), timeoutSeconds: 30 });

export const greet = job('greet', {
  payload: z.object({ name: z.string() }),
  run: ({ name }) => `Hello, ${name}!`,
});
