import { describe, expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { createScheduleStore } from '../../lambdas/adapters/aurora/schedule-store.ts';
import { entryOf } from '../helpers/audit-entries.ts';
import { useJobDatabase } from '../helpers/job-database.ts';
import { bulkRounds } from './bulk-rounds.ts';
import { putJob, SCHEDULE, snapshot, TENANT } from './job-rows.ts';
import { meetAtRows } from './locked-rows.ts';
import { putChild } from './step-rows.ts';

const db = useJobDatabase();

const { bulk, putBulkJob, nextRound, change } = bulkRounds(db);

/** Creates a failed job for a new object, and a filter that matches the job. */
async function failedJob(): Promise<{ jobId: string; filter: { objectId: string } }> {
  const objectId = uuidv7();
  const jobId = await putJob(db, { status: 'failed' });
  await db.sql('UPDATE jobs SET object_id = $2 WHERE job_id = $1', [jobId, objectId]);
  return { jobId, filter: { objectId } };
}

describe('a bulk change that waits for a job’s lock', () => {
  it('does not change the job if its state has changed meanwhile', async () => {
    const { jobId, filter } = await failedJob();
    const round = await nextRound(await putBulkJob(), 'delete', { filter });
    const retry = () => db.jobs.resubmit(TENANT, jobId, uuidv7(), 0, entryOf('job.retry'));
    const [, { position }] = await meetAtRows(db, [jobId], [retry, () => bulk().change(round)]);
    expect(position).toMatchObject({ isDone: true, matched: 0, changed: 0 });
    expect((await snapshot(db, jobId)).job).toMatchObject({ status: 'created' });
  });

  it('does not change the job if it no longer matches the filter', async () => {
    const { jobId, filter } = await failedJob();
    const round = await nextRound(await putBulkJob(), 'retry', { filter });
    const rename = () => db.sql(`UPDATE jobs SET object_id = 'another' WHERE job_id = $1`, [jobId]);
    const [, { position }] = await meetAtRows(db, [jobId], [rename, () => bulk().change(round)]);
    expect(position).toMatchObject({ isDone: true, matched: 0, changed: 0 });
    expect((await snapshot(db, jobId)).job).toMatchObject({ status: 'failed' });
  });
});

describe('a bulk deletion', () => {
  it('keeps the outcome of a schedule’s last job', async () => {
    const schedules = createScheduleStore(db.dataApi);
    const { jobId, filter } = await failedJob();
    await schedules.put(TENANT, 'nightly', SCHEDULE, entryOf('schedule.put'));
    await db.sql(`UPDATE schedules SET last_job_id = $1 WHERE name = 'nightly'`, [jobId]);
    await change(await putBulkJob(), 'delete', { filter });
    expect(await schedules.get(TENANT, 'nightly')).toMatchObject({
      last_job_id: jobId,
      last_outcome: 'failed',
    });
  });
});

describe('a bulk cancellation', () => {
  it('names the parents of the jobs that it ended, and the canceled jobs that have children', async () => {
    const objectId = uuidv7();
    const parentId = await putJob(db, { status: 'running' });
    const childId = await putChild(db, parentId);
    await putChild(db, childId);
    await db.sql('UPDATE jobs SET object_id = $2 WHERE job_id = $1', [childId, objectId]);
    const { ended } = await change(await putBulkJob(), 'cancel', { filter: { objectId } });
    expect(ended).toEqual({ batches: [], parents: [parentId], canceled: [childId] });
  });
});
