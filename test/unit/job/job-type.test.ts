import { describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { FinalError } from '../../../lambdas/job/errors.ts';
import type { JobContext } from '../../../lambdas/job/job-context.ts';
import { job } from '../../../lambdas/job/definition.ts';
import { runnable } from '../../../lambdas/job/job-type.ts';

const context = {} as JobContext;

describe('a job type', () => {
  const double = runnable(
    job('double', {
      payload: z.strictObject({ number: z.number().default(1) }),
      run: ({ number }) => number * 2,
    }),
  );

  it('is retried once, after five seconds, by default', () => {
    expect(double.retry).toMatchObject({ attempts: 2, baseMs: 5_000 });
  });

  it('gets the payload parsed by its schema', async () => {
    expect(await double.run({ number: 4 }, context)).toBe(8);
    expect(await double.run({}, context)).toBe(2);
  });

  it('fails for good if the payload no longer matches, and names the field', async () => {
    const run = double.run({ number: 'four' }, context);
    await expect(run).rejects.toBeInstanceOf(FinalError);
    await expect(run).rejects.toThrow(/"double": number /);
  });
});
