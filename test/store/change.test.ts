import { describe, expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { entryOf } from '../helpers/audit-entries.ts';
import { useJobDatabase } from '../helpers/job-database.ts';
import { CALLBACK, putJob, result, snapshot, TENANT } from './job-rows.ts';
import { meetAtRows } from './locked-rows.ts';

const LEASE_MS = 60_000;

const db = useJobDatabase();

describe('a cancellation', () => {
  it('ends a waiting job, which the sweeper then ignores', async () => {
    const jobId = await putJob(db, { dueInMs: 60_000 });
    const change = await db.jobs.cancel(TENANT, jobId, entryOf('job.cancel'));
    expect(change).toMatchObject({
      applied: true,
      job: { status: 'canceled', message: 'canceled by request', cancel_requested: true },
    });
    expect(change?.job.end_time).not.toBeNull();
    expect((await snapshot(db, jobId)).job.wake_at).toBeNull();
  });

  it('of a running job is recorded, and does not change its lease', async () => {
    const jobId = await putJob(db, { status: 'running' });
    const before = await snapshot(db, jobId);
    expect(await db.jobs.cancel(TENANT, jobId, entryOf('job.cancel'))).toMatchObject({
      applied: true,
      job: { status: 'running', cancel_requested: true, end_time: null, message: null },
    });
    const after = await snapshot(db, jobId);
    expect({ ...after.job, cancel_requested_at: null }).toEqual(before.job);
  });

  it('keeps the time of the first request if it is repeated', async () => {
    const jobId = await putJob(db, { status: 'running' });
    await db.jobs.cancel(TENANT, jobId, entryOf('job.cancel'));
    const before = await snapshot(db, jobId);
    expect(await db.jobs.cancel(TENANT, jobId, entryOf('job.cancel'))).toMatchObject({ applied: true });
    expect(await snapshot(db, jobId)).toEqual(before);
  });

  it.each(['success', 'failed', 'canceled'] as const)(
    'does not apply to a job that is %s',
    async (status) => {
      const jobId = await putJob(db, { status });
      expect(await db.jobs.cancel(TENANT, jobId, entryOf('job.cancel'))).toMatchObject({
        applied: false,
        job: { job_id: jobId, status },
      });
    },
  );

  it('does not find missing jobs or other tenants’ jobs', async () => {
    const jobId = await putJob(db);
    expect(await db.jobs.cancel('other', jobId, entryOf('job.cancel'))).toBeUndefined();
    expect(await db.jobs.cancel(TENANT, uuidv7(), entryOf('job.cancel'))).toBeUndefined();
    expect((await snapshot(db, jobId)).job.status).toBe('created');
  });
});

describe('a resubmission', () => {
  it.each(['failed', 'canceled'] as const)(
    'requeues a job that is %s as if it had never ended',
    async (status) => {
      const jobId = await putJob(db, { status, cancelRequested: status === 'canceled', maxAttempts: 5 });
      const change = await db.jobs.resubmit(TENANT, jobId, CALLBACK, 0, entryOf('job.retry'));
      expect(change).toMatchObject({
        applied: true,
        job: {
          status: 'created',
          attempt: 1,
          max_attempts: 5,
          end_time: null,
          message: null,
          result: null,
          cancel_requested: false,
        },
      });
      const { job } = await snapshot(db, jobId);
      for (const at of [job.run_at, job.wake_at]) {
        expect(Math.abs(Date.parse(at as string) - Date.now())).toBeLessThan(5_000);
      }
    },
  );

  it('allows at least one more attempt, and continues the numbering', async () => {
    const jobId = await putJob(db, { status: 'failed', attempt: 3, maxAttempts: 3 });
    expect(await db.jobs.resubmit(TENANT, jobId, CALLBACK, 0, entryOf('job.retry'))).toMatchObject({
      job: { attempt: 3, max_attempts: 4 },
    });
    expect(await db.attempts.claim([jobId], 'worker', LEASE_MS)).toMatchObject([
      { verdict: 'claimed', job: { attempt: 4, maxAttempts: 4 } },
    ]);
    expect((await db.jobs.attempts(TENANT, jobId))?.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4]);
  });

  it('has the same result and applies once if it is retried after a lost response', async () => {
    const [request, other] = [uuidv7(), uuidv7()];
    const jobId = await putJob(db, { status: 'failed', maxAttempts: 1 });
    await db.jobs.resubmit(TENANT, jobId, request, 0, entryOf('job.retry'));
    const again = () => db.jobs.resubmit(TENANT, jobId, request, 0, entryOf('job.retry'));
    const waiting = await snapshot(db, jobId);
    expect(await again()).toMatchObject({ applied: true, job: { status: 'created', max_attempts: 2 } });
    expect(await db.jobs.resubmit(TENANT, jobId, other, 0, entryOf('job.retry'))).toMatchObject({
      applied: false,
    });
    expect(await snapshot(db, jobId)).toEqual(waiting);
    // The retry may come arbitrarily late.
    await db.attempts.claim([jobId], 'worker', LEASE_MS);
    expect(await again()).toMatchObject({ applied: true, job: { status: 'running' } });
    await db.attempts.record([result(jobId, { attempt: 2, status: 'failed', outcome: 'failed' })]);
    expect(await again()).toMatchObject({ applied: true, job: { status: 'failed' } });
    expect(await db.jobs.resubmit(TENANT, jobId, other, 0, entryOf('job.retry'))).toMatchObject({
      applied: true,
      job: { status: 'created', max_attempts: 3 },
    });
  });

  it('rejects writes by an earlier attempt', async () => {
    const jobId = await putJob(db, { status: 'running', leaseEndsInMs: -1_000, maxAttempts: 1 });
    await db.attempts.claim([jobId], 'worker', LEASE_MS);
    await db.jobs.resubmit(TENANT, jobId, CALLBACK, 0, entryOf('job.retry'));
    await db.attempts.claim([jobId], 'worker', LEASE_MS);
    expect(await db.attempts.record([result(jobId, { attempt: 1 })])).toMatchObject([{ recorded: false }]);
    expect((await snapshot(db, jobId)).job).toMatchObject({ status: 'running', attempt: 2 });
  });

  it.each(['created', 'running', 'success'] as const)(
    'does not apply to a job that is %s',
    async (status) => {
      const jobId = await putJob(db, { status });
      expect(await db.jobs.resubmit(TENANT, jobId, CALLBACK, 0, entryOf('job.retry'))).toMatchObject({
        applied: false,
        job: { status },
      });
    },
  );

  it('does not find missing jobs or other tenants’ jobs', async () => {
    const jobId = await putJob(db, { status: 'failed' });
    expect(await db.jobs.resubmit('other', jobId, CALLBACK, 0, entryOf('job.retry'))).toBeUndefined();
    expect(await db.jobs.resubmit(TENANT, uuidv7(), CALLBACK, 0, entryOf('job.retry'))).toBeUndefined();
    expect((await snapshot(db, jobId)).job.status).toBe('failed');
  });

  it('by two clients at once applies once, and the other client finds the job waiting', async () => {
    const jobId = await putJob(db, { status: 'failed' });
    const [one, other] = await meetAtRows(
      db,
      [jobId],
      [
        () => db.jobs.resubmit(TENANT, jobId, CALLBACK, 0, entryOf('job.retry')),
        () => db.jobs.resubmit(TENANT, jobId, uuidv7(), 0, entryOf('job.retry')),
      ],
    );
    expect([one, other]).toMatchObject([
      { applied: true, job: { status: 'created' } },
      { applied: false, job: { status: 'created' } },
    ]);
  });
});

describe('a change that waits for another change', () => {
  it('resubmits a job that fails concurrently', async () => {
    const jobId = await putJob(db, { status: 'running' });
    const [, change] = await meetAtRows(
      db,
      [jobId],
      [
        () => db.attempts.record([result(jobId, { status: 'failed', outcome: 'failed' })]),
        () => db.jobs.resubmit(TENANT, jobId, CALLBACK, 0, entryOf('job.retry')),
      ],
    );
    expect(change).toMatchObject({ applied: true, job: { status: 'created' } });
  });

  it('cancels a job that is resubmitted concurrently', async () => {
    const jobId = await putJob(db, { status: 'failed' });
    const [, change] = await meetAtRows(
      db,
      [jobId],
      [
        () => db.jobs.resubmit(TENANT, jobId, CALLBACK, 0, entryOf('job.retry')),
        () => db.jobs.cancel(TENANT, jobId, entryOf('job.cancel')),
      ],
    );
    expect(change).toMatchObject({ applied: true, job: { status: 'canceled' } });
  });

  it('does not cancel a job that succeeds concurrently', async () => {
    const jobId = await putJob(db, { status: 'running' });
    const [, change] = await meetAtRows(
      db,
      [jobId],
      [() => db.attempts.record([result(jobId)]), () => db.jobs.cancel(TENANT, jobId, entryOf('job.cancel'))],
    );
    expect(change).toMatchObject({ applied: false, job: { status: 'success', cancel_requested: false } });
  });

  it('cancels a job instead of recording its retry if the job is canceled concurrently', async () => {
    const jobId = await putJob(db, { status: 'running' });
    const [, records] = await meetAtRows(
      db,
      [jobId],
      [
        () => db.jobs.cancel(TENANT, jobId, entryOf('job.cancel')),
        () => db.attempts.record([result(jobId, { status: 'created', outcome: 'failed' })]),
      ],
    );
    expect(records).toMatchObject([{ recorded: true, status: 'canceled' }]);
  });
});

describe('a job’s attempts', () => {
  it('are listed in order, each with its outcome', async () => {
    const jobId = await putJob(db, { status: 'running', attempt: 3, maxAttempts: 3 });
    const attempts = await db.jobs.attempts(TENANT, jobId);
    expect(attempts).toMatchObject([
      { attempt: 1, outcome: 'failed', message: 'broken' },
      { attempt: 2, outcome: 'failed', message: 'broken' },
      { attempt: 3, outcome: null, message: null, end_time: null },
    ]);
    expect(Object.keys(attempts?.[0] ?? {})).toEqual([
      'attempt',
      'start_time',
      'end_time',
      'outcome',
      'message',
      'stack',
      'log',
    ]);
    expect(attempts?.[0]?.start_time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  it('are empty for a job that was never claimed, and undefined for missing jobs and other tenants’ jobs', async () => {
    const jobId = await putJob(db);
    expect(await db.jobs.attempts(TENANT, jobId)).toEqual([]);
    expect(await db.jobs.attempts('other', jobId)).toBeUndefined();
    expect(await db.jobs.attempts(TENANT, uuidv7())).toBeUndefined();
  });
});
