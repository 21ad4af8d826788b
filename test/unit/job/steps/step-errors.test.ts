import { expect, it } from '@jest/globals';
import { isFinalError } from '../../../../lambdas/job/errors.ts';
import { ChildJobError, StepError } from '../../../../lambdas/job/steps/step-errors.ts';

/** Returns a second copy of the error classes, like the copy that a user's bundle contains in addition to the worker's. */
async function copies() {
  const address: string = new URL('../../../../lambdas/job/steps/step-errors.ts?copy', import.meta.url).href;
  const copy: unknown = await import(address);
  return copy as { StepError: typeof StepError; ChildJobError: typeof ChildJobError };
}

it('errors of steps are recognized even if their classes come from another bundle', async () => {
  const copy = await copies();
  const step = new StepError('charge', 1, 'declined');
  const child = new ChildJobError('ship', { jobId: 'id', status: 'failed', reason: null });
  expect(copy.StepError).not.toBe(StepError);
  expect([step instanceof copy.StepError, child instanceof copy.ChildJobError]).toEqual([true, true]);
  expect([step instanceof copy.ChildJobError, child instanceof copy.StepError]).toEqual([false, false]);
  expect([new Error('other') instanceof copy.StepError, isFinalError(step), isFinalError(child)]).toEqual([
    false,
    true,
    true,
  ]);
  expect(child.message).toBe('The child job id of the step "ship" failed.');
});
