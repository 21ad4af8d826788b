import { describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import type { NewJob } from '../../lambdas/job/job.ts';
import { entryOf } from '../helpers/audit-entries.ts';
import { useJobDatabase } from '../helpers/job-database.ts';
import { newJob, snapshot } from './job-rows.ts';

const db = useJobDatabase();

/** Returns `count` jobs of a tenant that has no jobs yet. */
function jobsOf(count: number, tenant: string = randomUUID()): NewJob[] {
  return Array.from({ length: count }, () => newJob({ tenant }));
}

async function idsWritten(jobs: readonly NewJob[], limit: number): Promise<string[]> {
  return (await db.jobs.insertThatFit(jobs, limit)).written.map(({ job }) => job.job_id);
}

async function cancelAll(jobs: readonly NewJob[]): Promise<void> {
  await db.jobs.insertThatFit(jobs, jobs.length);
  for (const { tenant, job_id: jobId } of jobs) await db.jobs.cancel(tenant, jobId, entryOf('job.cancel'));
}

const rowsOf = async (jobs: readonly NewJob[]): Promise<number> =>
  (await db.sql(`SELECT FROM jobs WHERE tenant = $1`, [jobs[0]?.tenant])).length;

describe('jobs under a limit of jobs in flight', () => {
  it('are written in order, as long as they fit', async () => {
    const jobs = jobsOf(5);
    const { written, applied } = await db.jobs.insertThatFit(jobs, 3);
    expect(written.map(({ job }) => job.job_id)).toEqual(jobs.slice(0, 3).map(({ job_id }) => job_id));
    expect(written.every(({ inserted }) => inserted)).toBe(true);
    expect(applied).toBe('no');
    expect(await rowsOf(jobs)).toBe(3);
  });

  it('are the waiting and running ones, and a job’s end makes room', async () => {
    const [first, second, third, fourth] = jobsOf(4) as [NewJob, NewJob, NewJob, NewJob];
    expect(await idsWritten([first, second], 2)).toHaveLength(2);
    await db.attempts.claim([first.job_id], 'worker', 60_000);
    expect(await idsWritten([third], 2)).toEqual([]);
    await db.jobs.cancel(second.tenant, second.job_id, entryOf('job.cancel'));
    expect(await idsWritten([third], 2)).toEqual([third.job_id]);
    await db.attempts.record([
      {
        ...{
          jobId: first.job_id,
          attempt: 1,
          fence: 1,
          status: 'success',
          outcome: 'success',
          message: null,
        },
        ...{ result: null, progress: null, retryInMs: 0 },
      },
    ]);
    expect(await idsWritten([fourth], 2)).toEqual([fourth.job_id]);
  });

  it('are counted for each tenant separately', async () => {
    expect(await idsWritten(jobsOf(1), 1)).toHaveLength(1);
    expect(await idsWritten(jobsOf(1), 1)).toHaveLength(1);
  });

  it('that exist are not refused when the request is retried, even at the limit', async () => {
    const [first, second] = jobsOf(2) as [NewJob, NewJob];
    await db.jobs.insertThatFit([first], 1);
    expect((await db.jobs.insertThatFit([first], 1)).written).toMatchObject([{ inserted: true }]);
    const rival = { ...first, submission_id: uuidv7() };
    expect((await db.jobs.insertThatFit([rival, second], 1)).written).toMatchObject([
      { inserted: false, job: { job_id: first.job_id } },
    ]);
  });

  it('of many concurrent requests reach exactly the limit', async () => {
    for (let round = 0; round < 5; round += 1) {
      const jobs = jobsOf(24);
      const answers = await Promise.all(
        Array.from({ length: 12 }, (_, at) => idsWritten(jobs.slice(2 * at, 2 * at + 2), 7)),
      );
      expect(answers.flat()).toHaveLength(7);
      expect(await rowsOf(jobs)).toBe(7);
    }
  });

  it('can be retried as long as there is room, which concurrent retries share', async () => {
    for (let round = 0; round < 5; round += 1) {
      const jobs = jobsOf(12);
      await cancelAll(jobs);
      const [first] = jobs as [NewJob];
      const answers = await Promise.all([
        ...jobs.map(({ tenant, job_id: jobId }) =>
          db.jobs.resubmit(tenant, jobId, uuidv7(), 4, entryOf('job.retry')),
        ),
        ...jobsOf(6, first.tenant).map(async (job) => {
          const { written } = await db.jobs.insertThatFit([job], 4);
          return { applied: written.length === 1, isBeyondLimit: written.length === 0, job: written[0]?.job };
        }),
      ]);
      expect(answers.filter((answer) => answer?.applied)).toHaveLength(4);
      expect(answers.filter((answer) => answer?.isBeyondLimit)).toHaveLength(14);
      const open = await db.sql(`SELECT FROM jobs WHERE tenant = $1 AND end_time IS NULL`, [first.tenant]);
      expect(open).toHaveLength(4);
    }
  });

  it('stay unchanged if there is no room for a retry', async () => {
    const jobs = jobsOf(2);
    const [{ tenant, job_id: jobId }] = jobs as [NewJob];
    await cancelAll(jobs);
    await idsWritten(jobsOf(1, tenant), 1);
    const before = await snapshot(db, jobId);
    expect(await db.jobs.resubmit(tenant, jobId, uuidv7(), 1, entryOf('job.retry'))).toMatchObject({
      ...{ applied: false, isBeyondLimit: true, job: { status: 'canceled' } },
    });
    expect(await snapshot(db, jobId)).toEqual(before);
  });

  it('that were retried are not refused when the request is sent again, even at the limit', async () => {
    const [job] = jobsOf(1) as [NewJob];
    await cancelAll([job]);
    const request = uuidv7();
    for (let time = 0; time < 2; time += 1) {
      expect(await db.jobs.resubmit(job.tenant, job.job_id, request, 1, entryOf('job.retry'))).toMatchObject({
        ...{ applied: true, isBeyondLimit: false, job: { status: 'created' } },
      });
    }
  });

  it('that cannot be retried are in conflict, even at the limit', async () => {
    const [job] = jobsOf(1) as [NewJob];
    await idsWritten([job], 1);
    expect(await db.jobs.resubmit(job.tenant, job.job_id, uuidv7(), 1, entryOf('job.retry'))).toMatchObject({
      ...{ applied: false, isBeyondLimit: false, job: { status: 'created' } },
    });
  });

  it('of a request that is retried while the first is still running are written once, with the same result', async () => {
    for (let round = 0; round < 10; round += 1) {
      const [job] = jobsOf(1) as [NewJob];
      const answers = await Promise.all([1, 2, 3].map(() => db.jobs.insertThatFit([job], 1)));
      expect(answers.map(({ written }) => written.map(({ inserted }) => inserted))).toEqual([
        [true],
        [true],
        [true],
      ]);
      expect(await rowsOf([job])).toBe(1);
    }
  });
});
