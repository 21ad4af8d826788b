import { DATA_API_MS } from '../../../lambdas/job/aurora-times.ts';
import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { StoreUnavailableError } from '../../../lambdas/job/errors.ts';
import { reserveMs } from '../../../lambdas/job/execute.ts';
import type { AttemptResult, Claim, LostAttempt, Recorded } from '../../../lambdas/job/attempt-store.ts';
import { claimedJob } from './attempts.ts';
import { claimed, executeIn, record, REMAINING_MS, settlementOf } from './executions.ts';

describe('a delivery', () => {
  it('of a job that may run runs it, records the outcome, and is acknowledged', async () => {
    const { settlements, calls } = await executeIn({ claims: [claimed('a')] }, ['a']);
    expect(settlements).toEqual([{ delivery: { id: 'message-0', jobId: 'a' }, action: 'ack' }]);
    expect(calls).toMatchObject([
      ['claim', ['a'], 'request-1', REMAINING_MS],
      ['record', [{ jobId: 'a', attempt: 1, status: 'success', result: 'done' }]],
    ]);
  });

  it('of a job that failed for good is acknowledged', async () => {
    const run = (): Promise<never> => Promise.reject(new Error('broken'));
    const claim: Claim = { jobId: 'a', verdict: 'claimed', job: claimedJob({ jobId: 'a', attempt: 2 }) };
    expect(await settlementOf(claim, { run })).toMatchObject({ action: 'ack' });
  });

  it('of a job with a retry returns after its back-off', async () => {
    const run = (): Promise<never> => Promise.reject(new Error('broken'));
    expect(await settlementOf(claimed('a'), { run })).toMatchObject({ action: 'return', afterSeconds: 5 });
  });

  it('of a waiting job returns when the job is due, rounded up to a whole second', async () => {
    for (const [dueInMs, afterSeconds] of [
      [1, 1],
      [1_000, 1],
      [1_001, 2],
      [0, 1],
      [-5, 1],
    ] as const) {
      expect(await settlementOf({ jobId: 'a', verdict: 'waiting', dueInMs })).toMatchObject({
        action: 'return',
        afterSeconds,
      });
    }
  });

  it('of a job with another running attempt returns when the lease ends', async () => {
    expect(await settlementOf({ jobId: 'a', verdict: 'leased', leaseEndsInMs: 30_001 })).toMatchObject({
      action: 'return',
      afterSeconds: 31,
    });
  });

  it('of an ended job is acknowledged without running or recording anything', async () => {
    const run = (): Promise<never> => Promise.reject(new Error('It must not run.'));
    const { settlements, calls } = await executeIn({ claims: [{ jobId: 'a', verdict: 'finished' }], run }, [
      'a',
    ]);
    expect(settlements).toMatchObject([{ action: 'ack' }]);
    expect(calls.map(([call]) => call)).toEqual(['claim']);
  });

  it('of a missing job is dropped, and logged as an error', async () => {
    const { settlements, log } = await executeIn({ claims: [{ jobId: 'a', verdict: 'unknown' }] }, ['a']);
    expect(settlements).toMatchObject([{ action: 'ack' }]);
    expect(log).toMatchObject([{ level: 'error', fields: { job_id: 'a' } }]);
  });

  it('of a superseded attempt is left alone, because the other attempt’s delivery guards the job', async () => {
    const recorded = (result: AttemptResult): Recorded => ({
      ...record(result),
      recorded: false,
      status: 'running',
    });
    expect(await settlementOf(claimed('a'), { recorded })).toMatchObject({ action: 'leave' });
  });

  it('of a job that ended meanwhile is acknowledged', async () => {
    const recorded = (result: AttemptResult): Recorded => ({
      ...record(result),
      recorded: false,
      status: 'failed',
    });
    expect(await settlementOf(claimed('a'), { recorded })).toMatchObject({ action: 'ack' });
  });

  it('is left alone if the store returned nothing for its job', async () => {
    const { settlements, log } = await executeIn({ claims: [] }, ['a']);
    expect(settlements).toMatchObject([{ action: 'leave' }]);
    expect(log).toMatchObject([{ level: 'error' }]);
  });
});

describe('a batch of deliveries', () => {
  it('needs one call for all claims and one for all outcomes, and runs its jobs in parallel', async () => {
    let running = 0;
    let most = 0;
    const run = async (): Promise<void> => {
      running += 1;
      most = Math.max(most, running);
      await Promise.resolve();
      running -= 1;
    };
    const { calls } = await executeIn({ claims: [claimed('a'), claimed('b'), claimed('c')], run }, [
      'a',
      'b',
      'c',
    ]);
    expect(calls.map(([call]) => call)).toEqual(['claim', 'record']);
    expect(most).toBe(3);
  });

  it('claims and runs a job with two messages once, and acknowledges both', async () => {
    const { settlements, calls } = await executeIn({ claims: [claimed('a')] }, ['a', 'a']);
    expect(calls[0]?.[1]).toEqual(['a']);
    expect(settlements).toMatchObject([
      { delivery: { id: 'message-0' }, action: 'ack' },
      { delivery: { id: 'message-1' }, action: 'ack' },
    ]);
  });

  it('records every job, even if some handlers throw', async () => {
    const run = (payload: unknown): Promise<unknown> =>
      payload === 'bad' ? Promise.reject(new Error('broken')) : Promise.resolve(payload);
    const { calls } = await executeIn({ claims: [claimed('a', 'bad'), claimed('b', 'good')], run }, [
      'a',
      'b',
    ]);
    expect(calls[1]).toMatchObject([
      'record',
      [
        { jobId: 'a', status: 'created' },
        { jobId: 'b', status: 'success' },
      ],
    ]);
  });

  it.each(['claim', 'record'] as const)('fails as a whole if the %s fails', async (fails) => {
    await expect(executeIn({ claims: [claimed('a')], fails }, ['a', 'b'])).rejects.toBeInstanceOf(
      StoreUnavailableError,
    );
  });

  it('settles each delivery once and in order, whatever the claim returns', async () => {
    const anyClaim = (jobId: string): fc.Arbitrary<Claim> =>
      fc.constantFrom<Claim>(
        claimed(jobId),
        { jobId, verdict: 'waiting', dueInMs: 10 },
        { jobId, verdict: 'leased', leaseEndsInMs: 10 },
        { jobId, verdict: 'finished' },
        { jobId, verdict: 'unknown' },
      );
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(anyClaim('a'), anyClaim('b'), anyClaim('c')),
        fc.array(fc.constantFrom<string>('a', 'b', 'c'), { maxLength: 10 }),
        async (claims, jobIds) => {
          const { settlements } = await executeIn(
            { claims: claims.filter(({ jobId }) => jobIds.includes(jobId)) },
            jobIds,
          );
          expect(settlements.map(({ delivery }) => delivery.jobId)).toEqual(jobIds);
          expect(new Set(settlements.map(({ delivery }) => delivery.id)).size).toBe(jobIds.length);
        },
      ),
    );
  });
});

describe('the callback job', () => {
  it('is woken as soon as the outcome is recorded', async () => {
    const recorded = (result: AttemptResult): Recorded => ({ ...record(result), callbackJobId: 'callback' });
    const job = { ...claimedJob({ jobId: 'a' }), tenant: 'acme' };
    const claims: Claim[] = [{ jobId: 'a', verdict: 'claimed', job }];
    const { sent } = await executeIn({ claims, recorded }, ['a']);
    expect(sent).toEqual([{ jobId: 'callback', tenant: 'acme', queue: 'default', delaySeconds: 0 }]);
  });

  it('is woken by the claim that finds its job without attempts left', async () => {
    const callback = { jobId: 'callback', tenant: 'acme', queue: 'default' };
    const { sent } = await executeIn({ claims: [{ jobId: 'a', verdict: 'finished', callback }] }, ['a']);
    expect(sent).toEqual([{ ...callback, delaySeconds: 0 }]);
  });

  it('does not exist without a callback', async () => {
    expect((await executeIn({ claims: [claimed('a')] }, ['a'])).sent).toEqual([]);
  });
});

describe('the log of an execution', () => {
  it('names the job, its outcome and its duration if the outcome was recorded', async () => {
    const run = (payload: unknown): Promise<unknown> =>
      payload === 'bad' ? Promise.reject(new Error('broken')) : Promise.resolve(payload);
    const recorded = (result: AttemptResult): Recorded => ({
      ...record(result),
      ...(result.status === 'success' && { lifetimeMs: 1_234 }),
    });
    const claims: Claim[] = [
      { jobId: 'a', verdict: 'claimed', job: claimedJob({ jobId: 'a', payload: 'bad' }) },
      { jobId: 'b', verdict: 'claimed', job: claimedJob({ jobId: 'b', tenant: 'acme', attempt: 2 }) },
    ];
    const { log } = await executeIn({ claims, run, recorded }, ['a', 'b']);
    const outcomes = log.filter(({ event }) => event === 'outcome_recorded');
    expect(outcomes.map(({ fields }) => fields)).toEqual([
      {
        ...{ job_id: 'a', tenant: 'default', type: 'test', attempt: 1 },
        ...{ outcome: 'failed', status: 'created', due_in_ms: 5_000 },
      },
      {
        ...{ job_id: 'b', tenant: 'acme', type: 'test', attempt: 2 },
        ...{ outcome: 'success', status: 'success', due_in_ms: 0, lifetime_ms: 1_234 },
      },
    ]);
  });

  it('reports a superseded attempt as a warning, not as an outcome', async () => {
    const recorded = (result: AttemptResult): Recorded => ({
      ...record(result),
      ...(result.jobId === 'a' && { recorded: false, status: 'running' }),
    });
    const { log } = await executeIn({ claims: [claimed('a'), claimed('b')], recorded }, ['a', 'b']);
    const reported = log.filter(({ event }) => ['outcome_recorded', 'attempt_superseded'].includes(event));
    expect(reported).toMatchObject([
      { event: 'outcome_recorded', level: 'debug', fields: { job_id: 'b' } },
      { event: 'attempt_superseded', level: 'warn', fields: { job_id: 'a' } },
    ]);
  });

  it('reports each lost attempt that the claim found, also of jobs that do not run', async () => {
    const lost: LostAttempt = { attempt: 1, tenant: 'acme', type: 'test', status: 'failed' };
    const claims: Claim[] = [
      { jobId: 'a', verdict: 'finished', lost },
      {
        jobId: 'b',
        verdict: 'claimed',
        job: claimedJob({ jobId: 'b' }),
        lost: { ...lost, status: 'running' },
      },
      claimed('c'),
    ];
    const { log } = await executeIn({ claims }, ['a', 'b', 'c']);
    const attempts = log.filter(({ event }) => event === 'attempt_lost');
    expect(attempts).toMatchObject([
      { level: 'warn', fields: { job_id: 'a', ...lost } },
      { level: 'warn', fields: { job_id: 'b', ...lost, status: 'running' } },
    ]);
  });
});

describe('the time reserved for recording the outcome', () => {
  it('is subtracted from a job’s time', async () => {
    jest.useFakeTimers();
    const claims: Claim[] = [
      { jobId: 'a', verdict: 'claimed', job: claimedJob({ jobId: 'a', timeoutSeconds: 900 }) },
    ];
    const executing = executeIn({ claims, run: () => new Promise(() => undefined) }, ['a']);
    await jest.advanceTimersByTimeAsync(REMAINING_MS - 2_000 - 1);
    expect(jest.getTimerCount()).toBeGreaterThan(0);
    await jest.advanceTimersByTimeAsync(1);
    expect(jest.getTimerCount()).toBe(0);
    expect((await executing).calls[1]).toMatchObject(['record', [{ outcome: 'timeout' }]]);
    jest.useRealTimers();
  });

  it('is a tenth of the function’s time, between 600 ms and 2 s, and at most half', () => {
    expect([0, 1_000, 3_000, 5_000, 20_000, 46_000, 900_000].map(reserveMs)).toEqual([
      0, 500, 600, 600, 2_000, 2_000, 2_000,
    ]);
  });

  it('is enough for a slow Data API call if the timeout is two seconds or more', () => {
    for (const seconds of [2, 3, 10, 46, 900]) {
      expect(reserveMs(seconds * 1000)).toBeGreaterThan(DATA_API_MS.slow);
    }
  });
});
