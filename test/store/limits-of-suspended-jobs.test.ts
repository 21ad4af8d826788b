import { describe, expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { entryOf } from '../helpers/audit-entries.ts';
import { useJobDatabase } from '../helpers/job-database.ts';
import { putJob, result } from './job-rows.ts';
import { claimJob, startJob, suspend, suspendForSignal } from './step-rows.ts';

const db = useJobDatabase();

const MINUTE = 60_000;

describe('the limits of a suspended job', () => {
  it('free its slot for others, and make it wait for a slot when it continues', async () => {
    const key = uuidv7();
    const limited = async () => {
      const jobId = await putJob(db);
      await db.sql('UPDATE jobs SET concurrency_key = $2, concurrency_limit = 1 WHERE job_id = $1', [
        jobId,
        key,
      ]);
      return jobId;
    };
    const job = await claimJob(db, await limited());
    const other = await limited();
    expect(await db.attempts.claim([other], 'worker-2', MINUTE)).toMatchObject([{ verdict: 'parked' }]);
    expect(await suspend(db, job, [])).toMatchObject({ woken: [{ jobId: other }] });
    const running = await claimJob(db, other);
    expect(await db.attempts.claim([job.jobId], 'worker-3', MINUTE)).toMatchObject([{ verdict: 'parked' }]);
    expect(await db.attempts.record([result(other, { fence: running.fence })])).toMatchObject([
      { woken: [{ jobId: job.jobId }] },
    ]);
    expect(await claimJob(db, job.jobId)).toMatchObject({ attempt: 1 });
  });

  it('do not use up another start of its rate limit', async () => {
    const key = uuidv7();
    const jobId = await putJob(db);
    await db.sql(
      'UPDATE jobs SET rate_key = $2, rate_limit = 1, rate_seconds = 3600, rate_burst = 1 WHERE job_id = $1',
      [jobId, key],
    );
    await suspend(db, await claimJob(db, jobId), []);
    expect(await claimJob(db, jobId)).toMatchObject({ attempt: 1 });
  });

  it('count it as in flight unless it waits for a signal or for children', async () => {
    const tenant = uuidv7();
    const inFlight = async () => {
      const [row] = await db.sql<{ jobs: string }>('SELECT 100 - room_for_jobs($1, 100) AS jobs', [tenant]);
      return Number(row?.jobs);
    };
    const job = await startJob(db);
    await db.sql('UPDATE jobs SET tenant = $2 WHERE job_id = $1', [job.jobId, tenant]);
    expect(await inFlight()).toBe(1);
    await suspendForSignal(db, job);
    expect(await inFlight()).toBe(0);
    await db.sql('UPDATE jobs SET run_at = now(), wake_at = now(), waits_for = NULL WHERE job_id = $1', [
      job.jobId,
    ]);
    expect(await inFlight()).toBe(1);
    const continued = await claimJob(db, job.jobId);
    await db.steps.wait(continued, { step: 'nap', kind: 'sleep', forMs: MINUTE });
    await suspend(db, continued, ['nap']);
    expect(await inFlight()).toBe(1);
    await db.jobs.cancel(tenant, job.jobId, { ...entryOf('job.cancel') });
    expect(await inFlight()).toBe(0);
  });
});
