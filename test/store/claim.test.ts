import { describe, expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import type { Claim, ClaimedJob } from '../../lambdas/job/attempt-store.ts';
import { useJobDatabase } from '../helpers/job-database.ts';
import { newJob, putJob, result, snapshot, TENANT } from './job-rows.ts';

const LEASE_MS = 10_000;
const LEASE_ENDED = { status: 'running', leaseEndsInMs: -1_000 } as const;

const db = useJobDatabase();

async function claim(jobId: string, worker = 'worker-2'): Promise<Claim> {
  const [answer, ...more] = await db.attempts.claim([jobId], worker, LEASE_MS);
  if (!answer || more.length > 0) throw new Error('A claim for one job has one result.');
  return answer;
}

function jobOf(answer: Claim | undefined): ClaimedJob {
  if (answer?.verdict !== 'claimed') throw new Error(`The job was not claimed: ${JSON.stringify(answer)}`);
  return answer.job;
}

describe('a claim', () => {
  it('starts a due job’s first attempt, with a lease for the function’s timeout', async () => {
    const job = newJob({ payload: { seconds: 1 }, type: 'analyze', max_attempts: 3, timeout_seconds: 7 });
    await db.jobs.insert([job]);
    expect(await claim(job.job_id)).toEqual({
      jobId: job.job_id,
      verdict: 'claimed',
      job: {
        jobId: job.job_id,
        tenant: job.tenant,
        type: 'analyze',
        queue: 'default',
        payload: { seconds: 1 },
        attempt: 1,
        fence: 1,
        maxAttempts: 3,
        timeoutSeconds: 7,
        waitedMs: expect.any(Number),
      },
    });
    const [row] = await db.sql<Record<string, unknown>>(
      `SELECT status, attempt, worker, wake_at = lease_expires_at AS wakes_at_its_end,
              (extract(epoch FROM lease_expires_at - start_time) * 1000)::int AS lease_ms,
              now() - start_time < interval '5 s' AS starts_now
       FROM jobs WHERE job_id = $1`,
      [job.job_id],
    );
    expect(row).toEqual({
      status: 'running',
      attempt: 1,
      worker: 'worker-2',
      wakes_at_its_end: true,
      lease_ms: LEASE_MS,
      starts_now: true,
    });
    expect(await db.jobs.attempts(TENANT, job.job_id)).toMatchObject([
      { attempt: 1, end_time: null, outcome: null, message: null },
    ]);
  });

  it('reports that a job is not due, and until when', async () => {
    const answer = await claim(await putJob(db, { dueInMs: 60_000 }));
    expect(answer.verdict).toBe('waiting');
    const { dueInMs } = answer as { dueInMs: number };
    expect(dueInMs).toBeGreaterThan(50_000);
    expect(dueInMs).toBeLessThanOrEqual(60_000);
  });

  it('reports another worker’s live lease, and until when', async () => {
    const answer = await claim(await putJob(db, { status: 'running', leaseEndsInMs: 60_000 }));
    expect(answer.verdict).toBe('leased');
    const { leaseEndsInMs } = answer as { leaseEndsInMs: number };
    expect(leaseEndsInMs).toBeGreaterThan(50_000);
    expect(leaseEndsInMs).toBeLessThanOrEqual(60_000);
  });

  it('takes over a job with an expired lease as the next attempt, and records the previous one as lost', async () => {
    const jobId = await putJob(db, { ...LEASE_ENDED, maxAttempts: 2 });
    const before = await snapshot(db, jobId);
    expect(jobOf(await claim(jobId)).attempt).toBe(2);
    expect(await db.jobs.attempts(TENANT, jobId)).toMatchObject([
      { attempt: 1, outcome: 'lost', message: 'The worker stopped without an answer.' },
      { attempt: 2, outcome: null, end_time: null },
    ]);
    const after = await snapshot(db, jobId);
    expect(after.job.start_time).toBe(before.job.start_time);
    expect(after.job).toMatchObject({ status: 'running', attempt: 2, worker: 'worker-2' });
  });

  it('fails a job whose lease expired during its last attempt, and says why', async () => {
    const jobId = await putJob(db, { ...LEASE_ENDED, attempt: 3, maxAttempts: 3 });
    expect(await claim(jobId)).toEqual({
      jobId,
      verdict: 'finished',
      lost: { attempt: 3, status: 'failed', tenant: TENANT, type: 'sleep' },
    });
    const { job, attempts } = await snapshot(db, jobId);
    expect(job).toMatchObject({
      status: 'failed',
      message: 'The worker stopped without an answer on attempt 3 of 3.',
      worker: null,
      lease_expires_at: null,
      wake_at: null,
    });
    expect(job.end_time).not.toBeNull();
    expect(attempts).toMatchObject([{ outcome: 'failed' }, { outcome: 'failed' }, { outcome: 'lost' }]);
  });

  it.each([1, 2])(
    'cancels a job with a requested cancellation when its lease has expired, on attempt %s of 2',
    async (attempt) => {
      const jobId = await putJob(db, { ...LEASE_ENDED, attempt, maxAttempts: 2, cancelRequested: true });
      expect(await claim(jobId)).toEqual({
        jobId,
        verdict: 'finished',
        lost: { attempt, status: 'canceled', tenant: TENANT, type: 'sleep' },
      });
      expect((await snapshot(db, jobId)).job).toMatchObject({
        status: 'canceled',
        message: 'canceled by request',
      });
    },
  );

  it.each(['success', 'failed', 'canceled'] as const)(
    'reports a job that is %s as finished',
    async (status) => {
      const jobId = await putJob(db, { status });
      expect(await claim(jobId)).toEqual({ jobId, verdict: 'finished' });
    },
  );

  it('reports a missing job as unknown', async () => {
    const jobId = uuidv7();
    expect(await claim(jobId)).toEqual({ jobId, verdict: 'unknown' });
  });

  it('returns nothing for no jobs', async () => {
    expect(await db.attempts.claim([], 'worker-2', LEASE_MS)).toEqual([]);
  });
});

describe('a claim that is retried because its response was lost', () => {
  it('gets the same attempt back and changes nothing', async () => {
    const jobId = await putJob(db, { payload: { seconds: 1 } });
    const first = await claim(jobId);
    const before = await snapshot(db, jobId);
    // Only the first claim returns the waiting time, so that the metrics count the time once.
    expect(await claim(jobId)).toEqual({ ...first, job: { ...jobOf(first), waitedMs: undefined } });
    expect(await snapshot(db, jobId)).toEqual(before);
  });

  it('does not get a job that another worker now holds', async () => {
    const jobId = await putJob(db);
    await claim(jobId, 'worker-2');
    expect((await claim(jobId, 'worker-3')).verdict).toBe('leased');
  });

  it('starts the next attempt after its lease has expired', async () => {
    const jobId = await putJob(db, { ...LEASE_ENDED, worker: 'worker-2' });
    const again = await claim(jobId, 'worker-2');
    expect(jobOf(again)).toMatchObject({ attempt: 2 });
    expect(again).toMatchObject({ lost: { attempt: 1, status: 'running' } });
  });

  it('does not get the job after its result was recorded', async () => {
    const jobId = await putJob(db);
    await claim(jobId);
    await db.attempts.record([result(jobId)]);
    expect((await claim(jobId)).verdict).toBe('finished');
  });
});

describe('a claim for a batch', () => {
  it('decides about each job separately, in one statement', async () => {
    const [due, waiting, live, ended, exhausted, canceled, done] = await Promise.all([
      putJob(db, { payload: 'due' }),
      putJob(db, { dueInMs: 60_000 }),
      putJob(db, { status: 'running' }),
      putJob(db, { ...LEASE_ENDED, payload: 'ended' }),
      putJob(db, { ...LEASE_ENDED, maxAttempts: 1 }),
      putJob(db, { ...LEASE_ENDED, cancelRequested: true }),
      putJob(db, { status: 'success' }),
    ]);
    const held = await putJob(db, { payload: 'held' });
    await claim(held, 'worker-2');
    const unknown = uuidv7();
    const wanted = [unknown, done, canceled, exhausted, ended, live, waiting, due, held];

    const claims = await db.attempts.claim(wanted, 'worker-2', LEASE_MS);
    expect(claims).toHaveLength(wanted.length);
    const byId = new Map(claims.map((answer) => [answer.jobId, answer]));
    expect(wanted.map((jobId) => byId.get(jobId)?.verdict)).toEqual([
      'unknown',
      'finished',
      'finished',
      'finished',
      // The job's previous worker was lost, so the job must run alone. This worker is already running the `held` job.
      'putOff',
      'leased',
      'waiting',
      'claimed',
      'claimed',
    ]);
    expect(jobOf(byId.get(due))).toMatchObject({ attempt: 1, payload: 'due' });
    expect(jobOf(byId.get(held))).toMatchObject({ attempt: 1, payload: 'held' });
  });

  it('does not change other jobs', async () => {
    const bystander = await putJob(db, LEASE_ENDED);
    const before = await snapshot(db, bystander);
    await claim(await putJob(db));
    expect(await snapshot(db, bystander)).toEqual(before);
  });
});
