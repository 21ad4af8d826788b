import { beforeEach, describe, expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { useJobDatabase } from '../helpers/job-database.ts';
import { emptyTables } from './empty-tables.ts';
import { putJob, snapshot, TENANT } from './job-rows.ts';
import { untilWaiting } from './locked-rows.ts';

const MINUTE_MS = 60_000;

const db = useJobDatabase();

beforeEach(async () => {
  await emptyTables(db, 'jobs');
});

describe('dead letters', () => {
  it('are handled by the job’s state, not the message’s, in order', async () => {
    const parked = await putJob(db);
    await db.sql(`SELECT park($1, 'pause')`, [parked]);
    const [done, exhausted, crashed, live, waiting, never] = [
      await putJob(db, { status: 'success' }),
      await putJob(db, { status: 'running', leaseEndsInMs: -1, attempt: 2, maxAttempts: 2 }),
      await putJob(db, { status: 'running', leaseEndsInMs: -1, attempt: 1, maxAttempts: 2 }),
      await putJob(db, { status: 'running', leaseEndsInMs: MINUTE_MS, attempt: 2, maxAttempts: 2 }),
      await putJob(db, { dueInMs: MINUTE_MS, queue: 'images' }),
      await putJob(db),
    ];
    const unknown = uuidv7();
    const verdicts = await db.mending.settle([
      never,
      waiting,
      live,
      unknown,
      crashed,
      exhausted,
      done,
      parked,
    ]);
    expect(verdicts).toEqual([
      { jobId: never, tenant: TENANT, queue: 'default', verdict: 'send_again', delaySeconds: 0 },
      { jobId: waiting, tenant: TENANT, queue: 'images', verdict: 'send_again', delaySeconds: 60 },
      { jobId: live, tenant: TENANT, queue: 'default', verdict: 'send_again', delaySeconds: 60 },
      { jobId: unknown, verdict: 'unknown' },
      { jobId: crashed, tenant: TENANT, queue: 'default', verdict: 'send_again', delaySeconds: 0 },
      { jobId: exhausted, tenant: TENANT, queue: 'default', verdict: 'lost', delaySeconds: 0 },
      { jobId: done, tenant: TENANT, queue: 'default', verdict: 'finished', delaySeconds: 0 },
      { jobId: parked, tenant: TENANT, queue: 'default', verdict: 'finished', delaySeconds: 0 },
    ]);
  });

  it('fail a job without attempts left, record the last attempt as lost, and report that', async () => {
    const jobId = await putJob(db, { status: 'running', leaseEndsInMs: -1, attempt: 2, maxAttempts: 2 });
    await db.mending.settle([jobId]);
    const { job, attempts } = await snapshot(db, jobId);
    expect(job).toMatchObject({
      status: 'failed',
      message: 'The worker stopped without an answer on attempt 2 of 2.',
      worker: null,
      wake_at: null,
    });
    expect(attempts).toMatchObject([{ outcome: 'failed' }, { outcome: 'lost', end_time: job.end_time }]);
  });

  it('cancel a job whose worker died after a cancellation request, and report that', async () => {
    const dead = { status: 'running', leaseEndsInMs: -1, attempt: 1, maxAttempts: 1 } as const;
    const jobId = await putJob(db, { ...dead, cancelRequested: true });
    expect(await db.mending.settle([jobId])).toMatchObject([{ verdict: 'lost' }]);
    const { job, attempts } = await snapshot(db, jobId);
    expect(job).toMatchObject({ status: 'canceled', message: 'canceled by request', wake_at: null });
    expect(attempts).toMatchObject([{ outcome: 'lost', message: 'The worker stopped without an answer.' }]);
  });

  it('change no other job', async () => {
    const jobIds = [
      await putJob(db),
      await putJob(db, { status: 'failed' }),
      await putJob(db, { status: 'running', leaseEndsInMs: -1, maxAttempts: 2 }),
      await putJob(db, { status: 'running', maxAttempts: 1 }),
    ];
    const before = await Promise.all(jobIds.map((jobId) => snapshot(db, jobId)));
    await db.mending.settle(jobIds);
    expect(await Promise.all(jobIds.map((jobId) => snapshot(db, jobId)))).toEqual(before);
  });

  it('find their jobs finished when they are handled again', async () => {
    const jobId = await putJob(db, { status: 'running', leaseEndsInMs: -1, maxAttempts: 1 });
    await db.mending.settle([jobId]);
    const before = await snapshot(db, jobId);
    expect(await db.mending.settle([jobId])).toMatchObject([{ verdict: 'finished' }]);
    expect(await snapshot(db, jobId)).toEqual(before);
  });
});

describe('the sweep', () => {
  const overdue = (): Promise<string> => putJob(db, { dueInMs: -2 * MINUTE_MS });
  /** Creates a job that is due in `minutes` minutes, or overdue if the number is negative. */
  const of = async (tenant: string, minutes: number): Promise<string> => {
    const jobId = await putJob(db, { dueInMs: minutes * MINUTE_MS });
    await db.sql('UPDATE jobs SET tenant = $1 WHERE job_id = $2', [tenant, jobId]);
    return jobId;
  };
  const takenOfEach = async (ofEach: number, limit: number): Promise<string[]> =>
    (await db.mending.takeOverdueOfEachTenant({ only: ['default'] }, 60, ofEach, limit))
      .map(({ jobId }) => jobId)
      .toSorted();
  const taken = async (afterSeconds: number, limit: number): Promise<string[]> =>
    (await db.mending.takeOverdue(afterSeconds, limit)).jobs.map(({ jobId }) => jobId);

  it('takes jobs that should have been claimed long ago: those never sent, or left by a dead worker', async () => {
    const forgotten = await overdue();
    const left = await putJob(db, { status: 'running', leaseEndsInMs: -2 * MINUTE_MS });
    await putJob(db, { dueInMs: -MINUTE_MS / 2 });
    await putJob(db, { dueInMs: MINUTE_MS });
    await putJob(db, { status: 'running', leaseEndsInMs: -MINUTE_MS / 2 });
    await putJob(db, { status: 'failed' });
    const { jobs, nextInMs } = await db.mending.takeOverdue(60, 500);
    expect(jobs.every(({ tenant }) => tenant === TENANT)).toBe(true);
    expect(jobs.map(({ jobId }) => jobId).toSorted()).toEqual([forgotten, left].toSorted());
    expect(nextInMs).toBeLessThan(-MINUTE_MS);
  });

  it('postpones the jobs it has taken, and changes nothing else', async () => {
    const jobId = await overdue();
    const before = await snapshot(db, jobId);
    await db.mending.takeOverdue(60, 500);
    expect(await taken(60, 500)).toEqual([]);
    const after = await snapshot(db, jobId);
    expect(after).toEqual({ ...before, job: { ...before.job, wake_at: after.job.wake_at } });
    // The next sweep after the delay takes the job again.
    expect(await taken(0, 500)).toEqual([jobId]);
  });

  it('takes at most the given number, oldest first', async () => {
    const [second, first, third] = [
      await putJob(db, { dueInMs: -3 * MINUTE_MS }),
      await putJob(db, { dueInMs: -4 * MINUTE_MS }),
      await putJob(db, { dueInMs: -2 * MINUTE_MS }),
    ];
    expect(await taken(60, 1)).toEqual([first]);
    expect(await taken(60, 1)).toEqual([second]);
    expect(await taken(60, 1)).toEqual([third]);
  });

  it('returns as many jobs as it takes at once, however long their tenants’ names are', async () => {
    const tenant = 't'.repeat(64);
    const jobIds = await Promise.all(Array.from({ length: 500 }, overdue));
    await db.sql(`UPDATE jobs SET tenant = '${tenant}'`);
    const { jobs } = await db.mending.takeOverdue(60, 500);
    expect(jobs).toHaveLength(jobIds.length);
    expect(new Set(jobs.map((job) => job.tenant))).toEqual(new Set([tenant]));
  });

  it('returns when the next unfinished job needs attention', async () => {
    expect(await db.mending.takeOverdue(60, 500)).toEqual({ jobs: [], nextInMs: null });
    await putJob(db, { status: 'success' });
    expect((await db.mending.takeOverdue(60, 500)).nextInMs).toBeNull();
    const year = 365 * 24 * 60 * MINUTE_MS;
    for (const dueInMs of [year, 10 * MINUTE_MS]) {
      await putJob(db, { dueInMs });
      const { nextInMs } = await db.mending.takeOverdue(60, 500);
      expect(nextInMs).toBeLessThanOrEqual(dueInMs);
      expect(nextInMs).toBeGreaterThan(dueInMs - MINUTE_MS);
    }
  });

  it('takes different jobs than a concurrent sweep', async () => {
    for (let round = 0; round < 10; round += 1) {
      await emptyTables(db, 'jobs');
      const jobIds = await Promise.all(Array.from({ length: 12 }, overdue));
      const sweeps = await Promise.all([1, 2, 3].map(() => db.mending.takeOverdue(60, 5)));
      const ids = sweeps.flatMap(({ jobs }) => jobs.map(({ jobId }) => jobId));
      expect(new Set(ids).size).toBe(ids.length);
      expect([...ids, ...(await taken(60, 500))].toSorted()).toEqual(jobIds.toSorted());
    }
  });

  it('takes each tenant’s oldest jobs during a backlog, tenants with few jobs first', async () => {
    const [oldA, oldB] = [await of('a', -9), await of('b', -8)];
    const [youngA, youngB] = [await of('a', -7), await of('b', -6)];
    await of('a', -5);
    const lost = await of('c', -2);
    await of('c', -0.5);
    await of('d', 1);
    expect(await takenOfEach(2, 500)).toEqual([lost, oldA, oldB, youngA, youngB].toSorted());
    // The first sweep postponed the jobs that it took, so the next sweep takes the rest.
    expect(await takenOfEach(2, 500)).toHaveLength(1);
    expect(await takenOfEach(2, 500)).toEqual([]);
  });

  it('takes at most the given number during a backlog, one job of every tenant before any tenant’s second', async () => {
    const firsts = [];
    for (const tenant of ['a', 'b', 'c']) {
      firsts.push(await of(tenant, -4));
      for (const minutes of [-3, -2]) await of(tenant, minutes);
    }
    expect(await takenOfEach(2, 3)).toEqual(firsts.toSorted());
    const only = await of('d', -1.5);
    expect(await takenOfEach(2, 1)).toEqual([only]);
  });

  it('takes different jobs than a concurrent sweep, even during a backlog', async () => {
    const jobIds = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((tenant) => of(tenant, -2)));
    const sweeps = await Promise.all([1, 2, 3].map(() => takenOfEach(10, 500)));
    expect(sweeps.flat().toSorted()).toEqual(jobIds.toSorted());
  });

  it('postpones the jobs it has taken during a backlog, and changes nothing else', async () => {
    const jobId = await overdue();
    const before = await snapshot(db, jobId);
    await takenOfEach(10, 500);
    const after = await snapshot(db, jobId);
    expect(after).toEqual({ ...before, job: { ...before.job, wake_at: after.job.wake_at } });
    expect(Date.parse(after.job.wake_at as string)).toBeGreaterThan(Date.now() - MINUTE_MS);
  });

  it.each([
    ['', () => taken(60, 500)],
    [' during a backlog', () => takenOfEach(10, 500)],
  ])('does not wait for a job that another transaction has locked%s', async (_when, sweep) => {
    const [locked, free] = [await overdue(), await overdue()];
    const holder = await db.connect();
    try {
      await holder.query('BEGIN');
      await holder.query('SELECT 1 FROM jobs WHERE job_id = $1 FOR UPDATE', [locked]);
      const swept = sweep();
      expect(await Promise.race([swept, untilWaiting(db, 1)])).toEqual([free]);
      await holder.query('ROLLBACK');
    } finally {
      holder.release();
    }
    expect(await sweep()).toEqual([locked]);
  });
});
