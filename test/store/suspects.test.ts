import { describe, expect, it } from '@jest/globals';
import type { Claim } from '../../lambdas/job/attempt-store.ts';
import { useJobDatabase } from '../helpers/job-database.ts';
import { putJob, result, TENANT } from './job-rows.ts';

const LEASE_MS = 10_000;
const LEASE_ENDED = { status: 'running', leaseEndsInMs: -1_000, attempt: 1, maxAttempts: 3 } as const;

const db = useJobDatabase();

/** Claims the jobs, and returns the verdicts in the same order. */
async function claim(jobIds: readonly string[], worker = 'worker-2'): Promise<string[]> {
  const claims = await db.attempts.claim(jobIds, worker, LEASE_MS);
  const verdictOf = new Map(claims.map((each) => [each.jobId, verdictIn(each)]));
  return jobIds.map((jobId) => verdictOf.get(jobId) ?? 'no row');
}

function verdictIn(claimed: Claim): string {
  return claimed.verdict === 'claimed' && claimed.runsAlone ? 'alone' : claimed.verdict;
}

/** Creates a job that lost its first attempt and is waiting for its second attempt, as if a client had retried the job. */
async function putWaitingSuspect(priority = 5): Promise<string> {
  const jobId = await putJob(db, { attempt: 1 });
  await db.sql(`UPDATE job_attempts SET outcome = 'lost' WHERE job_id = $1`, [jobId]);
  await db.sql('UPDATE jobs SET priority = $2 WHERE job_id = $1', [jobId, priority]);
  return jobId;
}

function outcomes(jobId: string): Promise<unknown[]> {
  return db.jobs.attempts(TENANT, jobId).then((attempts) => attempts?.map(({ outcome }) => outcome) ?? []);
}

describe('a claim of several jobs', () => {
  it('starts only the first job with an expired lease, and leaves the other jobs unchanged', async () => {
    const fresh = await putJob(db);
    const suspects = [await putJob(db, LEASE_ENDED), await putJob(db, LEASE_ENDED)];
    expect(await claim([fresh, ...suspects])).toEqual(['putOff', 'alone', 'putOff']);
    expect(await outcomes(suspects[0] ?? '')).toEqual(['lost', null]);
    expect(await outcomes(suspects[1] ?? '')).toEqual([null]);
    expect(await outcomes(fresh)).toEqual([]);
    expect(await claim([fresh, suspects[1] ?? ''], 'worker-3')).toEqual(['putOff', 'alone']);
    expect(await claim([fresh], 'worker-4')).toEqual(['claimed']);
  });

  it('names the tenant and the queue of the jobs that it puts off, for their new messages', async () => {
    const fresh = await putJob(db, { queue: 'images' });
    const suspect = await putJob(db, LEASE_ENDED);
    expect(await db.attempts.claim([fresh, suspect], 'worker-2', LEASE_MS)).toContainEqual({
      jobId: fresh,
      verdict: 'putOff',
      job: { jobId: fresh, tenant: TENANT, queue: 'images' },
    });
  });

  it('ends jobs without attempts left, even together with a suspect', async () => {
    const suspect = await putJob(db, LEASE_ENDED);
    const exhausted = await putJob(db, { ...LEASE_ENDED, maxAttempts: 1 });
    const canceled = await putJob(db, { ...LEASE_ENDED, cancelRequested: true });
    expect(await claim([suspect, exhausted, canceled])).toEqual(['alone', 'finished', 'finished']);
  });

  it('returns the same result if it is retried because its response was lost', async () => {
    const jobs = [await putJob(db), await putJob(db, LEASE_ENDED), await putJob(db, LEASE_ENDED)];
    const verdicts = await claim(jobs);
    expect(verdicts).toEqual(['putOff', 'alone', 'putOff']);
    expect(await claim(jobs)).toEqual(verdicts);
  });

  it('starts no suspect together with jobs that the worker already runs', async () => {
    const jobs = [await putJob(db), await putJob(db)];
    await claim(jobs);
    const suspect = await putJob(db, LEASE_ENDED);
    expect(await claim([...jobs, suspect])).toEqual(['claimed', 'claimed', 'putOff']);
    const own = await putJob(db);
    const urgent = await putJob(db);
    await db.sql('UPDATE jobs SET priority = 0 WHERE job_id = $1', [urgent]);
    expect(await claim([own], 'worker-5')).toEqual(['yielded']);
    expect(await claim([own, suspect], 'worker-5')).toEqual(['yielded', 'putOff']);
  });

  it('starts a job alone if a client retried it after its last attempt was lost', async () => {
    const jobs = [await putJob(db), await putWaitingSuspect()];
    expect(await claim(jobs)).toEqual(['putOff', 'alone']);
  });

  it('starts jobs together if their last attempts had outcomes', async () => {
    const retried = await putJob(db, { attempt: 1 });
    const recovered = await putWaitingSuspect();
    await claim([recovered]);
    await db.attempts.record([
      result(recovered, { attempt: 2, status: 'created', outcome: 'failed', message: 'broken' }),
    ]);
    await db.sql('UPDATE jobs SET max_attempts = 3 WHERE job_id = $1', [recovered]);
    expect(await claim([retried, recovered, await putJob(db)])).toEqual(['claimed', 'claimed', 'claimed']);
  });
});

it('a delivery does not run a suspect in place of its own job, however urgent the suspect is', async () => {
  const own = await putJob(db);
  const suspect = await putWaitingSuspect(0);
  expect(await claim([own])).toEqual(['claimed']);
  expect(await claim([suspect])).toEqual(['alone']);
});
