import { describe, expect, it } from '@jest/globals';
import type { Child, MapOptions } from '../../../../lambdas/job/steps/step.ts';
import { ChildJobError } from '../../../../lambdas/job/steps/step-errors.ts';
import { StepJob } from './step-runs.ts';

/** Ends a job's children with the results that `resultOf` returns. */
function endChildren(job: StepJob, resultOf: (place: number) => unknown = (place) => place): void {
  for (const child of job.children) {
    const result = resultOf(child.place);
    child.outcome ??=
      result instanceof Error
        ? {
            jobId: child.jobId,
            status: result.name === 'canceled' ? 'canceled' : 'failed',
            message: result.message,
            result: null,
          }
        : { jobId: child.jobId, status: 'success', message: null, result: result as number };
  }
}

const canceled = Object.assign(new Error('canceled by request'), { name: 'canceled' });

describe('step.submit and step.result', () => {
  const shipping = () =>
    new StepJob(async ({ step }) => {
      const child = await step.submit('ship', 'parcel', { order: 1 });
      return [child, await step.result(child)];
    });

  it('submit a child once, and suspend the job until it has ended', async () => {
    const job = shipping();
    expect(await job.invoke()).toMatchObject({
      outcome: 'suspended',
      continuation: { steps: ['ship:result'] },
    });
    endChildren(job, () => ({ parcel: 7 }));
    expect(await job.invoke()).toMatchObject({ result: [{ jobId: 'ship-0', step: 'ship' }, { parcel: 7 }] });
    expect(job.calls).toEqual([
      'submit ship parcel',
      'record ship success',
      'wait ship:result',
      'wait ship:result',
    ]);
    expect(job.store.get('ship')).toMatchObject({ detail: { childJobId: 'ship-0', type: 'parcel' } });
  });

  it.each([
    [new Error('no stamps'), 'The child job ship-0 of the step "ship" failed: no stamps'],
    [canceled, 'The child job ship-0 of the step "ship" was canceled: canceled by request'],
  ])('fail the job with its child, without another attempt', async (error, message) => {
    const job = shipping();
    await job.invoke();
    endChildren(job, () => error);
    expect(await job.invoke()).toMatchObject({ status: 'failed', message });
  });

  it('let the handler catch the failure of a child', async () => {
    const job = new StepJob(async ({ step }) => {
      const child = await step.submit('ship', 'parcel', {});
      try {
        return await step.result(child);
      } catch (error) {
        if (!(error instanceof ChildJobError)) throw error;
        return [error.jobId, error.status, error.failed];
      }
    });
    await job.invoke();
    endChildren(job, () => canceled);
    expect(await job.invoke()).toMatchObject({ status: 'success', result: ['ship-0', 'canceled', 1] });
  });

  it('refuse a value that step.submit did not return', async () => {
    const job = new StepJob(({ step }) => step.result({ jobId: 'ship-0' } as Child));
    expect(await job.invoke()).toMatchObject({
      message: 'step.result: pass the value that step.submit returned.',
    });
  });
});

describe('step.map', () => {
  const mapping = (total: number, options?: MapOptions) =>
    new StepJob(({ step }) =>
      step.map(
        'resize',
        Array.from({ length: total }, (_, index) => ({ index })),
        'resize',
        options,
      ),
    );

  it('submits a child for each item in chunks, and returns the results in the order of the items', async () => {
    const job = mapping(250);
    expect(await job.invoke()).toMatchObject({ outcome: 'suspended', continuation: { steps: ['resize'] } });
    expect(job.children.map(({ payload }) => payload)).toEqual(
      Array.from({ length: 250 }, (_, index) => ({ index })),
    );
    job.children.reverse();
    endChildren(job, (place) => place * 2);
    const results = Array.from({ length: 250 }, (_, index) => index * 2);
    expect(await job.invoke()).toMatchObject({ result: results });
    expect(job.calls).toEqual([
      'submit resize resize 0-100',
      'submit resize resize 100-200',
      'submit resize resize 200-250',
      'wait resize',
      'wait resize',
      'outcomes resize 0',
      'record resize success',
    ]);
  });

  it('continues after a crash with the first missing child', async () => {
    const job = mapping(250);
    job.beforeCall = () => {
      throw new Error('crashed');
    };
    await job.invoke();
    job.beforeCall = () => undefined;
    job.children.splice(130);
    job.calls.length = 0;
    job.attempt = 2;
    await job.invoke();
    expect(job.calls).toEqual([
      'count resize',
      'submit resize resize 130-230',
      'submit resize resize 230-250',
      'wait resize',
    ]);
  });

  it('hands over between two chunks', async () => {
    const job = mapping(250);
    job.timeoutSeconds = 3;
    const { push } = job.calls;
    job.calls.push = function pushAndPass(...calls) {
      if (calls[0]?.startsWith('submit')) job.pass(2);
      return push.apply(this, calls);
    };
    expect(await job.invoke()).toMatchObject({ continuation: { steps: [] } });
    expect(job.children).toHaveLength(100);
    expect(await job.invoke()).toMatchObject({ continuation: { steps: [] } });
    expect(await job.invoke()).toMatchObject({ continuation: { steps: ['resize'] } });
    expect(job.children).toHaveLength(250);
  });

  it('without items ends immediately', async () => {
    const job = mapping(0);
    expect(await job.invoke()).toMatchObject({ status: 'success', result: [] });
    expect(job.calls).toEqual(['record resize success']);
  });

  it('reads large results again in each invocation, in pages', async () => {
    const job = new StepJob(async ({ step }) => {
      const results = await step.map<string>('resize', [1, 2, 3], 'resize');
      await step.sleep('nap', '1h');
      return results.map(({ length }) => length);
    });
    await job.invoke();
    endChildren(job, () => 'x'.repeat(100_000));
    expect(await job.end()).toMatchObject({ status: 'success', result: [100_000, 100_000, 100_000] });
    expect(job.calls.filter((call) => call.startsWith('outcomes'))).toEqual([
      'outcomes resize 0',
      'outcomes resize 0',
    ]);
    expect(job.store.get('resize')).toMatchObject({ status: 'success', result: null });
  });

  it('fails the job after all children have ended, and names the first that failed', async () => {
    const job = mapping(3);
    await job.invoke();
    endChildren(job, (place) => (place === 0 ? 0 : place === 1 ? new Error('too large') : canceled));
    const message =
      '2 of the 3 child jobs of the step "resize" failed or were canceled. ' +
      'The child job resize-1 of the step "resize" failed: too large';
    expect(await job.invoke()).toMatchObject({ status: 'failed', message });
    expect(await job.invoke()).toMatchObject({ status: 'failed', message });
  });

  it('refuses other items in a later invocation', async () => {
    let total = 2;
    const job = new StepJob(({ step }) => step.map('resize', Array.from({ length: total }), 'resize'));
    await job.invoke();
    total = 3;
    expect(await job.invoke()).toMatchObject({
      outcome: 'failed',
      message:
        'step.map("resize"): the step was recorded with 2 items, and is now called with 3: create the items in a step.run, so that they stay the same.',
    });
  });

  it.each([['many'], [Array.from({ length: 10_001 })]])(
    'refuses too many items, or anything but an array',
    async (items) => {
      const job = new StepJob(({ step }) => step.map('resize', items as unknown[], 'resize'));
      expect(await job.invoke()).toMatchObject({
        message: 'step.map("resize"): items must be an array with at most 10000 elements.',
      });
    },
  );
});
