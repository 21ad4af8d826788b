import { describe, expect, it } from '@jest/globals';
import type { Recorded } from '../../../lambdas/job/attempt-store.ts';
import { claimedJob } from './attempts.ts';
import { claimed, executeIn, record, type World } from './executions.ts';

const ACME = { tenant: 'acme', batchId: 'batch' };

/** Executes one job, and returns the arguments of the store calls for families and batches. */
async function askedAfter(world: World) {
  const asked: Record<string, unknown[]> = { batches: [], parents: [], canceled: [] };
  const followers: World['followers'] = {
    onCompleteJobs(batches) {
      asked.batches?.push(...batches);
      return Promise.resolve([]);
    },
    wakeParents(parents) {
      asked.parents?.push(...parents);
      return Promise.resolve([]);
    },
    cancelChildren(canceled) {
      asked.canceled?.push(...canceled);
      return Promise.resolve({ callbacks: [], hasMore: false });
    },
  };
  await executeIn({ ...world, followers }, ['a']);
  return asked;
}

const finished = (more: object): World => ({ claims: [{ jobId: 'a', verdict: 'finished', ...more }] });

const recorded = (more: Partial<Recorded>): World => ({
  claims: [claimed('a')],
  recorded: (result) => ({ ...record(result), ...more }),
});

describe('after the end of a job', () => {
  it.each<[string, World]>([
    ['recorded', recorded({ parentJobId: 'parent' })],
    ['found by the claim', finished({ parentJobId: 'parent' })],
  ])('that was %s, its parent is woken', async (_how, world) => {
    expect(await askedAfter(world)).toEqual({ batches: [], parents: ['parent'], canceled: [] });
  });

  it.each<[string, World]>([
    ['recorded', recorded({ hasChildrenToCancel: true })],
    ['found by the claim', finished({ hasChildrenToCancel: true })],
  ])('whose cancellation was %s, its children are canceled', async (_how, world) => {
    expect(await askedAfter(world)).toEqual({ batches: [], parents: [], canceled: ['a'] });
  });

  it('that was found by the claim, Errand checks whether its batch is complete', async () => {
    expect(await askedAfter(finished({ endedIn: ACME }))).toMatchObject({ batches: [ACME] });
  });

  it('that was recorded, Errand checks whether its own tenant’s batch is complete', async () => {
    const { tenant } = claimedJob({ jobId: 'a' });
    expect(await askedAfter(recorded({ batchId: 'batch' }))).toMatchObject({
      batches: [{ tenant, batchId: 'batch' }],
    });
  });

  it('without a parent, children or a batch, Errand makes no further calls', async () => {
    expect(await askedAfter(recorded({}))).toEqual({ batches: [], parents: [], canceled: [] });
  });
});
