import { expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { useJobDatabase } from '../helpers/job-database.ts';
import { result } from './job-rows.ts';
import { claimJob, startJob, suspend } from './step-rows.ts';

const db = useJobDatabase();

/** Returns the totals of a type's history. `durations` is the histogram of running times. */
async function counted(type: string): Promise<unknown> {
  const [sums] = await db.sql(
    `SELECT sum(started)::int AS started, sum(retried)::int AS retried, sum(succeeded)::int AS succeeded, sum(failed)::int AS failed,
       sum(timed_out)::int AS timed_out, sum(run)::text AS durations
     FROM job_history WHERE type = $1`,
    [type],
  );
  return sums;
}

const NOTHING = { started: 0, retried: 0, succeeded: 0, failed: 0, timed_out: 0, durations: '0' };

async function startJobOfType(type: string) {
  const job = await startJob(db);
  // The claim was counted under the original type. All later events are counted under the new type.
  await db.sql('UPDATE jobs SET type = $2 WHERE job_id = $1', [job.jobId, type]);
  return job;
}

it('the history does not count suspensions and continuations as starts or retries', async () => {
  const type = uuidv7();
  const job = await startJobOfType(type);
  await suspend(db, job, []);
  await suspend(db, await claimJob(db, job.jobId), []);
  const { fence } = await claimJob(db, job.jobId);
  expect(await db.sql('SELECT FROM job_history WHERE type = $1', [type])).toEqual([]);
  await db.attempts.record([result(job.jobId, { fence })]);
  // The attempt's duration is not counted as running time, because the job may have been waiting for most of that duration.
  expect(await counted(type)).toEqual({ ...NOTHING, succeeded: 1 });
});

it('the history counts a failed attempt after a suspension', async () => {
  const type = uuidv7();
  const job = await startJobOfType(type);
  await suspend(db, job, []);
  const { fence } = await claimJob(db, job.jobId);
  await db.attempts.record([
    result(job.jobId, { fence, status: 'created', outcome: 'failed', message: 'broken' }),
  ]);
  await claimJob(db, job.jobId);
  expect(await counted(type)).toEqual({ ...NOTHING, started: 1, retried: 1 });
});

it('the history counts a suspended job beyond its maximum duration as timed out', async () => {
  const type = uuidv7();
  const job = await startJobOfType(type);
  await suspend(db, job, []);
  await db.sql('UPDATE jobs SET expires_at = now() WHERE job_id = $1', [job.jobId]);
  await db.attempts.claim([job.jobId], 'worker-2', 60_000);
  expect(await counted(type)).toEqual({ ...NOTHING, timed_out: 1, failed: 1 });
});
