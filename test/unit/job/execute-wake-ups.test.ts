import { describe, expect, it } from '@jest/globals';
import type { Delivery, Settlement } from '../../../lambdas/job/settle.ts';
import type { AttemptResult, Claim, Recorded } from '../../../lambdas/job/attempt-store.ts';
import { claimedJob } from './attempts.ts';
import {
  claimed,
  deliverIn,
  executeIn,
  record,
  REMAINING_MS,
  settlementOf,
  type World,
} from './executions.ts';

describe('a delivery that names several jobs', () => {
  const several: Delivery = { id: 'message', jobId: 'a', also: ['b', 'c'] };
  const throwing = (payload: unknown): Promise<unknown> =>
    payload === 'bad' ? Promise.reject(new Error('broken')) : Promise.resolve(payload);
  const settlementsOf = async (claims: Claim[], world: World = {}): Promise<Settlement[]> =>
    (await deliverIn({ claims, ...world }, [several])).settlements;

  it('claims all of them with one call, and is acknowledged when each has ended or is parked', async () => {
    const claims: Claim[] = [claimed('a'), { jobId: 'b', verdict: 'parked' }, claimed('c')];
    const { settlements, calls } = await deliverIn({ claims }, [several]);
    expect(calls).toMatchObject([
      ['claim', ['a', 'b', 'c'], 'request-1', REMAINING_MS],
      ['record', [{ jobId: 'a' }, { jobId: 'c' }]],
    ]);
    expect(settlements).toEqual([{ delivery: several, action: 'ack' }]);
  });

  it('is acknowledged when a job that is retried later has its own message', async () => {
    const claims = [claimed('a', 'bad'), claimed('b', 'bad'), claimed('c')];
    const { settlements, sent } = await deliverIn({ claims, run: throwing }, [several]);
    expect(sent).toMatchObject([
      { jobId: 'a', delaySeconds: 5 },
      { jobId: 'b', delaySeconds: 5 },
    ]);
    expect(settlements).toMatchObject([{ action: 'ack' }]);
  });

  it('returns for a job that is retried later if the job’s own message could not be sent', async () => {
    const claims = [claimed('a', 'bad'), claimed('b', 'bad'), claimed('c')];
    expect(await settlementsOf(claims, { run: throwing, unsent: ['b'] })).toMatchObject([
      { delivery: several, action: 'return', afterSeconds: 5 },
    ]);
  });

  it('leaves a retried job to another delivery that names only that job', async () => {
    const claims = [claimed('a', 'bad'), claimed('b'), claimed('c')];
    const { settlements, sent } = await deliverIn({ claims, run: throwing }, [
      several,
      { id: 'own', jobId: 'a' },
    ]);
    expect(sent).toEqual([]);
    expect(settlements).toMatchObject([{ action: 'ack' }, { action: 'return', afterSeconds: 5 }]);
  });

  it('returns as soon as one of its jobs needs it', async () => {
    const claims: Claim[] = [
      { jobId: 'a', verdict: 'leased', leaseEndsInMs: 30_000 },
      { jobId: 'b', verdict: 'waiting', dueInMs: 10_000 },
      { jobId: 'c', verdict: 'finished' },
    ];
    expect(await settlementsOf(claims)).toEqual([{ delivery: several, action: 'return', afterSeconds: 10 }]);
    expect(
      await settlementsOf([claimed('a'), { jobId: 'b', verdict: 'yielded' }, claimed('c')]),
    ).toMatchObject([{ action: 'return', afterSeconds: 0 }]);
  });

  it.each([
    [5_000, 10_000],
    [10_000, 5_000],
  ])('returns for the first job that is due if they are due in %d ms and %d ms', async (a, b) => {
    const claims: Claim[] = [
      { jobId: 'a', verdict: 'waiting', dueInMs: a },
      { jobId: 'b', verdict: 'waiting', dueInMs: b },
      { jobId: 'c', verdict: 'finished' },
    ];
    expect(await settlementsOf(claims)).toMatchObject([{ action: 'return', afterSeconds: 5 }]);
  });

  it('is left alone while another receiver may have it', async () => {
    const recorded = (result: AttemptResult): Recorded =>
      result.jobId === 'b' ? { ...record(result), recorded: false, status: 'running' } : record(result);
    expect(await settlementsOf([claimed('a'), claimed('b'), claimed('c')], { recorded })).toMatchObject([
      { action: 'leave' },
    ]);
    const returning = (jobId: string): Claim => ({ jobId, verdict: 'waiting', dueInMs: 1_000 });
    for (const claims of [
      [returning('a'), claimed('b'), claimed('c')],
      [claimed('a'), claimed('b'), returning('c')],
    ]) {
      expect(await settlementsOf(claims, { recorded })).toMatchObject([{ action: 'leave' }]);
    }
  });
});

describe('a parked job that gets a slot', () => {
  const woken = [{ jobId: 'woken', tenant: 'acme', queue: 'images' }];

  it('gets its message before the jobs of the same claim run', async () => {
    const order: string[] = [];
    const world: World = {
      claims: [{ jobId: 'a', verdict: 'parked', woken }, claimed('b')],
      onSend: () => order.push('send'),
      run() {
        order.push('run');
        return Promise.resolve('done');
      },
    };
    const { sent } = await executeIn(world, ['a', 'b']);
    expect(sent).toMatchObject([{ jobId: 'woken' }]);
    expect(order).toEqual(['send', 'run']);
  });

  it('gets its message when the job that had the slot is recorded', async () => {
    const recorded = (result: AttemptResult): Recorded => ({ ...record(result), woken });
    const { sent } = await executeIn({ claims: [claimed('a')], recorded }, ['a']);
    expect(sent).toEqual([{ ...woken[0], delaySeconds: 0 }]);
  });
});

describe('a job whose last attempt was lost', () => {
  const job = claimedJob({ jobId: 'a', payload: null });
  const alone: Claim = { jobId: 'a', verdict: 'claimed', job, runsAlone: true };
  const putOff = (jobId: string): Claim => ({
    jobId,
    verdict: 'putOff',
    job: { jobId, tenant: 'acme', queue: 'images' },
  });
  const claims = [alone, putOff('b'), putOff('c')];

  it('runs after new messages for the postponed jobs were sent and messages that have not begun were given back', async () => {
    const order: string[] = [];
    const world: World = {
      claims,
      onSend: () => order.push('send'),
      giveBackWaiting: () => Promise.resolve().then(() => void order.push('give back')),
      run() {
        order.push('run');
        return Promise.resolve('done');
      },
    };
    const { sent } = await executeIn(world, ['a', 'b', 'c']);
    expect(order).toEqual(['send', 'give back', 'run']);
    expect(sent).toEqual(
      ['b', 'c'].map((jobId) => ({ jobId, tenant: 'acme', queue: 'images', delaySeconds: 0 })),
    );
  });

  it('leaves another job’s message on the queue only if no new message could be sent for the job', async () => {
    const { settlements } = await executeIn({ claims, unsent: ['c'] }, ['a', 'b', 'c']);
    expect(settlements).toMatchObject([
      { action: 'ack' },
      { action: 'ack' },
      { action: 'return', afterSeconds: 0 },
    ]);
    const several: Delivery = { id: 'message', jobId: 'a', also: ['b', 'c'] };
    expect((await deliverIn({ claims }, [several])).settlements).toEqual([
      { delivery: several, action: 'ack' },
    ]);
    expect((await deliverIn({ claims, unsent: ['c'] }, [several])).settlements).toEqual([
      { delivery: several, action: 'return', afterSeconds: 0 },
    ]);
  });

  it('is the only reason to give back messages that have not begun', async () => {
    const givenBack: string[] = [];
    const giveBackWaiting = (): Promise<void> => Promise.resolve(void givenBack.push('all'));
    await executeIn({ claims: [claimed('a'), claimed('b')], giveBackWaiting }, ['a', 'b']);
    expect(givenBack).toEqual([]);
  });
});

describe('a superseded attempt', () => {
  it('returns its message, and sends no new one, if a later attempt will be retried', async () => {
    const recorded = (result: AttemptResult): Recorded => ({
      ...record(result),
      ...{ recorded: false, status: 'created', dueInMs: 7_000 },
    });
    const several: Delivery = { id: 'message', jobId: 'a', also: ['b'] };
    const { settlements, sent } = await deliverIn({ claims: [claimed('a'), claimed('b')], recorded }, [
      several,
    ]);
    expect(sent).toEqual([]);
    expect(settlements).toEqual([{ delivery: several, action: 'return', afterSeconds: 7 }]);
  });

  it('acknowledges its message if a later claim parked the job', async () => {
    const recorded = (result: AttemptResult): Recorded => ({
      ...record(result),
      ...{ recorded: false, status: 'created', isParked: true, dueInMs: 1e12 },
    });
    expect(await settlementOf(claimed('a'), { recorded })).toMatchObject({ action: 'ack' });
  });
});

describe('a suspended job', () => {
  const suspended =
    (dueInMs: number, isParked?: true) =>
    (result: AttemptResult): Recorded => ({
      ...record(result),
      ...{ status: 'created', dueInMs, ...(isParked && { isParked }) },
    });

  it('that continues soon keeps its message until then', async () => {
    expect(await settlementOf(claimed('a'), { recorded: suspended(4_200) })).toMatchObject({
      action: 'return',
      afterSeconds: 5,
    });
  });

  it('that waits for longer needs no message', async () => {
    const several: Delivery = { id: 'message', jobId: 'a', also: ['b'] };
    const world = { claims: [claimed('a'), claimed('b')], recorded: suspended(1e9, true) };
    expect(await settlementOf(claimed('a'), { recorded: world.recorded })).toMatchObject({ action: 'ack' });
    const { settlements, sent } = await deliverIn(world, [several]);
    expect(settlements).toMatchObject([{ action: 'ack' }]);
    expect(sent).toEqual([]);
  });
});
