import { describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { FinalError } from '../../../lambdas/job/errors.ts';
import type { JobContext } from '../../../lambdas/job/job-context.ts';
import { job } from '../../../lambdas/job/definition.ts';
import { runnable, unavailableOf } from '../../../lambdas/job/job-type.ts';

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

  it('reports the problems of a payload, synchronously or with a promise', async () => {
    for (const problems of [
      double.check({ number: 'four' }, 'acme'),
      await double.problems({ number: 'four' }, 'acme'),
    ])
      expect(problems).toMatchObject([{ field: 'number' }]);
    expect(double.check({ number: 4 }, 'acme')).toEqual([]);
    expect(await double.problems({ number: 4 }, 'acme')).toEqual([]);
  });

  it('can refuse a valid payload from one tenant only', async () => {
    const refusing = runnable(job('small', { payload: z.number(), run: (number) => number }), {
      refusal: (payload: number, tenant) =>
        tenant === 'acme' && payload > 9 ? { field: '', message: 'must be at most 9' } : undefined,
    });
    expect(refusing.check(10, 'acme')).toEqual([{ field: '', message: 'must be at most 9' }]);
    expect(refusing.check(9, 'acme')).toEqual([]);
    expect(refusing.check(10, 'other')).toEqual([]);
    const run = refusing.run(10, { tenant: 'acme' } as JobContext);
    await expect(run).rejects.toThrow('no longer matches the job type "small": payload must be at most 9');
  });

  it('checks an asynchronous schema only with a promise', async () => {
    const schema = z.number().refine((number) => Promise.resolve(number < 9));
    const slow = runnable(job('slow', { payload: schema, run: () => null }));
    expect(await slow.problems(10, 'acme')).toHaveLength(1);
    expect(() => slow.check(10, 'acme')).toThrow('The schema of "slow" is asynchronous.');
  });
});

it('the job types that cannot run are listed with their reasons', () => {
  const definition = job('double', { payload: z.number(), run: (number) => 2 * number });
  const types = [
    runnable(definition),
    runnable({ ...definition, name: 'mail' }, { unavailable: 'no receiver' }),
  ];
  expect(unavailableOf(types)).toEqual(new Map([['mail', 'no receiver']]));
});
