import { describe, expect, it } from '@jest/globals';
import type { Failure } from '../../lambdas/job/failure.ts';
import * as schemas from '../../lambdas/job/job-schema.ts';
import { JOB_STATUSES } from '../../lambdas/job/status.ts';
import { entryOf } from '../helpers/audit-entries.ts';
import { useJobDatabase } from '../helpers/job-database.ts';
import { newJob, putJob, result, NEWEST_FIRST, TENANT } from './job-rows.ts';

const db = useJobDatabase();

/** Strict schemas, which also reject unknown fields. */
const summary = schemas.jobSummary.strict();
const whole = schemas.job.strict();
const attempt = schemas.attempt.strict();

/** Creates a job with all fields set: progress, a message, a result, a callback and an attempt. */
async function endedJob(): Promise<string> {
  const callback = { url: 'https://example.org', max_attempts: 1, timeout_seconds: 20 };
  const job = newJob({ object_id: 'object', callback: { ...callback, job_id: newJob().job_id } });
  await db.jobs.insert([job]);
  await db.attempts.claim([job.job_id], 'worker', 60_000);
  await db.attempts.record([
    result(job.job_id, { result: { done: true }, progress: { fraction: 0.5, note: 'half' } }),
  ]);
  return job.job_id;
}

describe('the store’s rows have exactly the fields of the job’s schema', () => {
  it.each(JOB_STATUSES)('for a %s job', async (status) => {
    const jobId = await putJob(db, { status });
    expect(whole.parse(await db.jobs.get(TENANT, jobId))).toMatchObject({ job_id: jobId, status });
  });

  it('for a job with every field set', async () => {
    const jobId = await endedJob();
    const job = whole.parse(await db.jobs.get(TENANT, jobId));
    expect(job).toMatchObject({ result: { done: true }, progress: { fraction: 0.5, note: 'half' } });
    expect(job.callback_job_id).not.toBeNull();
  });

  it('for listed, found and inserted jobs', async () => {
    const [inserted] = await db.jobs.insert([newJob()]);
    const jobId = summary.parse(inserted?.job).job_id;
    expect((await db.jobs.find(TENANT, [jobId])).map((job) => summary.parse(job).job_id)).toEqual([jobId]);
    const [newest] = (await db.jobs.list({ tenant: TENANT, ...NEWEST_FIRST, limit: 1 })).jobs;
    expect(summary.parse(newest).job_id).toBe(jobId);
  });

  it('for held jobs, with the time when they were due', async () => {
    const concurrency = { key: 'shape', limit: 1 };
    const jobs = [newJob({ concurrency }), newJob({ concurrency }), newJob({ concurrency })];
    await db.jobs.insert(jobs);
    const [first = '', second = ''] = jobs.map(({ job_id: id }) => id);
    const ids = jobs.map(({ job_id: id }) => id);
    for (const id of ids) await db.attempts.claim([id], 'worker', 60_000);
    const parked = whole.parse(await db.jobs.get(TENANT, second));
    expect(parked).toMatchObject({ status: 'created', held_by: 'concurrency', run_at: parked.create_time });
    const [row] = await db.sql<{ attempt: number; fence: number }>(
      'SELECT attempt, fence::int FROM jobs WHERE job_id = $1',
      [first],
    );
    await db.attempts.record([result(first, row)]);
    // The woken job has a slot, and is waiting only for its message.
    expect(whole.parse(await db.jobs.get(TENANT, second))).toMatchObject({ held_by: null });
    expect(whole.parse(await db.jobs.get(TENANT, ids[2] ?? ''))).toMatchObject({ held_by: 'concurrency' });
  });

  it('for canceled and resubmitted jobs', async () => {
    const [inserted] = await db.jobs.insert([newJob()]);
    const jobId = inserted?.job.job_id ?? '';
    expect(whole.parse((await db.jobs.cancel(TENANT, jobId, entryOf('job.cancel')))?.job).status).toBe(
      'canceled',
    );
    const again = await db.jobs.resubmit(TENANT, jobId, newJob().job_id, 0, entryOf('job.retry'));
    expect(whole.parse(again?.job).status).toBe('created');
  });

  it('for attempts', async () => {
    const attempts = await db.jobs.attempts(TENANT, await endedJob());
    expect(attempts?.map((row) => attempt.parse(row))).toMatchObject([
      { outcome: 'success', stack: null, log: [] },
    ]);
  });

  it('for a failed attempt', async () => {
    const jobId = await putJob(db, { status: 'running' });
    const failure: Failure = {
      stack: 'Error: broken\n    at run (jobs/index.ts:1:2)',
      log: [{ time: '2026-11-27T12:00:00.000Z', level: 'info', message: 'Now.', fields: { a: [1] } }],
    };
    await db.attempts.record([
      result(jobId, { status: 'failed', outcome: 'failed', message: 'broken', failure }),
    ]);
    const attempts = await db.jobs.attempts(TENANT, jobId);
    expect(attempts?.map((row) => attempt.parse(row))).toMatchObject([{ outcome: 'failed', ...failure }]);
  });
});
