import { describe, expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { entryOf } from '../helpers/audit-entries.ts';
import { useJobDatabase } from '../helpers/job-database.ts';
import { bulkRounds } from './bulk-rounds.ts';
import { putJob, snapshot, TENANT } from './job-rows.ts';
import { claimJob, startJob, suspend, suspendForSignal } from './step-rows.ts';

const db = useJobDatabase();

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

describe('the maximum duration', () => {
  it('is a day from the first start by default, and is set once', async () => {
    for (const seconds of [null, 3_600]) {
      const job = await startJob(db);
      await db.sql('UPDATE jobs SET max_duration_seconds = $2 WHERE job_id = $1', [job.jobId, seconds]);
      expect((await snapshot(db, job.jobId)).job.expires_at).toBeNull();
      await suspendForSignal(db, job);
      const { job: first } = await snapshot(db, job.jobId);
      const expected = Date.parse(String(first.start_time)) + (seconds === null ? DAY : seconds * 1_000);
      expect(Date.parse(String(first.expires_at))).toBe(expected);
      expect(first.run_at).toBe(first.expires_at);
      await db.sql(
        `UPDATE jobs SET run_at = now(), wake_at = now(), start_time = start_time + interval '1 s' WHERE job_id = $1`,
        [job.jobId],
      );
      await suspend(db, await claimJob(db, job.jobId), ['wait']);
      expect((await snapshot(db, job.jobId)).job.expires_at).toBe(first.expires_at);
    }
  });

  it('ends a sleep that would last longer', async () => {
    const job = await startJob(db);
    await db.steps.wait(job, { step: 'nap', kind: 'sleep', forMs: 2 * DAY });
    await suspend(db, job, ['nap']);
    const { job: stored } = await snapshot(db, job.jobId);
    expect(stored.run_at).toBe(stored.expires_at);
  });

  it('fails a suspended job at its next claim, with its attempt and its callback', async () => {
    const job = await startJob(db);
    const callbackId = uuidv7();
    await db.sql(
      `UPDATE jobs SET max_duration_seconds = 60, start_time = now() - interval '2 min', callback = $2::jsonb
       WHERE job_id = $1`,
      [
        job.jobId,
        JSON.stringify({
          job_id: callbackId,
          url: 'https://example.org',
          max_attempts: 1,
          timeout_seconds: 10,
        }),
      ],
    );
    expect(await suspendForSignal(db, job)).toMatchObject({ recorded: true, dueInMs: 0 });
    expect(await db.attempts.claim([job.jobId], 'worker-2', 1_000)).toEqual([
      {
        jobId: job.jobId,
        verdict: 'finished',
        callback: { jobId: callbackId, tenant: TENANT, queue: 'default' },
      },
    ]);
    const message = 'exceeded max_duration_seconds of 60 s';
    const stored = await snapshot(db, job.jobId);
    expect(stored.job).toMatchObject({
      status: 'failed',
      message,
      continues: false,
      waits_for: null,
      wake_at: null,
    });
    expect(stored.attempts).toMatchObject([{ outcome: 'timeout', message, end_time: stored.job.end_time }]);
  });
});

describe('a suspended job that ends', () => {
  it('also ends its attempt if it is canceled', async () => {
    const job = await startJob(db);
    await suspendForSignal(db, job);
    await db.jobs.cancel(TENANT, job.jobId, entryOf('job.cancel'));
    const stored = await snapshot(db, job.jobId);
    expect(stored.job).toMatchObject({ status: 'canceled', continues: false, waits_for: null });
    expect(stored.attempts).toMatchObject([
      { outcome: 'canceled', message: 'canceled by request', end_time: stored.job.end_time },
    ]);
  });

  it('also ends its attempt if it is canceled in bulk, and a bulk retry repeats its other steps', async () => {
    const { putBulkJob, change } = bulkRounds(db);
    const job = await startJob(db);
    await db.sql(`UPDATE jobs SET type = 'long' WHERE job_id = $1`, [job.jobId]);
    await db.steps.record(job, { step: 'done', kind: 'run', status: 'success', failures: 0 });
    await suspendForSignal(db, job);
    const filter = { type: 'long' };
    await change(await putBulkJob(), 'cancel', { filter });
    const stored = await snapshot(db, job.jobId);
    expect(stored.job).toMatchObject({ status: 'canceled', continues: false, waits_for: null });
    expect(stored.attempts).toMatchObject([{ outcome: 'canceled' }]);
    await change(await putBulkJob(), 'retry', { filter });
    const retried = await claimJob(db, job.jobId);
    expect(retried).toMatchObject({ attempt: 2, steps: [{ step: 'done' }] });
    expect(retried.steps).toHaveLength(1);
  });

  it('also fails its attempt if its queue was removed', async () => {
    const job = await startJob(db);
    await suspendForSignal(db, job);
    await db.mending.failWithoutQueue([job.jobId]);
    const stored = await snapshot(db, job.jobId);
    expect(stored.job).toMatchObject({ status: 'failed', continues: false, waits_for: null });
    expect(stored.attempts).toMatchObject([{ outcome: 'failed', message: stored.job.message }]);
  });

  it('is canceled instead of suspended if a client requested that while it ran', async () => {
    const job = await startJob(db);
    await db.jobs.cancel(TENANT, job.jobId, entryOf('job.cancel'));
    expect(await suspendForSignal(db, job)).toMatchObject({ recorded: true, status: 'canceled' });
    const stored = await snapshot(db, job.jobId);
    expect(stored.job).toMatchObject({
      status: 'canceled',
      continues: false,
      waits_for: null,
      expires_at: null,
    });
    expect(stored.attempts).toMatchObject([{ outcome: 'canceled', message: 'canceled by request' }]);
  });
});

describe('a retry by request', () => {
  /** Cancels, retries and claims a suspended job, and then returns the job's steps. */
  async function retriedSteps(jobId: string) {
    await db.jobs.cancel(TENANT, jobId, entryOf('job.cancel'));
    await db.jobs.resubmit(TENANT, jobId, uuidv7(), 0, entryOf('job.retry'));
    return (await claimJob(db, jobId)).steps;
  }

  it('keeps the successful steps, and repeats the others', async () => {
    const job = await startJob(db);
    const step = { kind: 'run', failures: 0 } as const;
    await db.steps.record(job, { ...step, step: 'done', status: 'success', result: 1 });
    await db.steps.record(job, { ...step, step: 'broken', status: 'failed', message: 'broken' });
    await db.steps.record(job, { ...step, step: 'next', status: 'waiting', dueInMs: MINUTE });
    await suspend(db, job, ['next']);
    await db.jobs.cancel(TENANT, job.jobId, entryOf('job.cancel'));
    const before = await snapshot(db, job.jobId);
    await db.jobs.resubmit(TENANT, job.jobId, uuidv7(), 0, entryOf('job.retry'));
    const { job: after } = await snapshot(db, job.jobId);
    expect(after).toMatchObject({ status: 'created', continues: false, waits_for: null });
    expect(Date.parse(String(after.expires_at))).toBeGreaterThan(Date.parse(String(before.job.expires_at)));
    const retried = await claimJob(db, job.jobId);
    expect(retried.attempt).toBe(2);
    expect(retried.steps).toMatchObject([{ step: 'done', result: 1 }]);
  });

  it('keeps a sleep that is over, and restarts one that is not', async () => {
    const job = await startJob(db);
    await db.steps.wait(job, { step: 'over', kind: 'sleep', forMs: -1 });
    await db.steps.wait(job, { step: 'ahead', kind: 'sleep', forMs: MINUTE });
    await suspend(db, job, ['ahead']);
    expect(await retriedSteps(job.jobId)).toMatchObject([{ step: 'over', kind: 'sleep' }]);
  });

  it('does not repeat steps recorded after a failed one', async () => {
    const job = await startJob(db);
    const step = { kind: 'run', failures: 0 } as const;
    await db.steps.record(job, { ...step, step: 'charge', status: 'success' });
    await db.steps.record(job, { ...step, step: 'ship', status: 'failed', message: 'broken' });
    await db.steps.record(job, { ...step, step: 'refund', status: 'success' });
    await suspend(db, job, []);
    expect(await retriedSteps(job.jobId)).toMatchObject([
      { step: 'charge', detail: {} },
      { step: 'refund', detail: { isOptional: true } },
    ]);
  });

  it('does not repeat steps recorded after a map with a failed child', async () => {
    const job = await startJob(db);
    await db.steps.wait(job, { step: 'map', kind: 'map', total: 0, type: 'sleep' });
    await db.steps.record(job, { step: 'report', kind: 'run', failures: 0, status: 'success' });
    await suspend(db, job, []);
    expect(await retriedSteps(job.jobId)).toEqual([
      expect.objectContaining({ step: 'map', detail: { total: 0, type: 'sleep' } }),
      expect.objectContaining({ step: 'report', detail: { isOptional: true } }),
    ]);
  });

  it('lets any version of the code continue the job', async () => {
    const job = await startJob(db);
    const step = { kind: 'run', failures: 0, status: 'success' } as const;
    await db.steps.record(job, { ...step, step: 'done', detail: { version: '3' } });
    await db.steps.wait(job, { step: 'wait', kind: 'signal', signal: 'go', timeoutMs: 0, version: '3' });
    await suspend(db, job, []);
    const claim = await claimJob(db, job.jobId);
    expect(claim.steps?.map(({ detail }) => detail)).toEqual([
      { version: '3' },
      { signal: 'go', version: '3' },
    ]);
    await suspend(db, claim, []);
    await db.jobs.cancel(TENANT, job.jobId, entryOf('job.cancel'));
    await db.jobs.resubmit(TENANT, job.jobId, uuidv7(), 0, entryOf('job.retry'));
    expect((await claimJob(db, job.jobId)).steps?.map(({ detail }) => detail)).toEqual([
      {},
      { signal: 'go' },
    ]);
  });

  it('sets no end of the duration for a job that was never suspended', async () => {
    const jobId = await putJob(db, { status: 'failed' });
    await db.jobs.resubmit(TENANT, jobId, uuidv7(), 0, entryOf('job.retry'));
    expect((await snapshot(db, jobId)).job.expires_at).toBeNull();
  });
});
