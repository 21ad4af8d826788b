import { job } from 'errand/jobs';
import * as z from 'zod';

// Every job that this file exports can be submitted by its name.

export const greet = job('greet', {
  payload: z.object({ name: z.string().min(1).max(100) }),
  run({ name }, { progress, log }) {
    progress(0.5, `about to greet ${name}`);
    log.info('Greeting.', { length: name.length });
    return { greeting: `Hello, ${name}` };
  },
});
