import { job, type JobContext } from 'errand/jobs';
import * as z from 'zod';

/**
 * The stack's JOB_MEMORY in the first release. With any other value, the first step has a different name, as if new code had been deployed.
 */
const FIRST_RELEASE = '1024';

const nothing = z.object({});

/** Records a step, waits for the `go` signal, and returns the versions of the code before and after the wait. */
async function run({
  step,
  attempt,
}: JobContext): Promise<{ began: string; ended: string; attempt: number }> {
  const { AWS_LAMBDA_FUNCTION_MEMORY_SIZE: memory = '', AWS_LAMBDA_FUNCTION_VERSION: version = '' } =
    process.env;
  const began = await step.run(memory === FIRST_RELEASE ? 'charge' : 'bill', () => version);
  await step.waitForSignal('go', { timeout: '1h' });
  const ended = await step.run('ship', () => version);
  return { began, ended, attempt };
}

export const pinned = job('pinned', {
  payload: nothing,
  versioning: 'pinned',
  run: (_payload, context) => run(context),
});

export const latest = job('latest', {
  payload: nothing,
  versioning: 'latest',
  run: (_payload, context) => run(context),
});

/** A job without steps. Any version may therefore retry it. */
export const free = job('free', {
  payload: nothing,
  versioning: 'pinned',
  retry: { attempts: 2, baseSeconds: 0, capSeconds: 0 },
  run(_payload, { attempt }) {
    if (attempt === 1) throw new Error('The first attempt fails.');
    return process.env.AWS_LAMBDA_FUNCTION_VERSION ?? '';
  },
});
