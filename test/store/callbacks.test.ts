import { describe, expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { entryOf } from '../helpers/audit-entries.ts';
import { useJobDatabase } from '../helpers/job-database.ts';
import type { Json } from '../../lambdas/job/job.ts';
import { CALLBACK, newJob, putJob, result, TENANT } from './job-rows.ts';

const db = useJobDatabase();

/** Creates a job in the given state, with a callback. When the job ends, a callback job with the id `callbackId` reports the outcome. */
async function putJobWithCallback(
  options: Parameters<typeof putJob>[1],
): Promise<{ jobId: string; callbackId: string }> {
  const jobId = await putJob(db, options);
  const callbackId = uuidv7();
  const callback = { job_id: callbackId, url: 'https://example.com/', max_attempts: 5, timeout_seconds: 46 };
  await db.sql('UPDATE jobs SET callback = $2 WHERE job_id = $1', [jobId, JSON.stringify(callback)]);
  return { jobId, callbackId };
}

const LOST = { status: 'running', attempt: 2, maxAttempts: 2, leaseEndsInMs: -1 } as const;

describe('a job’s callback', () => {
  it.each([
    ['success', (jobId: string) => db.attempts.record([result(jobId)])],
    [
      'failed',
      (jobId: string) =>
        db.attempts.record([result(jobId, { status: 'failed', outcome: 'failed', message: 'broken' })]),
    ],
  ])(
    'is written together with the record if the job ends in %s, and the record returns its id',
    async (status, record) => {
      const { jobId, callbackId } = await putJobWithCallback({ status: 'running' });
      expect(await record(jobId)).toMatchObject([{ recorded: true, callbackJobId: callbackId }]);
      const job = await db.jobs.get(TENANT, jobId);
      expect(job).toMatchObject({ status, callback_job_id: callbackId });
      expect(await db.jobs.get(TENANT, callbackId)).toMatchObject({
        type: 'webhook',
        status: 'created',
        max_attempts: 5,
        timeout_seconds: 46,
        payload: {
          url: 'https://example.com/',
          body: {
            job_id: jobId,
            status,
            message: job?.message,
            result: job?.result,
            end_time: job?.end_time,
          },
        },
      });
      // Recording the result again, as if the response had been lost, does not create a second callback.
      await record(jobId);
      expect(
        await db.sql(
          "SELECT FROM jobs WHERE type = 'webhook' AND payload ->> 'url' IS NOT NULL AND job_id = $1",
          [callbackId],
        ),
      ).toHaveLength(1);
    },
  );

  it('is not written while the job waits for another attempt', async () => {
    const { jobId, callbackId } = await putJobWithCallback({ status: 'running' });
    const retry = result(jobId, { status: 'created', outcome: 'failed', message: 'busy', retryInMs: 1_000 });
    expect(await db.attempts.record([retry])).toMatchObject([{ status: 'created', callbackJobId: null }]);
    expect(await db.jobs.get(TENANT, callbackId)).toBeUndefined();
  });

  it('is written with the cancellation if the job is canceled while waiting', async () => {
    const { jobId, callbackId } = await putJobWithCallback({ status: 'created' });
    expect(await db.jobs.cancel(TENANT, jobId, entryOf('job.cancel'))).toMatchObject({
      job: { callback_job_id: callbackId },
    });
    expect(await db.jobs.get(TENANT, callbackId)).toMatchObject({
      payload: { body: { status: 'canceled' } },
    });
  });

  it('is written by the claim that detects that the job’s worker was lost', async () => {
    const { jobId, callbackId } = await putJobWithCallback(LOST);
    const claims = await db.attempts.claim([jobId], 'worker-2', 1_000);
    const callback = { jobId: callbackId, tenant: TENANT, queue: 'default' };
    expect(claims).toMatchObject([{ jobId, verdict: 'finished', callback }]);
    expect(await db.jobs.get(TENANT, callbackId)).toMatchObject({ payload: { body: { status: 'failed' } } });
  });

  it('is written by the dead letter that detects that the job’s worker was lost', async () => {
    const { jobId, callbackId } = await putJobWithCallback(LOST);
    expect(await db.mending.settle([jobId])).toMatchObject([{ verdict: 'lost', callbackJobId: callbackId }]);
    expect(await db.jobs.get(TENANT, callbackId)).toMatchObject({ payload: { body: { status: 'failed' } } });
  });

  it('is a new job each time, if a client retries the job in between', async () => {
    const { jobId, callbackId } = await putJobWithCallback({ status: 'created' });
    await db.jobs.cancel(TENANT, jobId, entryOf('job.cancel'));
    await db.jobs.resubmit(TENANT, jobId, CALLBACK, 0, entryOf('job.retry'));
    await db.jobs.cancel(TENANT, jobId, entryOf('job.cancel'));
    expect((await db.jobs.get(TENANT, jobId))?.callback_job_id).toBe(CALLBACK);
    for (const id of [callbackId, CALLBACK]) {
      expect(await db.jobs.get(TENANT, id)).toMatchObject({ payload: { body: { job_id: jobId } } });
    }
  });

  it('is signed as a callback, unlike any webhook that a client submits', async () => {
    const { jobId, callbackId } = await putJobWithCallback({ status: 'running' });
    await db.attempts.record([result(jobId)]);
    const [ended] = await db.sql<{ body: Json }>(
      `SELECT payload -> 'body' AS body FROM jobs WHERE job_id = $1`,
      [callbackId],
    );
    // A client submits the same payload, and sets every other field that a submission can have.
    const payload = {
      url: 'https://example.com/',
      body: ended?.body ?? null,
      kind: 'callback',
      outcome_of: jobId,
    };
    const forged = { ...newJob({ type: 'webhook', payload }), outcome_of: jobId, kind: 'callback' };
    await db.jobs.insert([forged]);
    const claims = await db.attempts.claim([callbackId, forged.job_id], 'worker-2', 10_000);
    const kindOf = (id: string) => claims.find((claim) => claim.jobId === id);
    expect(kindOf(callbackId)).toMatchObject({ job: { signing: { kind: 'callback' } } });
    expect(kindOf(forged.job_id)).toMatchObject({ job: { signing: { kind: 'webhook' } } });
  });

  it('stays a callback if it fails and is retried by request', async () => {
    const { jobId, callbackId } = await putJobWithCallback({ status: 'created' });
    await db.jobs.cancel(TENANT, jobId, entryOf('job.cancel'));
    await db.jobs.cancel(TENANT, callbackId, entryOf('job.cancel'));
    await db.jobs.resubmit(TENANT, callbackId, uuidv7(), 0, entryOf('job.retry'));
    const claims = await db.attempts.claim([callbackId], 'worker-2', 10_000);
    expect(claims).toMatchObject([{ job: { signing: { kind: 'callback' } } }]);
  });

  it('has no callback of its own', async () => {
    const { jobId, callbackId } = await putJobWithCallback({ status: 'running' });
    await db.attempts.record([result(jobId)]);
    await db.attempts.claim([callbackId], 'worker-2', 10_000);
    expect(await db.attempts.record([result(callbackId)])).toMatchObject([
      { status: 'success', callbackJobId: null },
    ]);
    expect(await db.sql('SELECT FROM jobs WHERE outcome_of = $1', [callbackId])).toEqual([]);
  });

  it('contains the result unchanged, including numbers', async () => {
    const { jobId, callbackId } = await putJobWithCallback({ status: 'running' });
    await db.attempts.record([result(jobId, { result: { large: 1e300, text: 'é"\\' } })]);
    const [row] = await db.sql<{ bytes: number }>(
      'SELECT payload_bytes AS bytes FROM jobs WHERE job_id = $1',
      [callbackId],
    );
    expect(row?.bytes).toBeLessThan(1_000);
    expect(await db.jobs.get(TENANT, callbackId)).toMatchObject({
      payload: { body: { result: { large: 1e300, text: 'é"\\' } } },
    });
  });
});
