import { describe, expect, it } from '@jest/globals';
import type { JobContext } from '../../../../lambdas/job/job-context.ts';
import { StepJob } from './step-runs.ts';

describe('the steps of an invocation', () => {
  it('that run in parallel are called in the same tick, and can wait together', async () => {
    const job = new StepJob(({ step }) =>
      Promise.all([
        step.run('a', () => 1),
        step.waitForSignal('signal'),
        step.run('b', () => 2).then((b) => step.run('c', () => b + 1)),
        step.sleep('nap', '1h'),
      ]),
    );
    expect(await job.invoke()).toMatchObject({
      outcome: 'suspended',
      continuation: { steps: ['signal', 'nap'] },
    });
    expect(job.store.get('c')).toMatchObject({ status: 'success', result: 3 });
    job.store.signals.push({ name: 'signal', payload: 'x' });
    job.pass(3_600);
    expect(await job.invoke()).toMatchObject({ result: [1, { payload: 'x' }, 3, undefined] });
    expect(job.writes()).toBe(6);
  });

  it('suspend the job only when no function runs any more', async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const job = new StepJob(({ step }) =>
      Promise.all([step.sleep('nap', '1h'), step.run('slow', () => promise)]),
    );
    job.afterCall = (call) => {
      if (call === 'wait nap') setTimeout(resolve, 20, 'done');
    };
    expect(await job.invoke()).toMatchObject({ outcome: 'suspended', continuation: { steps: ['nap'] } });
    expect(job.store.get('slow')).toMatchObject({ status: 'success', result: 'done' });
  });

  it('are logged when they suspend the attempt', async () => {
    const job = new StepJob(({ step }) => step.sleep('nap', '1h'));
    await job.invoke();
    expect(job.log.entries).toContainEqual(
      expect.objectContaining({
        event: 'attempt_suspended',
        fields: expect.objectContaining({ job_id: 'job-1', steps: ['nap'] }) as unknown,
      }),
    );
  });

  it('never settle again once they have suspended it', async () => {
    const order: string[] = [];
    const job = new StepJob(async ({ step }) => {
      try {
        await step.sleep('nap', '1h');
        order.push('awake');
      } finally {
        order.push('finally');
      }
    });
    await job.invoke();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(order).toEqual([]);
  });

  it('start nothing after the handler has returned', async () => {
    let step: JobContext['step'] | undefined;
    const job = new StepJob(async (context) => {
      step = context.step;
      await step.run('a', () => 1);
    });
    await job.invoke();
    void step?.run('late', () => {
      throw new Error('A step began after the end.');
    });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(job.calls).toEqual(['record a success']);
  });
});

describe('a hand-over', () => {
  it('happens before a step that may not end in time, and continues the attempt immediately', async () => {
    const ran: number[] = [];
    const job = new StepJob(async ({ step }) => {
      for (let index = 1; index <= 8; index += 1) {
        await step.run('second', () => {
          job.pass(1);
          ran.push(index);
        });
      }
      return 'done';
    });
    job.timeoutSeconds = 3;
    expect(await job.invoke()).toMatchObject({
      status: 'created',
      outcome: 'suspended',
      continuation: { steps: [] },
    });
    expect(ran).toEqual([1, 2, 3]);
    expect(await job.end()).toMatchObject({ status: 'success', attempt: 1, result: 'done' });
    expect(ran).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('reserves the timeout of the next step, but an invocation always executes one', async () => {
    const job = new StepJob(async ({ step }) => {
      await step.run('short', () => 1);
      await step.run('long', () => 2, { timeoutSeconds: 90 });
    });
    expect(await job.invoke()).toMatchObject({ continuation: { steps: [] } });
    expect(job.calls).toEqual(['record short success']);
    expect(await job.invoke()).toMatchObject({ status: 'success' });
  });

  it('waits for running steps', async () => {
    const { promise, resolve } = Promise.withResolvers<null>();
    const job = new StepJob(({ step }) =>
      Promise.all([
        step.run('slow', () => promise),
        step
          .run('quick', () => {
            job.pass(9);
          })
          .then(() => step.run('next', () => 3)),
      ]),
    );
    job.timeoutSeconds = 10;
    job.afterCall = (call) => {
      if (call === 'record quick success') setTimeout(resolve, 10, null);
    };
    expect(await job.invoke()).toMatchObject({ continuation: { steps: [] } });
    expect(job.calls).toEqual(['record quick success', 'record slow success']);
    expect(await job.invoke()).toMatchObject({ status: 'success', result: [null, 3] });
  });
});

describe('changed code', () => {
  const remedy =
    'The code has changed since: restore it, or give the new code a new job type, or cancel the job and submit it again.';

  /** Runs an attempt with the code before the change, and lets it crash. Then runs an attempt with the code after the change. */
  const changed = async (
    before: (context: JobContext) => Promise<unknown>,
    after: (context: JobContext) => Promise<unknown>,
  ) => {
    const job = new StepJob(async (context) => {
      if (context.attempt > 1) return after(context);
      await before(context);
      throw new Error('crashed');
    });
    await job.end();
    job.attempt = 2;
    return job.invoke({ maxAttempts: 9, attempt: 2 });
  };

  it('that begins a new step before it has called a recorded one fails the job', async () => {
    const ended = changed(
      ({ step }) => step.run('charge', () => 1),
      ({ step }) =>
        step.run('bill', () => {
          throw new Error('The function of a changed step was called.');
        }),
    );
    expect(await ended).toMatchObject({
      status: 'failed',
      message: `The recorded step "charge" was not called before the step "bill" began. ${remedy}`,
    });
  });

  it('cannot catch that error', async () => {
    const ended = changed(
      ({ step }) => step.run('charge', () => 1),
      async ({ step }) => {
        try {
          await step.sleep('new', '1h');
        } catch {
          return 'caught';
        }
        return 'slept';
      },
    );
    expect(await ended).toMatchObject({ status: 'failed' });
  });

  it('that returns without a recorded step fails the job', async () => {
    const ended = changed(
      ({ step }) => step.run('charge', () => 1),
      () => Promise.resolve('done'),
    );
    expect(await ended).toMatchObject({
      status: 'failed',
      message: `The recorded step "charge" was not called before the handler returned. ${remedy}`,
    });
  });

  it('that calls a recorded name with another kind of step fails the job', async () => {
    const ended = changed(
      ({ step }) => step.run('charge', () => 1),
      ({ step }) => step.sleep('charge', '1h'),
    );
    expect(await ended).toMatchObject({
      status: 'failed',
      message: `The step "charge" was recorded by step.run, and is now called with step.sleep. ${remedy}`,
    });
  });

  it('may add steps after the recorded ones, or parallel to them', async () => {
    const ended = changed(
      ({ step }) => step.run('charge', () => 1),
      ({ step }) => Promise.all([step.run('new', () => 2), step.run('charge', () => 3)]),
    );
    expect(await ended).toMatchObject({ status: 'success', result: [2, 1] });
  });
});

describe('a job without steps', () => {
  it('does not load the code of steps', async () => {
    const opened: string[] = [];
    const job = new StepJob(({ step }) => {
      opened.push(typeof step.run);
      return Promise.resolve('done');
    });
    job.open = () => Promise.reject(new Error('The code of steps was loaded.'));
    expect(await job.invoke()).toMatchObject({ status: 'success', result: 'done' });
    expect(opened).toEqual(['function']);
  });

  it('loads it once, with the first call', async () => {
    let opens = 0;
    const job = new StepJob(({ step }) => Promise.all([step.run('a', () => 1), step.run('b', () => 2)]));
    const { open } = job;
    job.open = async (...args) => {
      opens += 1;
      return open(...args);
    };
    expect(await job.invoke()).toMatchObject({ result: [1, 2] });
    expect(opens).toBe(1);
  });
});
