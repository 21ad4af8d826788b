import { describe, expect, it } from '@jest/globals';
import { StoreUnavailableError } from '../../../../lambdas/job/errors.ts';
import { StepJob } from './step-runs.ts';

const CHECKPOINT = '@checkpoint';

/** Creates a job that counts from its last checkpoint to `end`, one number per second. */
function counting(end: number, at: (count: number, job: StepJob) => void = () => undefined) {
  const counted: number[] = [];
  const job = new StepJob(async ({ checkpoint, state }) => {
    for (let count = (state as number | undefined) ?? 0; count < end; count += 1) {
      at(count, job);
      counted.push(count);
      job.pass(1);
      await checkpoint(count + 1);
    }
    return 'counted';
  });
  return { job, counted };
}

describe('context.checkpoint', () => {
  it('writes the last state at most every two seconds, and not after a success', async () => {
    const { job } = counting(8);
    expect(await job.invoke()).toMatchObject({ status: 'success', result: 'counted' });
    expect(job.calls).toEqual(Array.from({ length: 3 }, () => `record ${CHECKPOINT} success`));
    expect(job.store.get(CHECKPOINT)).toMatchObject({ result: 7 });
  });

  it('writes it when the attempt fails, and the next attempt continues from there', async () => {
    const { job, counted } = counting(5, (count, { attempt }) => {
      if (count === 3 && attempt === 1) throw new Error('crashed');
    });
    expect(await job.invoke()).toMatchObject({ status: 'created', message: 'crashed' });
    expect(job.store.get(CHECKPOINT)).toMatchObject({ result: 3 });
    job.attempt = 2;
    expect(await job.invoke()).toMatchObject({ status: 'success' });
    expect(counted).toEqual([0, 1, 2, 3, 4]);
  });

  it('hands over near the end of its time', async () => {
    const { job, counted } = counting(9);
    job.timeoutSeconds = 4;
    expect(await job.invoke()).toMatchObject({ outcome: 'suspended', continuation: { steps: [] } });
    expect(job.store.get(CHECKPOINT)).toMatchObject({ result: 4 });
    expect(await job.end()).toMatchObject({ status: 'success', attempt: 1 });
    expect(counted).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('stores the state at the time of the call', async () => {
    const state = { count: 1 };
    const job = new StepJob(async ({ checkpoint }) => {
      await checkpoint(state);
      state.count = 2;
      throw new Error('crashed');
    });
    await job.invoke();
    expect(job.store.get(CHECKPOINT)).toMatchObject({ result: { count: 1 } });
  });

  it('can be used together with steps', async () => {
    const job = new StepJob(async ({ step, checkpoint, state }) => {
      await step.run('a', () => 1);
      await checkpoint('state');
      await step.sleep('nap', '1h');
      return state ?? null;
    });
    expect(await job.end()).toMatchObject({ status: 'success', result: 'state' });
  });

  it('does not change the outcome of the attempt if its last write fails', async () => {
    const job = new StepJob(async ({ checkpoint }) => {
      await checkpoint(1);
      throw new Error('crashed');
    });
    job.beforeCall = () => {
      throw new StoreUnavailableError('Aurora', 'unknown', new Error('gone'));
    };
    expect(await job.invoke()).toMatchObject({ status: 'created', outcome: 'failed', message: 'crashed' });
    expect(job.log.entries).toContainEqual(expect.objectContaining({ event: 'checkpoint_not_written' }));
  });

  it.each([
    [
      'x'.repeat(300_000),
      'has 300002 bytes; the maximum is 262144. Store it elsewhere and keep a reference to it.',
    ],
    [() => 1, "can't be written as JSON: it is a function."],
  ])('refuses a state that cannot be stored', async (state, problem) => {
    const job = new StepJob(({ checkpoint }) => checkpoint(state));
    expect(await job.invoke()).toMatchObject({ message: `checkpoint: the state ${problem}` });
  });
});
