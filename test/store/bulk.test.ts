import { describe, expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { entryOf } from '../helpers/audit-entries.ts';
import { useJobDatabase } from '../helpers/job-database.ts';
import { bulkRounds } from './bulk-rounds.ts';
import { CALLBACK, putJob, result, snapshot, TENANT } from './job-rows.ts';
import { meetAtRows } from './locked-rows.ts';

const db = useJobDatabase();

const { bulk, putBulkJob, nextRound, change } = bulkRounds(db);

const statusOf = async (jobId: string): Promise<unknown> => (await snapshot(db, jobId)).job.status;

const entriesOf = (jobId: string) =>
  db.sql(`SELECT actor, action FROM audit_entries WHERE subject = $1 ORDER BY entry_id`, [jobId]);

describe('a bulk cancellation', () => {
  it('cancels waiting jobs and asks running ones to stop', async () => {
    const waiting = await putJob(db);
    const running = await putJob(db, { status: 'running' });
    const asked = await putJob(db, { status: 'running', cancelRequested: true });
    const ended = await putJob(db, { status: 'failed' });
    const [single, endedBefore] = [await putJob(db), await snapshot(db, ended)];
    await db.jobs.cancel(TENANT, single, entryOf('job.cancel'));
    const jobId = await putBulkJob();

    const { position, wakeUps } = await change(jobId, 'cancel');

    expect(position).toMatchObject({ isDone: true, matched: 3, changed: 2, skipped: 1 });
    expect(wakeUps).toEqual([]);
    const [one, other] = [(await snapshot(db, waiting)).job, (await snapshot(db, single)).job];
    for (const field of ['status', 'message', 'wake_at', 'lease_expires_at'])
      expect(one[field]).toEqual(other[field]);
    expect((await snapshot(db, running)).job).toMatchObject({ status: 'running', end_time: null });
    expect((await snapshot(db, running)).job.cancel_requested_at).not.toBeNull();
    expect(await snapshot(db, ended)).toEqual(endedBefore);
    expect(await statusOf(jobId)).toBe('running');
    expect(await entriesOf(waiting)).toEqual([{ actor: `job:${jobId}`, action: 'job.cancel' }]);
    expect(await entriesOf(asked)).toEqual([]);
  });

  it('wakes the callback jobs', async () => {
    const canceled = await putJob(db);
    const callback = { job_id: uuidv7(), url: 'https://example.com', max_attempts: 5, timeout_seconds: 46 };
    await db.sql('UPDATE jobs SET callback = $2::jsonb WHERE job_id = $1', [
      canceled,
      JSON.stringify(callback),
    ]);
    const { wakeUps } = await change(await putBulkJob(), 'cancel', { filter: { status: ['created'] } });
    expect(wakeUps).toContainEqual({ jobId: callback.job_id, tenant: TENANT, queue: 'default' });
    expect(await statusOf(callback.job_id)).toBe('created');
  });
});

describe('a bulk retry', () => {
  it('requeues failed and canceled jobs, as retrying each of them would', async () => {
    const failed = await putJob(db, { status: 'failed', attempt: 3, maxAttempts: 3 });
    const single = await putJob(db, { status: 'failed', attempt: 3, maxAttempts: 3 });
    const succeeded = await putJob(db, { status: 'success' });
    const jobId = await putBulkJob();
    await db.jobs.resubmit(TENANT, single, CALLBACK, 0, entryOf('job.retry'));
    await db.attempts.claim([single], 'worker-1', 60_000);

    const { position, wakeUps } = await change(jobId, 'retry', { filter: { status: ['failed'] } });

    expect(position).toMatchObject({
      isDone: true,
      matched: wakeUps.length,
      changed: wakeUps.length,
      skipped: 0,
    });
    expect(wakeUps).toContainEqual({ jobId: failed, tenant: TENANT, queue: 'default' });
    const { job } = await snapshot(db, failed);
    expect(job).toMatchObject({
      status: 'created',
      attempt: 3,
      max_attempts: 4,
      end_time: null,
      message: null,
    });
    expect(Math.abs(Date.parse(job.wake_at as string) - Date.now())).toBeLessThan(5_000);
    expect(await statusOf(succeeded)).toBe('success');
    expect(await entriesOf(failed)).toEqual([{ actor: `job:${jobId}`, action: 'job.retry' }]);
  });

  it('gives each job its own callback job', async () => {
    const [first, second] = [await putJob(db, { status: 'failed' }), await putJob(db, { status: 'failed' })];
    const callback = { job_id: uuidv7(), url: 'https://example.com', max_attempts: 5, timeout_seconds: 46 };
    for (const id of [first, second])
      await db.sql('UPDATE jobs SET callback = $2::jsonb WHERE job_id = $1', [id, JSON.stringify(callback)]);
    await change(await putBulkJob(), 'retry');
    const ids = [callback.job_id];
    for (const id of [first, second]) {
      const { job } = await snapshot(db, id);
      expect(job.callback).toMatchObject({ url: callback.url, job_id: job.resubmission_id });
      ids.push(job.resubmission_id as string);
    }
    expect(new Set(ids).size).toBe(3);
  });

  it('skips jobs whose queue was removed', async () => {
    const orphan = await putJob(db, { status: 'failed', queue: 'removed' });
    const jobId = await putBulkJob();
    const { position, wakeUps } = await change(jobId, 'retry', { filter: { queue: 'removed' } });
    expect(position).toMatchObject({ isDone: true, matched: 1, changed: 0, skipped: 1 });
    expect(wakeUps).toEqual([]);
    expect(await statusOf(orphan)).toBe('failed');
  });

  it('stops before the first job that would exceed the tenant’s limit, and continues there', async () => {
    const objectId = uuidv7();
    const ids = [];
    for (let each = 0; each < 3; each += 1) ids.push(await putJob(db, { status: 'failed' }));
    await db.sql('UPDATE jobs SET object_id = $2 WHERE job_id = ANY ($1)', [ids, objectId]);
    const jobId = await putBulkJob();
    const [row] = await db.sql<{ open: number }>(
      `SELECT count(*)::int AS open FROM jobs WHERE tenant = $1 AND status IN ('created', 'running')`,
      [TENANT],
    );
    const options = { filter: { objectId }, maxJobsInFlight: (row?.open ?? 0) + 2 };

    const first = await change(jobId, 'retry', options);
    expect(first).toMatchObject({ isWithoutRoom: true, position: { isDone: false, matched: 2, changed: 2 } });
    expect(await change(jobId, 'retry', options)).toMatchObject({
      isWithoutRoom: true,
      wakeUps: [],
      position: { round: 2, matched: 2, lastId: ids[1] },
    });
    await db.jobs.cancel(TENANT, ids[0] ?? '', entryOf('job.cancel'));
    expect(await change(jobId, 'retry', options)).toMatchObject({
      isWithoutRoom: false,
      wakeUps: [{ jobId: ids[2] }],
      position: { isDone: true, matched: 3, changed: 3 },
    });
    // The bulk job visits each job only once, so it does not retry the canceled job again.
    expect(await statusOf(ids[0] ?? '')).toBe('canceled');
  });

  it('does not retry a job again if it failed after its retry', async () => {
    const failed = await putJob(db, { status: 'failed' });
    const jobId = await putBulkJob();
    const round = await nextRound(jobId, 'retry', { limit: 1_000_000 });
    await bulk().change(round);
    await db.attempts.claim([failed], 'worker-1', 60_000);
    await db.attempts.record([result(failed, { attempt: 2, status: 'failed', outcome: 'failed' })]);
    const before = await snapshot(db, failed);
    // The `change` statement runs again, as if its response had been lost. Then another attempt of the bulk job begins.
    expect(await bulk().change(round)).toMatchObject({ wakeUps: [], position: { round: 1 } });
    expect((await bulk().begin(TENANT, jobId)).position).toMatchObject({ round: 1, isDone: true });
    expect(await change(jobId, 'retry')).toMatchObject({ wakeUps: [], position: { round: 1 } });
    expect(await snapshot(db, failed)).toEqual(before);
  });
});

describe('a retry by request', () => {
  it('is refused for a bulk job', async () => {
    const jobId = await putJob(db, { status: 'failed' });
    await db.sql(`UPDATE jobs SET type = 'bulk' WHERE job_id = $1`, [jobId]);
    const before = await snapshot(db, jobId);
    expect(await db.jobs.resubmit(TENANT, jobId, uuidv7(), 0, entryOf('job.retry'))).toMatchObject({
      applied: false,
      job: { type: 'bulk', status: 'failed' },
    });
    expect(await snapshot(db, jobId)).toEqual(before);
  });
});

describe('a bulk deletion', () => {
  it('deletes ended jobs with their attempts and logs, and keeps the others', async () => {
    const ended = [];
    for (const status of ['success', 'failed', 'canceled'] as const) ended.push(await putJob(db, { status }));
    const open = [await putJob(db), await putJob(db, { status: 'running' })];
    const jobId = await putBulkJob();
    const { position } = await change(jobId, 'delete', { limit: 1_000_000 });
    expect(position.changed).toBeGreaterThanOrEqual(3);
    expect(position.skipped).toBe(0);
    expect(await db.sql('SELECT FROM jobs WHERE job_id = ANY ($1)', [ended])).toEqual([]);
    expect(await db.sql('SELECT FROM job_attempts WHERE job_id = ANY ($1)', [ended])).toEqual([]);
    expect(await db.sql('SELECT FROM jobs WHERE job_id = ANY ($1)', [[...open, jobId]])).toHaveLength(3);
    expect(await entriesOf(ended[0] ?? '')).toEqual([{ actor: `job:${jobId}`, action: 'job.delete' }]);
  });

  it('deletes a bulk job’s progress together with the bulk job', async () => {
    const jobId = await putBulkJob();
    await bulk().begin(TENANT, jobId);
    await db.sql('DELETE FROM jobs WHERE job_id = $1', [jobId]);
    expect(await db.sql('SELECT FROM bulk_runs WHERE job_id = $1', [jobId])).toEqual([]);
  });
});

describe('every bulk change', () => {
  it.each(['cancel', 'retry', 'delete'] as const)('does not affect other tenants: %s', async (action) => {
    const ids = [
      await putJob(db),
      await putJob(db, { status: 'failed' }),
      await putJob(db, { status: 'running' }),
    ];
    await db.sql(`UPDATE jobs SET tenant = 'other' WHERE job_id = ANY ($1)`, [ids]);
    const before = await Promise.all(ids.map((id) => snapshot(db, id)));
    expect((await change(await putBulkJob(), action, { limit: 1_000_000 })).position.isDone).toBe(true);
    expect(await Promise.all(ids.map((id) => snapshot(db, id)))).toEqual(before);
    await expect(bulk().begin('other', await putBulkJob())).rejects.toThrow('was deleted');
  });

  it.each(['cancel', 'retry', 'delete'] as const)('never changes a bulk job: %s', async (action) => {
    const others = [await putBulkJob(), await putJob(db, { status: 'failed' }), await putJob(db)];
    await db.sql(`UPDATE jobs SET type = 'bulk' WHERE job_id = ANY ($1)`, [others]);
    const before = await Promise.all(others.map((id) => snapshot(db, id)));
    await change(await putBulkJob(), action, { limit: 1_000_000 });
    expect(await Promise.all(others.map((id) => snapshot(db, id)))).toEqual(before);
  });

  it('continues where the previous round stopped', async () => {
    const objectId = uuidv7();
    const ids = [];
    for (let each = 0; each < 5; each += 1) ids.push(await putJob(db, { status: 'failed' }));
    await db.sql('UPDATE jobs SET object_id = $2 WHERE job_id = ANY ($1)', [ids, objectId]);
    const jobId = await putBulkJob();
    const found = [];
    let isDone = false;
    while (!isDone) {
      const { wakeUps, position } = await change(jobId, 'retry', { filter: { objectId }, limit: 2 });
      found.push(wakeUps.map((wakeUp) => wakeUp.jobId));
      ({ isDone } = position);
      expect(position.firstId).toBe(ids[0]);
    }
    expect(found).toEqual([ids.slice(0, 2), ids.slice(2, 4), ids.slice(4)]);
  });

  it('does not repeat a round that is not the last', async () => {
    const objectId = uuidv7();
    const failed = await putJob(db, { status: 'failed' });
    await db.sql('UPDATE jobs SET object_id = $2 WHERE job_id = $1', [failed, objectId]);
    const round = await nextRound(await putBulkJob(), 'retry', { filter: { objectId }, limit: 1 });
    expect(await bulk().change(round)).toMatchObject({ position: { round: 1, isDone: false, changed: 1 } });
    await db.attempts.claim([failed], 'worker-1', 60_000);
    await db.attempts.record([result(failed, { attempt: 2, status: 'failed', outcome: 'failed' })]);
    expect(await bulk().change(round)).toMatchObject({ wakeUps: [], position: { round: 1, changed: 1 } });
    expect(await statusOf(failed)).toBe('failed');
  });

  it('takes effect once, even if two attempts run the same round concurrently', async () => {
    const objectId = uuidv7();
    const failed = await putJob(db, { status: 'failed' });
    await db.sql('UPDATE jobs SET object_id = $2 WHERE job_id = $1', [failed, objectId]);
    const jobId = await putBulkJob();
    const round = await nextRound(jobId, 'retry', { filter: { objectId } });
    const results = await meetAtRows(db, [failed], [() => bulk().change(round), () => bulk().change(round)]);
    expect(results.flatMap(({ wakeUps }) => wakeUps)).toHaveLength(1);
    expect((await bulk().begin(TENANT, jobId)).position).toMatchObject({ round: 1, matched: 1, changed: 1 });
    expect(await entriesOf(failed)).toHaveLength(1);
  });
});

describe('the count of matching jobs', () => {
  it('continues from page to page until there are no more jobs', async () => {
    const objectId = uuidv7();
    const ids = [];
    for (let each = 0; each < 3; each += 1) ids.push(await putJob(db, { status: 'failed' }));
    await db.sql('UPDATE jobs SET object_id = $2 WHERE job_id = ANY ($1)', [ids, objectId]);
    const first = await bulk().count(TENANT, { objectId }, undefined, 2);
    expect(first).toEqual({ matched: 2, continueAfter: ids[1] });
    expect(await bulk().count(TENANT, { objectId }, ids[1], 2)).toEqual({ matched: 1, continueAfter: null });
    expect(await bulk().count('other', { objectId }, undefined, 2)).toEqual({
      matched: 0,
      continueAfter: null,
    });
  });
});
