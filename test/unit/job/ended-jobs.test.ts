import { describe, expect, it } from '@jest/globals';
import {
  familiesOf,
  followEndedJobs,
  type CanceledChildren,
  type EndedJobs,
} from '../../../lambdas/job/ended-jobs.ts';
import { createRecordingLog } from '../../helpers/recording-log.ts';

interface World {
  /** The results of successive statements that cancel children. Later results are empty. */
  canceled?: readonly Partial<CanceledChildren>[];
  fails?: 'wakeParents' | 'cancelChildren';
}

const messageOf = (jobId: string) => ({ jobId, tenant: 'acme', queue: 'default' });

/** Calls `followEndedJobs` with a stub store, which returns the results and errors in `World`. */
async function follow(ended: EndedJobs, { canceled = [], fails }: World = {}) {
  const [calls, sent]: [unknown[], string[]] = [[], []];
  const log = createRecordingLog();
  const answers = [...canceled];
  await followEndedJobs(ended, {
    log,
    queue: {
      send(wakeUps) {
        sent.push(...wakeUps.map(({ jobId }) => jobId));
        expect(wakeUps.every(({ delaySeconds }) => delaySeconds === 0)).toBe(true);
        return Promise.resolve([]);
      },
    },
    store: {
      onCompleteJobs: (batches) =>
        Promise.resolve(batches.map(({ batchId }) => messageOf(`after ${batchId}`))),
      wakeParents(jobIds) {
        calls.push(['wake', ...jobIds]);
        if (fails === 'wakeParents') return Promise.reject(new Error('The store is not available.'));
        return Promise.resolve(jobIds.map(messageOf));
      },
      cancelChildren(jobIds) {
        calls.push(['cancel', ...jobIds]);
        if (fails === 'cancelChildren') return Promise.reject(new Error('The store is not available.'));
        return Promise.resolve({ callbacks: [], hasMore: false, ...answers.shift() });
      },
    },
  });
  return { calls, sent, logged: log.entries.map(({ event }) => event) };
}

describe('the end of jobs', () => {
  it('makes no calls without batches, parents and children', async () => {
    expect(await follow({})).toEqual({ calls: [], sent: [], logged: [] });
  });

  it('wakes on_complete jobs, and each parent once', async () => {
    const batches = [{ tenant: 'acme', batchId: 'b' }];
    const { calls, sent } = await follow({ batches, parents: ['p', 'q', 'p'] });
    expect(calls).toEqual([['wake', 'p', 'q']]);
    expect(sent).toEqual(['after b', 'p', 'q']);
  });

  it('cancels children in rounds, and the children of canceled children', async () => {
    const { calls, sent } = await follow(
      { canceled: ['p'] },
      {
        canceled: [
          { hasMore: true, canceled: ['child'], callbacks: [messageOf('callback')] },
          { woken: [messageOf('woken')], batches: [{ tenant: 'acme', batchId: 'b' }] },
        ],
      },
    );
    expect(calls).toEqual([
      ['cancel', 'p'],
      ['cancel', 'p', 'child'],
    ]);
    expect(sent).toEqual(['callback', 'woken', 'after b']);
  });

  it('stops after 20 rounds, which the sweeper continues', async () => {
    const canceled = Array.from({ length: 30 }, () => ({ hasMore: true }));
    expect((await follow({ canceled: ['p'] }, { canceled })).calls).toHaveLength(20);
  });

  it.each([
    ['wakeParents', 'parents_not_woken'],
    ['cancelChildren', 'children_not_canceled'],
  ] as const)('logs a failure of %s, and continues with the rest', async (fails, event) => {
    const { calls, logged } = await follow({ parents: ['p'], canceled: ['q'] }, { fails });
    expect(calls).toEqual([
      ['wake', 'p'],
      ['cancel', 'q'],
    ]);
    expect(logged).toEqual([event]);
  });

  it('is read from the rows of the jobs', () => {
    expect(
      familiesOf([
        { jobId: 'a' },
        { jobId: 'b', parentJobId: 'p' },
        { jobId: 'c', hasChildrenToCancel: true },
      ]),
    ).toEqual({ parents: ['p'], canceled: ['c'] });
  });
});
