import { describe, expect, it } from '@jest/globals';
import type { Claim } from '../../lambdas/job/attempt-store.ts';
import { entryOf } from '../helpers/audit-entries.ts';
import { useJobDatabase } from '../helpers/job-database.ts';
import { CALLBACK, putJob, result, snapshot, TENANT, type RowOptions } from './job-rows.ts';
import { meetAtRows } from './locked-rows.ts';

const ROUNDS = 20;
const LEASE_MS = 60_000;
const LEASE_ENDED = { status: 'running', leaseEndsInMs: -1_000 } as const;

const db = useJobDatabase();

function claimedOf(claims: readonly Claim[]): string[] {
  return claims.filter(({ verdict }) => verdict === 'claimed').map(({ jobId }) => jobId);
}

const claim = (worker: string, jobIds: readonly string[]) => (): Promise<Claim[]> =>
  db.attempts.claim(jobIds, worker, LEASE_MS);

describe('workers that claim the same jobs concurrently', () => {
  const cases: [string, RowOptions, number, Claim['verdict'][]][] = [
    ['due', {}, 1, ['leased']],
    // A worker claims only one job with a lost attempt at a time, and gets the verdict `putOff` for the others.
    ['left by a worker that died', { ...LEASE_ENDED, maxAttempts: 5 }, 2, ['leased', 'putOff']],
  ];

  it.each(cases)('get each job that is %s exactly once', async (_which, options, attempt, refusals) => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const jobIds = await Promise.all([1, 2, 3].map(() => putJob(db, options)));
      const answers = await Promise.all([
        claim('a', jobIds)(),
        claim('b', jobIds.toReversed())(),
        claim('c', jobIds.slice(1))(),
      ]);
      expect(answers.flatMap(claimedOf).sort()).toEqual(jobIds.toSorted());
      const refused = answers.flat().filter(({ verdict }) => verdict !== 'claimed');
      expect(refused).toHaveLength(5);
      for (const { verdict } of refused) expect(refusals).toContain(verdict);
      for (const jobId of jobIds) expect((await snapshot(db, jobId)).job.attempt).toBe(attempt);
    }
  });

  /** Runs three workers' claims, and makes all of them read the jobs before any of them claims a job. */
  const meetAtJobs = (jobIds: readonly string[]): Promise<Claim[][]> =>
    meetAtRows(db, jobIds, [claim('a', jobIds), claim('b', jobIds.toReversed()), claim('c', jobIds)]);

  it('give the due jobs to the first worker if all have read them before', async () => {
    const jobIds = await Promise.all([1, 2, 3].map(() => putJob(db)));
    const [first = [], ...others] = await meetAtJobs(jobIds);
    expect(claimedOf(first).sort()).toEqual(jobIds.toSorted());
    expect(others.flat().map(({ verdict }) => verdict)).toEqual(Array(6).fill('leased'));
    for (const jobId of jobIds) {
      const { job, attempts } = await snapshot(db, jobId);
      expect(job.worker).toBe('a');
      expect(attempts).toHaveLength(1);
    }
  });

  it('each get one of the jobs left by a dead worker if all have read them before', async () => {
    const jobIds = await Promise.all([1, 2, 3].map(() => putJob(db, { ...LEASE_ENDED, maxAttempts: 5 })));
    const answers = await meetAtJobs(jobIds);
    expect(answers.map((claims) => claimedOf(claims).length)).toEqual([1, 1, 1]);
    expect(answers.flatMap(claimedOf).sort()).toEqual(jobIds.toSorted());
    for (const jobId of jobIds)
      expect((await snapshot(db, jobId)).attempts).toMatchObject([{ outcome: 'lost' }, { outcome: null }]);
  });

  it('record a job without attempts left as lost only once', async () => {
    const jobId = await putJob(db, { ...LEASE_ENDED, maxAttempts: 1 });
    const [first, second, letters] = await meetAtRows(
      db,
      [jobId],
      [claim('a', [jobId]), claim('b', [jobId]), () => db.mending.settle([jobId])],
    );
    const claims = [...first, ...second];
    expect(claims).toMatchObject(Array(2).fill({ jobId, verdict: 'finished' }));
    expect(claims.filter((each) => 'lost' in each)).toHaveLength(1);
    expect(letters).toMatchObject([{ jobId, verdict: 'finished' }]);
    expect((await snapshot(db, jobId)).attempts).toMatchObject([{ outcome: 'lost' }]);
  });
});

describe('a concurrent cancellation and claim', () => {
  it('leave a request for the attempt if the claim comes first', async () => {
    const jobId = await putJob(db);
    const [claims, change] = await meetAtRows(
      db,
      [jobId],
      [claim('a', [jobId]), () => db.jobs.cancel(TENANT, jobId, entryOf('job.cancel'))],
    );
    expect(claimedOf(claims)).toEqual([jobId]);
    expect(change).toMatchObject({ applied: true, job: { status: 'running', cancel_requested: true } });
    expect(await db.attempts.beat([{ jobId, attempt: 1, fence: 1, progress: null }])).toEqual([
      { jobId, reason: 'canceled' },
    ]);
  });

  it('end the job if the cancellation comes first', async () => {
    const jobId = await putJob(db);
    const [change, claims] = await meetAtRows(
      db,
      [jobId],
      [() => db.jobs.cancel(TENANT, jobId, entryOf('job.cancel')), claim('a', [jobId])],
    );
    expect(change).toMatchObject({ applied: true, job: { status: 'canceled' } });
    expect(claims).toEqual([{ jobId, verdict: 'finished' }]);
    expect((await snapshot(db, jobId)).job).toMatchObject({ status: 'canceled', attempt: 0 });
  });
});

describe('a late record concurrent with a claim of the same job', () => {
  const late = (jobId: string) => () => db.attempts.record([result(jobId, { result: 'late' })]);

  it('ends the job if the record comes first', async () => {
    const jobId = await putJob(db, LEASE_ENDED);
    const [[record], claims] = await meetAtRows(db, [jobId], [late(jobId), claim('b', [jobId])]);
    expect(record).toMatchObject({ recorded: true, status: 'success' });
    expect(claims).toEqual([{ jobId, verdict: 'finished' }]);
    const { job, attempts } = await snapshot(db, jobId);
    expect(job).toMatchObject({ status: 'success', attempt: 1, result: 'late' });
    expect(attempts).toMatchObject([{ outcome: 'success' }]);
  });

  it('does not affect the next attempt if the claim comes first', async () => {
    const jobId = await putJob(db, LEASE_ENDED);
    const [claims, [record]] = await meetAtRows(db, [jobId], [claim('b', [jobId]), late(jobId)]);
    expect(claimedOf(claims)).toEqual([jobId]);
    expect(record).toMatchObject({ recorded: false, status: 'running' });
    const { job, attempts } = await snapshot(db, jobId);
    expect(job).toMatchObject({ status: 'running', attempt: 2, result: null });
    expect(attempts).toMatchObject([{ outcome: 'lost' }, { outcome: null }]);
  });
});

describe('a claim that waits for another change', () => {
  it('claims a concurrently resubmitted job as its next attempt', async () => {
    const jobId = await putJob(db, { status: 'failed' });
    const [, claims] = await meetAtRows(
      db,
      [jobId],
      [() => db.jobs.resubmit(TENANT, jobId, CALLBACK, 0, entryOf('job.retry')), claim('b', [jobId])],
    );
    expect(claimedOf(claims)).toEqual([jobId]);
    expect((await snapshot(db, jobId)).job).toMatchObject({ status: 'running', attempt: 2, end_time: null });
  });

  it('does not claim a job that is concurrently requeued for a retry until its back-off has passed', async () => {
    const jobId = await putJob(db, LEASE_ENDED);
    const retry = result(jobId, { status: 'created', outcome: 'failed', retryInMs: 60_000 });
    const [, claims] = await meetAtRows(
      db,
      [jobId],
      [() => db.attempts.record([retry]), claim('b', [jobId])],
    );
    expect(claims).toMatchObject([{ verdict: 'waiting' }]);
  });

  it('claims a job concurrently requeued for an immediate retry as its next attempt', async () => {
    const jobId = await putJob(db, { status: 'running', worker: 'a' });
    const retry = result(jobId, { status: 'created', outcome: 'failed', retryInMs: 0 });
    const [, claims] = await meetAtRows(
      db,
      [jobId],
      [() => db.attempts.record([retry]), claim('b', [jobId])],
    );
    expect(claimedOf(claims)).toEqual([jobId]);
    expect((await snapshot(db, jobId)).attempts).toMatchObject([{ outcome: 'failed' }, { outcome: null }]);
  });

  it('records another claim’s attempt as lost if that claim has expired meanwhile', async () => {
    const jobId = await putJob(db);
    const [, claims] = await meetAtRows(
      db,
      [jobId],
      [() => db.attempts.claim([jobId], 'a', 0), claim('b', [jobId])],
    );
    expect(claimedOf(claims)).toEqual([jobId]);
    expect((await snapshot(db, jobId)).attempts).toMatchObject([{ outcome: 'lost' }, { outcome: null }]);
  });

  it('reports a job that a dead letter ends concurrently as finished', async () => {
    const jobId = await putJob(db, { ...LEASE_ENDED, maxAttempts: 1 });
    const [, claims] = await meetAtRows(db, [jobId], [() => db.mending.settle([jobId]), claim('b', [jobId])]);
    expect(claims).toEqual([{ jobId, verdict: 'finished' }]);
  });
});
