import { describe, expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { BatchClosedError } from '../../lambdas/job/errors.ts';
import type { NewOnComplete } from '../../lambdas/job/batches/batch.ts';
import { entryOf } from '../helpers/audit-entries.ts';
import { useJobDatabase } from '../helpers/job-database.ts';
import { newJob, result, TENANT } from './job-rows.ts';

// Tests batches' counters and on_complete jobs for every statement that can end a batch's last job.

const db = useJobDatabase();

const ENTRY = entryOf('job.cancel');

function onComplete(overrides: Partial<NewOnComplete> = {}): NewOnComplete {
  return {
    job_id: uuidv7(),
    type: 'sleep',
    queue: 'images',
    payload: { seconds: 1e300 },
    max_attempts: 4,
    timeout_seconds: 9,
    callback: null,
    ...overrides,
  };
}

/** Submits jobs in a new batch, and closes the batch by default. */
async function putBatch({ jobs = 2, closes = true, tenant = TENANT } = {}) {
  const batchId = `batch-${uuidv7()}`;
  const follower = onComplete();
  const ids = await addJobs(batchId, jobs, tenant);
  await db.batches.put(tenant, batchId, { onComplete: follower, closes });
  return { batchId, ids, follower: follower.job_id };
}

async function addJobs(batchId: string, count: number, tenant = TENANT): Promise<string[]> {
  const jobs = Array.from({ length: count }, () => newJob({ batch_id: batchId, tenant }));
  await db.jobs.insert(jobs);
  return jobs.map(({ job_id: jobId }) => jobId);
}

async function claim(jobIds: readonly string[], leaseMs = 60_000): Promise<void> {
  const claims = await db.attempts.claim(jobIds, uuidv7(), leaseMs);
  expect(claims.map(({ verdict }) => verdict)).toEqual(jobIds.map(() => 'claimed'));
}

async function succeed(jobIds: readonly string[]): Promise<void> {
  await claim(jobIds);
  await db.attempts.record(jobIds.map((jobId) => result(jobId)));
}

async function countsOf(batchId: string, tenant = TENANT) {
  const batch = await db.batches.get(tenant, batchId);
  if (!batch) throw new Error(`There is no batch ${batchId}.`);
  return { status: batch.status, jobs: batch.jobs, ...batch.counts };
}

const NONE = { created: 0, running: 0, success: 0, failed: 0, canceled: 0 };

describe('a batch’s counts', () => {
  it('follow its jobs through all states', async () => {
    const { batchId, ids } = await putBatch({ jobs: 4 });
    const [first = '', second = '', third = ''] = ids;
    expect(await countsOf(batchId)).toEqual({ ...NONE, status: 'closed', jobs: 4, created: 4 });
    await claim([first, second]);
    expect(await countsOf(batchId)).toEqual({ ...NONE, status: 'closed', jobs: 4, created: 2, running: 2 });
    await db.attempts.record([
      result(first),
      result(second, { status: 'failed', outcome: 'failed', message: 'broken' }),
    ]);
    await db.jobs.cancel(TENANT, third, ENTRY);
    expect(await countsOf(batchId)).toEqual({
      ...{ status: 'closed', jobs: 4, created: 1, running: 0, success: 1, failed: 1, canceled: 1 },
    });
  });

  it('do not include a failed attempt that will be retried', async () => {
    const { batchId, ids } = await putBatch({ jobs: 1 });
    await claim(ids);
    await db.attempts.record(
      ids.map((jobId) => result(jobId, { status: 'created', outcome: 'failed', retryInMs: 1_000 })),
    );
    expect(await countsOf(batchId)).toEqual({ ...NONE, status: 'closed', jobs: 1, created: 1 });
  });

  it('include a job once, even if it is inserted or recorded again', async () => {
    const batchId = `batch-${uuidv7()}`;
    const job = newJob({ batch_id: batchId });
    await db.jobs.insert([job]);
    await db.jobs.insert([job]);
    await claim([job.job_id]);
    await db.attempts.record([result(job.job_id)]);
    await db.attempts.record([result(job.job_id)]);
    expect(await countsOf(batchId)).toEqual({ ...NONE, status: 'open', jobs: 1, success: 1 });
  });

  it('are unaffected by another tenant’s batch with the same id', async () => {
    const { batchId } = await putBatch({ jobs: 1 });
    const ids = await addJobs(batchId, 2, 'other');
    await succeed(ids);
    await claim(await addJobs(batchId, 1, 'other'));
    expect(await countsOf(batchId)).toMatchObject({ jobs: 1, running: 0, success: 0 });
    expect(await countsOf(batchId, 'other')).toMatchObject({
      ...{ status: 'open', jobs: 3, running: 1, success: 2 },
    });
  });
});

describe('the on_complete job', () => {
  async function follower(jobId: string) {
    const [job] = await db.jobs.find(TENANT, [jobId]);
    return job;
  }

  it('is written as defined once the last job has ended', async () => {
    const { batchId, ids, follower: jobId } = await putBatch({ jobs: 2 });
    const [first = '', last = ''] = ids;
    await succeed([first]);
    expect(await follower(jobId)).toBeUndefined();
    await succeed([last]);
    const batch = await db.batches.get(TENANT, batchId);
    expect(batch).toMatchObject({ status: 'completed', on_complete: { type: 'sleep', job_id: jobId } });
    const [row] = await db.sql(
      `SELECT j.tenant, j.type, j.queue, j.payload::text, j.status, j.max_attempts, j.timeout_seconds, j.submitted_by, j.batch_id,
              j.run_at = b.end_time AND j.wake_at = b.end_time AS is_due
       FROM jobs j CROSS JOIN batches b WHERE j.job_id = $1 AND b.batch_id = $2`,
      [jobId, batchId],
    );
    expect(row).toEqual({
      ...{ tenant: TENANT, type: 'sleep', queue: 'images', payload: '{"seconds":1e+300}', status: 'created' },
      ...{
        max_attempts: 4,
        timeout_seconds: 9,
        submitted_by: `batch:${batchId}`,
        batch_id: null,
        is_due: true,
      },
    });
  });

  it('is written when the batch is closed after its last job has ended', async () => {
    const { batchId, ids, follower: jobId } = await putBatch({ closes: false });
    await succeed(ids);
    expect(await follower(jobId)).toBeUndefined();
    const { batch } = await db.batches.put(TENANT, batchId, { onComplete: null, closes: true });
    expect(batch).toMatchObject({ status: 'completed', on_complete: { job_id: jobId } });
    expect(await follower(jobId)).toMatchObject({ status: 'created' });
  });

  it('is written immediately if the batch is closed without a job', async () => {
    const { follower: jobId } = await putBatch({ jobs: 0 });
    expect(await follower(jobId)).toMatchObject({ status: 'created' });
  });

  const ends: Record<string, (jobId: string) => Promise<unknown>> = {
    'a record': (jobId) => succeed([jobId]),
    'a cancellation': (jobId) => db.jobs.cancel(TENANT, jobId, ENTRY),
    'a claim of a job without an attempt left': async (jobId) => {
      await db.sql('UPDATE jobs SET max_attempts = 1 WHERE job_id = $1', [jobId]);
      await claim([jobId], 0);
      await db.attempts.claim([jobId], uuidv7(), 60_000);
    },
    'a dead letter': async (jobId) => {
      await db.sql('UPDATE jobs SET max_attempts = 1 WHERE job_id = $1', [jobId]);
      await claim([jobId], 0);
      await db.mending.settle([jobId]);
    },
    'a missing queue': (jobId) => db.mending.failWithoutQueue([jobId]),
    'a deletion': (jobId) => db.sql('DELETE FROM jobs WHERE job_id = $1', [jobId]),
  };
  it.each(Object.keys(ends))('is written and returned if the last job is ended by %s', async (name) => {
    const { batchId, ids, follower: jobId } = await putBatch({ jobs: 2 });
    const [first = '', last = ''] = ids;
    await succeed([first]);
    await ends[name]?.(last);
    expect(await db.attempts.onCompleteJobs([{ tenant: TENANT, batchId }])).toEqual([
      { jobId, tenant: TENANT, queue: 'images' },
    ]);
    expect(await db.batches.get(TENANT, batchId)).toMatchObject({ status: 'completed' });
  });

  it('is no longer returned once a worker has claimed it', async () => {
    const { batchId, follower: jobId } = await putBatch({ jobs: 0 });
    await claim([jobId]);
    await db.batches.put('other', batchId, { onComplete: onComplete(), closes: true });
    expect(await db.attempts.onCompleteJobs([{ tenant: TENANT, batchId }])).toEqual([]);
  });

  it('is written only once, even if a job of the completed batch is retried', async () => {
    const { batchId, ids, follower: jobId } = await putBatch({ jobs: 1 });
    const [only = ''] = ids;
    await db.jobs.cancel(TENANT, only, ENTRY);
    const completed = await db.batches.get(TENANT, batchId);
    await succeed([jobId]);
    await db.sql('DELETE FROM jobs WHERE job_id = $1', [jobId]);
    await db.jobs.resubmit(TENANT, only, uuidv7(), 0, entryOf('job.retry'));
    expect(await countsOf(batchId)).toEqual({ ...NONE, status: 'completed', jobs: 1, created: 1 });
    await succeed([only]);
    expect(await countsOf(batchId)).toEqual({ ...NONE, status: 'completed', jobs: 1, success: 1 });
    expect(await follower(jobId)).toBeUndefined();
    expect(await db.batches.get(TENANT, batchId)).toMatchObject({ end_time: completed?.end_time });
  });

  it('waits for a job that is retried before the batch is completed', async () => {
    const { ids, follower: jobId } = await putBatch({ jobs: 2 });
    const [first = '', last = ''] = ids;
    await db.jobs.cancel(TENANT, first, ENTRY);
    await db.jobs.resubmit(TENANT, first, uuidv7(), 0, entryOf('job.retry'));
    await succeed([last]);
    expect(await follower(jobId)).toBeUndefined();
    await succeed([first]);
    expect(await follower(jobId)).toMatchObject({ status: 'created' });
  });

  it('is written once, whichever of 16 connections ends the last of 320 jobs of four batches', async () => {
    const batches = await Promise.all(Array.from({ length: 4 }, () => putBatch({ jobs: 80 })));
    // Each statement records results for jobs from several batches, in an order that differs between statements.
    const jobIds = batches.flatMap(({ ids }) => ids).sort((a, b) => (a.slice(-6) < b.slice(-6) ? -1 : 1));
    const parts = Array.from({ length: 64 }, (_, index) => jobIds.slice(5 * index, 5 * index + 5));
    await Promise.all(
      Array.from({ length: 16 }, async () => {
        for (let part = parts.pop(); part; part = parts.pop()) await succeed(part);
      }),
    );
    for (const { batchId, follower: jobId } of batches) {
      expect(await countsOf(batchId)).toEqual({ ...NONE, status: 'completed', jobs: 80, success: 80 });
      expect(await follower(jobId)).toMatchObject({ status: 'created' });
    }
    const [deadlocks] = await db.sql<{ count: string }>(
      'SELECT deadlocks AS count FROM pg_stat_database WHERE datname = current_database()',
    );
    expect(deadlocks).toEqual({ count: '0' });
  });
});

describe('a batch', () => {
  it('accepts no more jobs once it is closed, but still returns existing jobs', async () => {
    const { batchId, ids } = await putBatch({ jobs: 1 });
    const [jobId = ''] = ids;
    await expect(db.jobs.insert([newJob({ batch_id: batchId })])).rejects.toThrow(BatchClosedError);
    await expect(db.jobs.insertThatFit([newJob({ batch_id: batchId })], 1_000_000)).rejects.toThrow(
      BatchClosedError,
    );
    const [known] = await db.jobs.insert([newJob({ job_id: jobId, batch_id: batchId })]);
    expect(known).toMatchObject({ inserted: true, job: { batch_id: batchId } });
    expect(await countsOf(batchId)).toMatchObject({ jobs: 1 });
  });

  it('is named by a record that ends one of its jobs', async () => {
    const { batchId, ids } = await putBatch({ jobs: 1 });
    const [jobId = ''] = ids;
    await claim(ids);
    expect(await db.attempts.record([result(jobId)])).toMatchObject([{ recorded: true, batchId }]);
    expect((await db.attempts.record([result(jobId)]))[0]?.batchId).toBeUndefined();
  });

  it('is named by a claim that ends one of its jobs', async () => {
    const { batchId, ids } = await putBatch({ jobs: 1 });
    await db.attempts.claim(ids, 'worker-1', 60_000);
    await db.sql(
      'UPDATE jobs SET lease_expires_at = now(), wake_at = now(), max_attempts = attempt WHERE job_id = ANY ($1)',
      [ids],
    );
    expect(await db.attempts.claim(ids, 'worker-2', 60_000)).toMatchObject([
      { verdict: 'finished', endedIn: { tenant: TENANT, batchId } },
    ]);
  });

  it('keeps its on_complete job, and the time of its closing, once it is closed', async () => {
    const { batchId } = await putBatch({ jobs: 1 });
    const put = (given: NewOnComplete | null) =>
      db.batches.put(TENANT, batchId, { onComplete: given, closes: true });
    const { batch, isRefused } = await put(onComplete());
    expect(isRefused).toBe(false);
    expect(await put(null)).toEqual({ batch, isRefused: false });
    expect(await put(onComplete({ payload: { seconds: 2 } }))).toMatchObject({ isRefused: true });
  });

  it('uses the last request’s on_complete job while it is open', async () => {
    const { batchId } = await putBatch({ jobs: 0, closes: false });
    const last = onComplete({ type: 'analyze' });
    await db.batches.put(TENANT, batchId, { onComplete: last, closes: false });
    const { batch } = await db.batches.put(TENANT, batchId, { onComplete: null, closes: true });
    expect(batch.on_complete).toEqual({ type: 'analyze', job_id: last.job_id });
  });

  it('is listed newest first, page by page, for its tenant', async () => {
    const ids: string[] = [];
    for (let index = 0; index < 5; index += 1) {
      ids.unshift((await putBatch({ jobs: 0, tenant: 'lists' })).batchId);
    }
    const first = await db.batches.list('lists', undefined, 3);
    const second = await db.batches.list('lists', first.at(-1)?.place, 3);
    expect([...first, ...second].map(({ batch }) => batch.batch_id)).toEqual(ids);
  });
});
