import { describe, expect, it, jest } from '@jest/globals';
import { FinalError, ThrottledError } from '../../../lambdas/job/errors.ts';
import type { AttemptResult, Claim, ClaimedJob } from '../../../lambdas/job/attempt-store.ts';
import { deliveriesOf, toPinnedSettlements } from '../../../lambdas/job/pinned-jobs.ts';
import type { RecordedStep } from '../../../lambdas/job/steps/step-store.ts';
import type { PinnedBatch, PinnedSettlements, RunOnVersion } from '../../../lambdas/job/versions.ts';
import { claimedJob } from './attempts.ts';
import { claimed, deliverIn, executeIn, REMAINING_MS, type World } from './executions.ts';

const STEP: RecordedStep = {
  ...{ step: 'charge', kind: 'run', status: 'success', failures: 0, dueInMs: null, timedOut: false },
  ...{ detail: {}, result: null, isResultLeftOut: false, message: null },
};

/** Returns a claimed job. Its first step has no version, and its second step has the given version. */
function pinned(jobId: string, version: string, more: Partial<ClaimedJob> = {}): Claim {
  const steps = [STEP, { ...STEP, step: 'wait', detail: { signal: 'approve', version } }];
  return { jobId, verdict: 'claimed', job: claimedJob({ jobId, steps, ...more }) };
}

/** Creates the ports of worker version 5, and records the batches that it hands over. */
function versions(answer: (version: string) => Promise<PinnedSettlements | undefined>) {
  const handedOver: [string, PinnedBatch][] = [];
  const run: RunOnVersion = (version, batch) => {
    handedOver.push([version, batch]);
    return answer(version);
  };
  return { handedOver, versions: { own: '5', run } };
}

const results = (calls: readonly [string, ...unknown[]][]): AttemptResult[] =>
  calls.flatMap(([call, args]) => (call === 'record' ? (args as AttemptResult[]) : []));

describe('a pinned job', () => {
  it('runs in the version in its first record, which also records it', async () => {
    const { handedOver, versions: own } = versions(() => Promise.resolve({ a: { action: 'ack' } }));
    const world = { claims: [pinned('a', '3')], versions: own };
    const { settlements, calls, log } = await executeIn(world, ['a']);
    expect(log).toContainEqual(
      expect.objectContaining({
        event: 'jobs_handed_over',
        fields: expect.objectContaining({ version: '3', job_ids: ['a'] }) as unknown,
      }),
    );
    expect(settlements).toEqual([{ delivery: { id: 'message-0', jobId: 'a' }, action: 'ack' }]);
    expect(calls.map(([call]) => call)).toEqual(['claim']);
    const [version, { worker, remainingMs, jobs }] = handedOver[0] ?? ['', {} as PinnedBatch];
    expect([version, worker, jobs]).toEqual(['3', 'request-1', [{ jobId: 'a', hasMessage: true }]]);
    // The other version must record the results before this version's invocation times out.
    expect(remainingMs).toBeGreaterThan(0);
    expect(remainingMs).toBeLessThan(REMAINING_MS);
  });

  it('is waited for until after its version’s deadline, but not until this invocation times out', async () => {
    const limits: number[] = [];
    const timeout = jest.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
      limits.push(ms);
      return new AbortController().signal;
    });
    try {
      const { handedOver, versions: own } = versions(() => Promise.resolve({ a: { action: 'ack' } }));
      await executeIn({ claims: [pinned('a', '3')], versions: own }, ['a']);
      const [limitMs = 0] = limits;
      expect(limitMs).toBeGreaterThan(handedOver[0]?.[1].remainingMs ?? Infinity);
      expect(limitMs).toBeLessThan(REMAINING_MS);
    } finally {
      timeout.mockRestore();
    }
  });

  it('runs in the current version if that is its version, or if no record names a version', async () => {
    const { handedOver, versions: own } = versions(() => Promise.reject(new Error('not called')));
    const free: Claim = { jobId: 'b', verdict: 'claimed', job: claimedJob({ jobId: 'b', steps: [STEP] }) };
    const { calls } = await executeIn({ claims: [pinned('a', '5'), free], versions: own }, ['a', 'b']);
    expect(handedOver).toEqual([]);
    expect(results(calls)).toMatchObject([{ jobId: 'a' }, { jobId: 'b' }]);
  });

  it('shares an invocation with other jobs of its version, and runs in parallel with jobs of this version', async () => {
    const { handedOver, versions: own } = versions((version) =>
      Promise.resolve(
        version === '3'
          ? { a: { action: 'ack' }, b: { action: 'return', afterSeconds: 7 } }
          : { c: { action: 'leave' } },
      ),
    );
    const claims = [pinned('a', '3'), pinned('b', '3'), pinned('c', '4'), pinned('d', '5')];
    const { settlements, calls } = await executeIn({ claims, versions: own }, ['a', 'b', 'c', 'd']);
    expect(handedOver.map(([version, { jobs }]) => [version, jobs.map(({ jobId }) => jobId)])).toEqual([
      ['3', ['a', 'b']],
      ['4', ['c']],
    ]);
    expect(settlements).toMatchObject([
      { action: 'ack' },
      { action: 'return', afterSeconds: 7 },
      { action: 'leave' },
      { action: 'ack' },
    ]);
    expect(results(calls)).toMatchObject([{ jobId: 'd' }]);
  });

  it('is marked as without a message if it was claimed instead of another job, or shares a message', async () => {
    const { handedOver, versions: own } = versions(() => Promise.resolve({}));
    const claims: Claim[] = [{ jobId: 'b', verdict: 'yielded' }, pinned('a', '3'), pinned('c', '3')];
    await deliverIn({ claims, versions: own }, [
      { id: '0', jobId: 'b' },
      { id: '1', jobId: 'c', also: ['d'] },
    ]);
    expect(handedOver[0]?.[1].jobs).toEqual([
      { jobId: 'a', hasMessage: false },
      { jobId: 'c', hasMessage: false },
    ]);
  });

  it('keeps its lease and its message if the version returns nothing', async () => {
    const { versions: own } = versions(() => Promise.resolve(undefined));
    const { settlements, calls } = await executeIn({ claims: [pinned('a', '3')], versions: own }, ['a']);
    expect(settlements).toMatchObject([{ action: 'leave' }]);
    expect(results(calls)).toEqual([]);
  });

  it.each([
    ['is put off without the loss of an attempt', new ThrottledError('busy'), 'created', 'throttled', 1],
    ['is tried again', new Error('AccessDenied'), 'created', 'failed', 1],
    ['fails with its last attempt', new Error('AccessDenied'), 'failed', 'failed', 2],
    ['fails at once', new FinalError('gone'), 'failed', 'failed', 1],
  ])('%s if the version did not run it: %s', async (_what, error, status, outcome, attempt) => {
    const world: World = {
      claims: [pinned('a', '3', { attempt, maxAttempts: 2 })],
      versions: versions(() => Promise.reject(error)).versions,
    };
    const { settlements, calls, log } = await executeIn(world, ['a']);
    expect(results(calls)).toMatchObject([{ jobId: 'a', status, outcome, message: error.message }]);
    expect(settlements).toMatchObject([{ action: status === 'created' ? 'return' : 'ack' }]);
    expect(log).toContainEqual(expect.objectContaining({ level: 'error' }));
  });

  it('fails without a stack and without log lines if the version did not run it', async () => {
    const world: World = {
      claims: [pinned('a', '3')],
      versions: versions(() => Promise.reject(new Error('AccessDenied'))).versions,
    };
    const { calls } = await executeIn(world, ['a']);
    expect(results(calls)).toMatchObject([{ failure: { stack: null, log: [] } }]);
  });
});

describe('the batch of an earlier version', () => {
  const batch: PinnedBatch = {
    worker: 'request-1',
    remainingMs: 1_000,
    jobs: [
      { jobId: 'a', hasMessage: true },
      { jobId: 'b', hasMessage: false },
    ],
  };

  it('becomes one delivery for each job with a message', () => {
    expect(deliveriesOf(batch)).toEqual([{ id: 'a', jobId: 'a' }]);
  });

  it('returns what to do with each message', () => {
    const [delivery = { id: '', jobId: '' }] = deliveriesOf(batch);
    expect(toPinnedSettlements([{ delivery, action: 'return', afterSeconds: 3 }])).toEqual({
      a: { action: 'return', afterSeconds: 3 },
    });
  });

  it('runs all its jobs, and sends a message for a retried one without a message', async () => {
    const run = (): Promise<never> => Promise.reject(new Error('broken'));
    const world = { claims: [claimed('a'), claimed('b')], run };
    const { settlements, calls, sent } = await deliverIn(world, deliveriesOf(batch), ['a', 'b']);
    expect(calls[0]).toEqual(['claim', ['a', 'b'], 'request-1', REMAINING_MS]);
    expect(settlements).toMatchObject([{ delivery: { jobId: 'a' }, action: 'return' }]);
    expect(sent).toMatchObject([{ jobId: 'b' }]);
  });
});
