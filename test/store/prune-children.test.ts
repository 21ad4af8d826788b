import { describe, expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { useJobDatabase } from '../helpers/job-database.ts';
import { putJob } from './job-rows.ts';

const RETENTION_DAYS = 30;

const db = useJobDatabase();

async function endedJob(daysAgo: number): Promise<string> {
  const jobId = await putJob(db, { status: 'success' });
  await db.sql(`UPDATE jobs SET end_time = now() - $2 * interval '1 day' WHERE job_id = $1`, [
    jobId,
    daysAgo,
  ]);
  return jobId;
}

async function jobIds(): Promise<string[]> {
  return (await db.sql<{ id: string }>('SELECT job_id AS id FROM jobs')).map(({ id }) => id).toSorted();
}

describe('pruning', () => {
  it('keeps a child until its parent has ended, and continues with later jobs', async () => {
    const [parent, endedParent] = [await putJob(db, { status: 'running' }), await endedJob(1)];
    const kept = [];
    for (let number = 0; number < 7; number += 1) kept.push(await endedJob(40));
    const orphan = await endedJob(35);
    const childOfEnded = await endedJob(34);
    await endedJob(33);
    const adopt = (children: readonly string[], parentId: string) =>
      db.sql(`UPDATE jobs SET parent_job_id = $2, parent_step = 'items' WHERE job_id = ANY ($1)`, [
        children,
        parentId,
      ]);
    await adopt(kept, parent);
    await adopt([orphan], uuidv7());
    await adopt([childOfEnded], endedParent);

    const first = await db.mending.prune(RETENTION_DAYS, 1);
    expect(first).toMatchObject({ jobs: 0, continueAfter: { jobId: kept[4] } });
    const second = await db.mending.prune(RETENTION_DAYS, 1, first.continueAfter ?? undefined);
    expect(second).toMatchObject({ jobs: 1, continueAfter: { jobId: orphan } });
    const third = await db.mending.prune(RETENTION_DAYS, 10, second.continueAfter ?? undefined);
    expect(third).toMatchObject({ jobs: 2, continueAfter: null });
    expect(await jobIds()).toEqual([parent, endedParent, ...kept].toSorted());

    await db.sql(
      `UPDATE jobs SET status = 'success', end_time = now(), worker = NULL, lease_expires_at = NULL, wake_at = NULL WHERE job_id = $1`,
      [parent],
    );
    expect(await db.mending.prune(RETENTION_DAYS, 100)).toMatchObject({ jobs: 7, continueAfter: null });
    expect(await jobIds()).toEqual([parent, endedParent].toSorted());
  });
});
