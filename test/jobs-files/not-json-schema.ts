import { job } from 'errand/jobs';
import * as z from 'zod';

export const remind = job('remind', { payload: z.object({ at: z.date() }), run: () => null });
export const greet = job('greet', { payload: z.map(z.string(), z.string()), run: () => null });
export const wait = job('wait', {
  payload: z.object({}),
  signals: { go: z.object({ at: z.date() }) },
  run: () => null,
});
