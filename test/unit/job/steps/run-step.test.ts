import { describe, expect, it } from '@jest/globals';
import { FinalError, RetryLaterError, StoreUnavailableError } from '../../../../lambdas/job/errors.ts';
import { StepError } from '../../../../lambdas/job/steps/step-errors.ts';
import type { StepRunContext, StepRunOptions } from '../../../../lambdas/job/steps/step.ts';
import { StepJob } from './step-runs.ts';

/** Returns a function that first fails the given number of times, and then succeeds. */
function failing(times: number, error: () => unknown = () => new Error('declined')) {
  const contexts: StepRunContext[] = [];
  const fn = (context: StepRunContext): Promise<string> => {
    contexts.push(context);
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- anything can be thrown
    return contexts.length <= times ? Promise.reject(error()) : Promise.resolve('paid');
  };
  return { fn, contexts };
}

describe('step.run', () => {
  it('calls its function once, records the result, and returns it', async () => {
    const job = new StepJob(async ({ step }) => {
      const charged = await step.run('charge', () => ({ at: new Date(0) }));
      const mailed: unknown = await step.run<unknown>('mail', () => undefined);
      return [charged, mailed];
    });
    expect(await job.end()).toMatchObject({
      status: 'success',
      result: [{ at: '1970-01-01T00:00:00.000Z' }, null],
    });
    expect(job.calls).toEqual(['record charge success', 'record mail success']);
  });

  it('is not repeated by a later attempt', async () => {
    const charge = failing(0);
    let mails = 0;
    const job = new StepJob(async ({ step, attempt }) => {
      const paid = await step.run('charge', charge.fn);
      if (attempt === 1) throw new Error('crashed');
      mails += 1;
      return paid;
    });
    expect(await job.end()).toMatchObject({ status: 'created', outcome: 'failed', message: 'crashed' });
    job.attempt = 2;
    expect(await job.end()).toMatchObject({ status: 'success', result: 'paid' });
    expect([charge.contexts.length, mails]).toEqual([1, 1]);
    expect(job.calls).toEqual(['record charge success']);
  });

  it('is called again after a back-off, and counts its failures', async () => {
    const charge = failing(2);
    const job = new StepJob(({ step }) => step.run('charge', charge.fn, { retry: { attempts: 3 } }));
    expect(await job.end()).toMatchObject({ status: 'success', result: 'paid' });
    expect(charge.contexts.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect(job.calls).toEqual([
      'record charge waiting',
      'pause 1000',
      'record charge waiting',
      'pause 1000',
      'record charge success',
    ]);
    expect(job.store.get('charge')).toMatchObject({ failures: 2, status: 'success' });
    expect(job.log.entries).toContainEqual(
      expect.objectContaining({
        event: 'step_attempt_failed',
        fields: expect.objectContaining({ step: 'charge', failures: 1, retry_in_ms: 1000 }) as unknown,
      }),
    );
  });

  it('has the same idempotency key in every call, and another key for each use of the name', async () => {
    const keys: string[] = [];
    const charge = failing(1);
    const job = new StepJob(async ({ step }) => {
      for (let index = 0; index < 2; index += 1) {
        await step.run('charge', (context) => {
          keys.push(context.idempotencyKey);
          return charge.fn(context);
        });
      }
    });
    await job.end();
    expect(keys).toEqual(['job-1:charge', 'job-1:charge', 'job-1:charge#2']);
  });

  it('suspends the job for a long back-off', async () => {
    const charge = failing(1, () => new RetryLaterError('busy', { afterSeconds: 60 }));
    const job = new StepJob(({ step }) => step.run('charge', charge.fn));
    expect(await job.invoke()).toMatchObject({
      status: 'created',
      outcome: 'suspended',
      continuation: { steps: ['charge'] },
      message: null,
    });
    job.pass(59);
    expect(await job.invoke()).toMatchObject({ status: 'success', result: 'paid' });
    expect(job.calls).toEqual(['record charge waiting', 'pause 1000', 'record charge success']);
  });

  it('fails the job after its last attempt, without another attempt of the job', async () => {
    const charge = failing(9);
    const job = new StepJob(({ step }) => step.run('charge', charge.fn, { retry: { attempts: 2 } }));
    const message = 'The step "charge" failed after 2 attempts: declined';
    const result = await job.end();
    expect(result).toMatchObject({ status: 'failed', message });
    expect(result.failure?.stack).toContain('Caused by: Error: declined');
    job.attempt = 2;
    expect(await job.end()).toMatchObject({ status: 'failed', message });
    expect(charge.contexts).toHaveLength(2);
  });

  it('is not called again after a FinalError', async () => {
    const charge = failing(9, () => new FinalError('no such card'));
    const job = new StepJob(({ step }) => step.run('charge', charge.fn, { retry: { attempts: 5 } }));
    expect(await job.end()).toMatchObject({
      status: 'failed',
      message: 'The step "charge" failed after 1 attempt: no such card',
    });
  });

  it('lets the handler catch its error, in later invocations too', async () => {
    const seen: unknown[] = [];
    const charge = failing(9);
    const job = new StepJob(async ({ step }) => {
      try {
        await step.run('charge', charge.fn, { retry: { attempts: 1 } });
      } catch (error) {
        seen.push(error instanceof StepError && [error.step, error.attempts, error.message]);
        await step.sleep('nap', '1h');
        return step.run('refund', () => 'refunded');
      }
      return null;
    });
    expect(await job.end()).toMatchObject({ status: 'success', result: 'refunded' });
    const error = ['charge', 1, 'The step "charge" failed after 1 attempt: declined'];
    expect(seen).toEqual([error, error]);
    expect(charge.contexts).toHaveLength(1);
  });

  it('counts a call that exceeds its timeout as a failure, and aborts its signal', async () => {
    const signals: AbortSignal[] = [];
    const job = new StepJob(({ step }) =>
      step.run(
        'charge',
        ({ signal }) => {
          signals.push(signal);
          return new Promise(() => undefined);
        },
        { timeoutSeconds: 1, retry: { attempts: 1 } },
      ),
    );
    expect(await job.end()).toMatchObject({
      status: 'failed',
      message: 'The step "charge" failed after 1 attempt: exceeded the timeout of 1 s',
    });
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  });

  it.each([
    [
      'x'.repeat(300_000),
      'has 300002 bytes; the maximum is 262144. Store it elsewhere and return a reference to it.',
    ],
    [10n, "can't be written as JSON: Do not know how to serialize a BigInt."],
    ['\0', "contains a NUL character or half a surrogate pair, which the database can't store."],
  ])('refuses a result that cannot be stored', async (value, problem) => {
    const job = new StepJob(({ step }) => step.run('charge', () => value));
    expect(await job.end()).toMatchObject({
      status: 'failed',
      message: `The step "charge" failed after 1 attempt: The result ${problem}`,
    });
  });

  it('records no result and starts no step after the job was told to stop', async () => {
    const job = new StepJob(async ({ step }) => {
      await step.run('charge', () => {
        job.pulse.abort('canceled');
        return 'paid';
      });
      await step.run('mail', () => {
        throw new Error('A step began after the stop.');
      });
    });
    expect(await job.invoke()).toMatchObject({ status: 'canceled' });
    expect(job.calls).toEqual([]);
  });

  it('ends the attempt when another one has taken the job over', async () => {
    let mails = 0;
    const job = new StepJob(async ({ step }) => {
      await step.run('charge', () => job.store.claim().fence);
      await step.run('mail', () => (mails += 1));
    });
    expect(await job.invoke()).toMatchObject({ status: 'canceled' });
    expect([mails, job.calls]).toEqual([0, ['record charge success']]);
  });

  it('does not count as a failure of the step or the attempt if the store is unavailable', async () => {
    let isCaught = false;
    const job = new StepJob(async ({ step }) => {
      try {
        await step.run('charge', () => 'paid');
      } catch {
        isCaught = true;
      }
    });
    job.beforeCall = () => {
      throw new StoreUnavailableError('Aurora', 'unknown', new Error('gone'));
    };
    expect(await job.invoke()).toMatchObject({
      status: 'created',
      outcome: 'throttled',
      message: 'Aurora is not available.',
    });
    expect(isCaught).toBe(false);
  });

  const run = (name: unknown, fn: unknown, options?: unknown) =>
    new StepJob(({ step }) => step.run(name as string, fn as () => null, options as StepRunOptions));
  const expected =
    'the name is invalid. Use 1 to 64 letters, digits, "_", "-" and ".", beginning with a letter or a digit.';
  it.each([
    ['', () => null, {}, `step.run(""): ${expected}`],
    ['a@b', () => null, {}, `step.run("a@b"): ${expected}`],
    ['a#2', () => null, {}, `step.run("a#2"): ${expected}`],
    [undefined, () => null, {}, `step.run("undefined"): ${expected}`],
    ['x'.repeat(65), () => null, {}, `step.run("${'x'.repeat(65)}"): ${expected}`],
    ['a', 'b', {}, 'step.run("a"): fn is b. Use a function.'],
    [
      'a',
      () => null,
      { timeoutSeconds: 0 },
      'step.run("a"): timeoutSeconds is 0. Use a whole number from 1 to 900.',
    ],
    [
      'a',
      () => null,
      { retry: { attempts: 21 } },
      'step.run("a"): retry.attempts is 21. Use a whole number from 1 to 20.',
    ],
    [
      'a',
      () => null,
      { retry: { baseSeconds: -1 } },
      'step.run("a"): retry.baseSeconds is -1. Use seconds from 0 to 900.',
    ],
    [
      'a',
      () => null,
      { retry: { capSeconds: 901 } },
      'step.run("a"): retry.capSeconds is 901. Use seconds from 0 to 900.',
    ],
  ])('refuses the name %p with %p and %p', async (name, fn, options, message) => {
    const job = run(name, fn, options);
    expect(await job.end()).toMatchObject({ status: 'created', outcome: 'failed', message });
    expect(job.calls).toEqual([]);
  });
});
