import { job } from 'errand/jobs';
import * as z from 'zod';

// During the synth, this module does not throw, because it does not run in Lambda.
if (process.env.AWS_LAMBDA_FUNCTION_NAME !== undefined) throw new Error('no configuration in this account');

export const greet = job('greet', {
  payload: z.object({ name: z.string() }),
  retry: { attempts: 1 },
  run: ({ name }) => `Hello, ${name}!`,
});
