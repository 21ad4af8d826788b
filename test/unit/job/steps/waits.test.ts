import { describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import type { ApprovalOptions, Duration, WaitForSignalOptions } from '../../../../lambdas/job/steps/step.ts';
import { StepJob } from './step-runs.ts';

describe('step.sleep', () => {
  it('suspends the job, and continues without a store call at its time', async () => {
    const job = new StepJob(async ({ step }) => {
      await step.sleep('nap', '2h');
      return 'awake';
    });
    expect(await job.invoke()).toMatchObject({ outcome: 'suspended', continuation: { steps: ['nap'] } });
    expect(job.store.get('nap')).toMatchObject({ kind: 'sleep', dueInMs: 7_200_000 });
    job.pass(7_200);
    expect(await job.invoke()).toMatchObject({ status: 'success', result: 'awake' });
    expect(job.calls).toEqual(['wait nap']);
  });

  it('of a second passes within the invocation', async () => {
    const job = new StepJob(({ step }) => step.sleep('nap', 1));
    expect(await job.invoke()).toMatchObject({ status: 'success' });
    expect(job.calls).toEqual(['wait nap', 'pause 1000']);
  });

  it('keeps its end time, even if the job continues earlier', async () => {
    const job = new StepJob(({ step }) => step.sleep('nap', '1d'));
    await job.invoke();
    job.pass(3_600);
    expect(await job.invoke()).toMatchObject({ outcome: 'suspended', continuation: { steps: ['nap'] } });
    expect(job.store.get('nap')).toMatchObject({ dueInMs: 82_800_000 });
  });

  it('sleeps until a given time, and needs no store call for a time in the past', async () => {
    const job = new StepJob(async ({ step }) => {
      await step.sleepUntil('past', '2025-12-31T00:00:00Z');
      await step.sleepUntil('new-year', new Date('2026-01-02T00:00:00Z'));
    });
    expect(await job.invoke()).toMatchObject({ continuation: { steps: ['new-year'] } });
    expect(job.store.get('new-year')).toMatchObject({ dueInMs: 86_400_000 });
    job.pass(86_400);
    expect(await job.invoke()).toMatchObject({ status: 'success' });
    expect(job.calls).toEqual(['wait new-year']);
  });

  const expected =
    'Use seconds, or a number with a unit such as "30s", "15m", "2h", "3d" or "2w", of at most a year.';
  it.each([
    ['5 minutes', `"5 minutes". ${expected}`],
    ['-1s', `"-1s". ${expected}`],
    ['53w', `"53w". ${expected}`],
    [-1, `-1. ${expected}`],
    [Number.NaN, `NaN. ${expected}`],
    [undefined, `undefined. ${expected}`],
  ])('refuses the duration %p', async (duration, message) => {
    const job = new StepJob(({ step }) => step.sleep('nap', duration as Duration));
    expect(await job.invoke()).toMatchObject({ message: `step.sleep("nap"): the duration is ${message}` });
  });

  it.each([
    ['tomorrow', 'the moment is "tomorrow". Use a Date, or a string such as "2026-12-24T18:00:00Z".'],
    ['2027-01-02T00:00:00Z', '2027-01-02T00:00:00.000Z is more than a year from now.'],
  ])('refuses the time %p', async (moment, message) => {
    const job = new StepJob(({ step }) => step.sleepUntil('nap', moment));
    expect(await job.invoke()).toMatchObject({ message: `step.sleepUntil("nap"): ${message}` });
  });

  it.each([
    [0.5, 500],
    ['1.5m', 90_000],
    ['1w', 604_800_000],
  ] as const)('of %p takes %p ms', async (duration, ms) => {
    const job = new StepJob(({ step }) => step.sleep('nap', duration));
    job.afterCall = () => {
      expect(job.store.get('nap')).toMatchObject({ dueInMs: ms });
    };
    await job.invoke();
    expect(job.calls[0]).toBe('wait nap');
  });
});

describe('step.waitForSignal', () => {
  const waiting = (options?: WaitForSignalOptions<unknown>) =>
    new StepJob(({ step }) => step.waitForSignal('approve', options));

  it('takes an earlier signal immediately', async () => {
    const job = waiting();
    job.store.signals.push({ name: 'approve', payload: { by: 'Ada' } });
    expect(await job.invoke()).toMatchObject({ result: { timedOut: false, payload: { by: 'Ada' } } });
    expect(job.calls).toEqual(['wait approve']);
  });

  it('suspends the job until a signal comes', async () => {
    const job = waiting();
    expect(await job.invoke()).toMatchObject({ outcome: 'suspended', continuation: { steps: ['approve'] } });
    job.store.signals.push({ name: 'approve', payload: 'yes' });
    expect(await job.invoke()).toMatchObject({ result: { timedOut: false, payload: 'yes' } });
    expect(job.calls).toEqual(['wait approve', 'wait approve']);
  });

  it('ends with its timeout, in later invocations too', async () => {
    const results: unknown[] = [];
    const job = new StepJob(async ({ step }) => {
      results.push(await step.waitForSignal('approve', { timeout: '1h' }));
      await step.sleep('nap', '1d');
    });
    expect(await job.end()).toMatchObject({ status: 'success' });
    expect(results).toEqual([{ timedOut: true }, { timedOut: true }]);
  });

  it('takes each signal once, in order', async () => {
    const job = new StepJob(async ({ step }) => [
      await step.waitForSignal('item'),
      await step.waitForSignal('item'),
    ]);
    job.store.signals.push({ name: 'item', payload: 1 }, { name: 'item', payload: 2 });
    expect(await job.invoke()).toMatchObject({ result: [{ payload: 1 }, { payload: 2 }] });
    expect(job.calls).toEqual(['wait item', 'wait item#2']);
  });

  it('returns the payload parsed by the schema', async () => {
    const job = waiting({ schema: z.object({ at: z.string().transform((text) => text.length) }) });
    job.store.signals.push({ name: 'approve', payload: { at: 'noon' } });
    expect(await job.invoke()).toMatchObject({ result: { payload: { at: 4 } } });
  });

  it('fails the job if the payload does not match the schema', async () => {
    const job = waiting({ schema: z.object({ by: z.string() }) });
    job.store.signals.push({ name: 'approve', payload: { by: 7 } });
    expect(await job.invoke()).toMatchObject({
      status: 'failed',
      message: `The signal "approve" does not match step.waitForSignal's schema: payload.by Invalid input: expected string, received number`,
    });
  });

  it('refuses an invalid timeout', async () => {
    const job = waiting({ timeout: '3 days' as Duration });
    expect(await job.invoke()).toMatchObject({
      message: expect.stringMatching(
        /^step\.waitForSignal\("approve"\): timeout is "3 days"\. Use /,
      ) as unknown,
    });
  });
});

describe('step.approvalLink', () => {
  it('is the same in each invocation, and records only its end', async () => {
    const links: string[] = [];
    const job = new StepJob(async ({ step }) => {
      links.push(await step.approvalLink('approve', { question: 'Ship it?', timeout: '1d' }));
      return step.waitForSignal('approve');
    });
    expect(await job.invoke()).toMatchObject({ continuation: { steps: ['approve#2'] } });
    job.pass(60);
    job.store.signals.push({ name: 'approve', payload: { approved: true } });
    expect(await job.invoke()).toMatchObject({ result: { payload: { approved: true } } });
    const link = 'link:job-1:approve:approve:Ship it?:2026-01-02T00:00:00.000Z';
    expect(links).toEqual([link, link]);
    expect(job.store.get('approve')).toMatchObject({
      kind: 'approval',
      status: 'success',
      detail: { signal: 'approve', question: 'Ship it?' },
      result: { expires_at: '2026-01-02T00:00:00.000Z' },
    });
  });

  it.each([[undefined], [''], ['x'.repeat(1_001)]])('refuses the question %p', async (question) => {
    const job = new StepJob(({ step }) => step.approvalLink('approve', { question } as ApprovalOptions));
    expect(await job.invoke()).toMatchObject({
      message: 'step.approvalLink("approve"): question must be a string of 1 to 1000 characters.',
    });
  });
});
