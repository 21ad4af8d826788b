import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { createFiringStore } from '../../lambdas/adapters/aurora/schedule-store.ts';
import type { QueueChoice } from '../../lambdas/job/sweep.ts';
import { entryOf } from '../helpers/audit-entries.ts';
import { startJobDatabase, type JobDatabase } from '../helpers/aurora.ts';
import { emptyTables } from './empty-tables.ts';
import { CALLBACK, newJob, putJob, snapshot, NEWEST_FIRST, TENANT } from './job-rows.ts';

const MINUTE_MS = 60_000;
const GONE =
  'The queue "removed" no longer exists in this deployment: add it to `queues`, or submit the job again.';

let db: JobDatabase;

beforeAll(async () => {
  db = await startJobDatabase();
});

beforeEach(async () => {
  await emptyTables(db, 'jobs');
});

afterAll(async () => {
  await db.end();
});

describe('a job’s queue', () => {
  it('is the submission’s, and every read returns it', async () => {
    const job = newJob({ queue: 'images' });
    expect(await db.jobs.insert([job])).toMatchObject([{ inserted: true, job: { queue: 'images' } }]);
    expect(await db.jobs.get(TENANT, job.job_id)).toMatchObject({ queue: 'images' });
    expect(await db.jobs.list({ tenant: TENANT, ...NEWEST_FIRST, limit: 1 })).toMatchObject({
      jobs: [{ queue: 'images' }],
    });
    expect(await db.jobs.find(TENANT, [job.job_id])).toMatchObject([{ queue: 'images' }]);
  });

  it('is the default queue for a job of the previous release', async () => {
    const jobId = uuidv7();
    await db.sql(
      `INSERT INTO jobs (job_id, submission_id, tenant, type, payload, max_attempts, timeout_seconds, run_at, wake_at)
       VALUES ($1, $1, $2, 'sleep', '{}', 2, 46, now(), now())`,
      [jobId, TENANT],
    );
    expect(await db.jobs.get(TENANT, jobId)).toMatchObject({ queue: 'default' });
  });

  it('is the default queue for a callback, whatever its job’s queue is', async () => {
    const callbackId = uuidv7();
    const callback = {
      job_id: callbackId,
      url: 'https://example.com/',
      max_attempts: 5,
      timeout_seconds: 46,
    };
    const job = newJob({ queue: 'images', callback });
    await db.jobs.insert([job]);
    await db.jobs.cancel(TENANT, job.job_id, entryOf('job.cancel'));
    expect(await db.jobs.get(TENANT, callbackId)).toMatchObject({ type: 'webhook', queue: 'default' });
  });

  it('does not change when the job is retried', async () => {
    const jobId = await putJob(db, { status: 'failed', queue: 'images' });
    expect(await db.jobs.resubmit(TENANT, jobId, CALLBACK, 0, entryOf('job.retry'))).toMatchObject({
      applied: true,
      isWithoutQueue: false,
      job: { queue: 'images' },
    });
  });
});

describe('a firing’s job', () => {
  const fire = async (fireTime: string, jobId: string, queue: string) => {
    const firings = createFiringStore(db.dataApi);
    return firings.fire(
      { tenant: TENANT, name: 'nightly', fireTime },
      { jobId, callbackJobId: uuidv7() },
      { unavailable: [], queues: new Map([['resize', queue]]) },
      0,
    );
  };

  it('is in its type’s queue, and a retried firing wakes the worker of the job’s queue', async () => {
    await db.sql(
      `INSERT INTO schedules (tenant, name, rate, type, max_attempts, timeout_seconds, revision, overlap)
       VALUES ($1, 'nightly', '2 minutes', 'resize', 2, 46, 1, 'allow')`,
      [TENANT],
    );
    const [first, second] = [uuidv7(), uuidv7()];
    expect(await fire('2030-01-01T00:00:00Z', first, 'images')).toMatchObject({
      verdict: 'fired',
      queue: 'images',
    });
    expect(await db.jobs.get(TENANT, first)).toMatchObject({ queue: 'images' });
    // Retries the firing, as if a deployment had moved the job type to another queue in the meantime.
    expect(await fire('2030-01-01T00:00:00Z', second, 'videos')).toMatchObject({
      verdict: 'repeated',
      jobId: first,
      queue: 'images',
    });
    expect(await fire('2030-01-01T00:02:00Z', second, 'videos')).toMatchObject({ queue: 'videos' });
  });
});

describe('a job whose queue was removed', () => {
  it('fails with a message that names the queue, and its callback waits to be sent', async () => {
    const callbackId = uuidv7();
    const callback = {
      job_id: callbackId,
      url: 'https://example.com/',
      max_attempts: 5,
      timeout_seconds: 46,
    };
    const job = newJob({ queue: 'removed', callback });
    await db.jobs.insert([job]);
    expect(await db.mending.failWithoutQueue([job.job_id])).toEqual([
      { jobId: job.job_id, tenant: TENANT, queue: 'removed', callbackJobId: callbackId, batchId: null },
    ]);
    expect(await db.jobs.get(TENANT, job.job_id)).toMatchObject({
      status: 'failed',
      message: GONE,
      attempt: 0,
      start_time: null,
    });
    expect(await db.jobs.get(TENANT, callbackId)).toMatchObject({ status: 'created', queue: 'default' });
  });

  it('fails after its worker has died, and its attempt is recorded as lost', async () => {
    const jobId = await putJob(db, { status: 'running', leaseEndsInMs: -1, queue: 'removed' });
    expect(await db.mending.failWithoutQueue([jobId])).toMatchObject([{ jobId, callbackJobId: null }]);
    const { job, attempts } = await snapshot(db, jobId);
    expect(job).toMatchObject({ status: 'failed', message: GONE, worker: null, wake_at: null });
    expect(attempts).toMatchObject([{ outcome: 'lost', end_time: job.end_time }]);
  });

  it('is canceled after its worker has died, if that was requested', async () => {
    const dead = { status: 'running', leaseEndsInMs: -1, queue: 'removed' } as const;
    const jobId = await putJob(db, { ...dead, cancelRequested: true });
    await db.mending.failWithoutQueue([jobId]);
    expect((await snapshot(db, jobId)).job).toMatchObject({
      status: 'canceled',
      message: 'canceled by request',
    });
  });

  it('is unchanged while a worker holds it, and after its end', async () => {
    const jobIds = [
      await putJob(db, { status: 'running', queue: 'removed' }),
      await putJob(db, { status: 'success', queue: 'removed' }),
    ];
    const before = await Promise.all(jobIds.map((jobId) => snapshot(db, jobId)));
    expect(await db.mending.failWithoutQueue([...jobIds, uuidv7()])).toEqual([]);
    expect(await Promise.all(jobIds.map((jobId) => snapshot(db, jobId)))).toEqual(before);
  });

  it('fails once, and a retry of the statement finds nothing to do', async () => {
    const jobId = await putJob(db, { queue: 'removed' });
    await db.mending.failWithoutQueue([jobId]);
    const before = await snapshot(db, jobId);
    expect(await db.mending.failWithoutQueue([jobId])).toEqual([]);
    expect(await snapshot(db, jobId)).toEqual(before);
  });

  it('cannot be retried until the queue exists again', async () => {
    const jobId = await putJob(db, { status: 'failed', queue: 'removed' });
    const before = await snapshot(db, jobId);
    const refused = { applied: false, isWithoutQueue: true, isBeyondLimit: false };
    expect(await db.jobs.resubmit(TENANT, jobId, CALLBACK, 0, entryOf('job.retry'))).toMatchObject(refused);
    expect(await snapshot(db, jobId)).toEqual(before);
    await db.sql(`UPDATE jobs SET queue = 'images'`);
    expect(await db.jobs.resubmit(TENANT, jobId, CALLBACK, 0, entryOf('job.retry'))).toMatchObject({
      applied: true,
    });
  });

  it('gets the usual refusal for a retry that its state forbids', async () => {
    const jobId = await putJob(db, { status: 'success', queue: 'removed' });
    expect(await db.jobs.resubmit(TENANT, jobId, CALLBACK, 0, entryOf('job.retry'))).toMatchObject({
      applied: false,
      isWithoutQueue: false,
    });
  });
});

describe('the sweep', () => {
  const overdue = async (queue: string, tenant: string, minutes: number): Promise<string> => {
    const jobId = await putJob(db, { queue, dueInMs: -minutes * MINUTE_MS });
    await db.sql('UPDATE jobs SET tenant = $1 WHERE job_id = $2', [tenant, jobId]);
    return jobId;
  };
  const taken = async (queues: QueueChoice, ofEach: number, limit = 500): Promise<string[]> =>
    (await db.mending.takeOverdueOfEachTenant(queues, 60, ofEach, limit))
      .map(({ jobId }) => jobId)
      .toSorted();

  it('returns each job’s queue', async () => {
    const [image, other] = [await overdue('images', 'a', 2), await overdue('default', 'b', 3)];
    const { jobs } = await db.mending.takeOverdue(60, 500);
    expect(new Set(jobs)).toEqual(
      new Set([
        { jobId: image, tenant: 'a', queue: 'images' },
        { jobId: other, tenant: 'b', queue: 'default' },
      ]),
    );
    const [third] = [await overdue('images', 'a', 2)];
    expect(await db.mending.takeOverdueOfEachTenant({ only: ['images'] }, 60, 10, 500)).toEqual([
      { jobId: third, tenant: 'a', queue: 'images' },
    ]);
  });

  it('takes jobs from the given queues; jobs from removed queues are taken together with all others', async () => {
    const image = await overdue('images', 'a', 2);
    const video = await overdue('videos', 'a', 2);
    const lost = await overdue('removed', 'b', 2);
    const plain = await overdue('default', 'a', 2);
    expect(await taken({ only: ['nobody-has-jobs-here'] }, 10)).toEqual([]);
    expect(await taken({ only: ['videos', 'images'] }, 10)).toEqual([image, video].toSorted());
    expect(await taken({ allBut: ['videos', 'images'] }, 10)).toEqual([plain, lost].toSorted());
    expect(await taken({ allBut: [] }, 10)).toEqual([]);
  });

  it('takes each tenant’s oldest jobs in each queue', async () => {
    const oldest = [
      await overdue('images', 'a', 9),
      await overdue('default', 'a', 8),
      await overdue('images', 'b', 7),
    ];
    for (const queue of ['images', 'default']) await overdue(queue, 'a', 2);
    expect(await taken({ only: ['images', 'default'] }, 1)).toEqual(oldest.toSorted());
  });
});
