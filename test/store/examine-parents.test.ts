import { beforeEach, describe, expect, it } from '@jest/globals';
import type { ClaimedJob } from '../../lambdas/job/attempt-store.ts';
import { entryOf } from '../helpers/audit-entries.ts';
import { useJobDatabase } from '../helpers/job-database.ts';
import { TENANT } from './job-rows.ts';
import { endChild, putChild, startJob, suspend } from './step-rows.ts';

// Tests the sweeper's safety net for parents and children.

const db = useJobDatabase();

beforeEach(async () => {
  await db.sql('DELETE FROM jobs');
  await db.sql('UPDATE examined_parents SET last_id = DEFAULT');
});

async function parentOf(count: number): Promise<{ parent: ClaimedJob; children: string[] }> {
  const parent = await startJob(db);
  const children = [];
  for (let place = 0; place < count; place += 1)
    children.push(await putChild(db, parent.jobId, { step: 'items', place }));
  await db.steps.wait(parent, { step: 'items', kind: 'map', total: count, type: 'sleep' });
  await suspend(db, parent, ['items']);
  return { parent, children };
}

const NOTHING = { woken: [], canceled: [], isLast: true };

describe('the sweeper', () => {
  it('wakes a parent whose children have ended, but only once', async () => {
    const { parent, children } = await parentOf(2);
    const { parent: other } = await parentOf(1);
    expect(await db.mending.examineParents(10)).toEqual(NOTHING);
    for (const child of children) await endChild(db, child, { result: 1 });
    const woken = [{ jobId: parent.jobId, tenant: TENANT, queue: 'default' }];
    expect(await db.mending.examineParents(10)).toEqual({ ...NOTHING, woken });
    expect(await db.mending.examineParents(10)).toEqual(NOTHING);
    expect(await db.sql('SELECT waits_for FROM jobs WHERE job_id = $1', [other.jobId])).toEqual([
      { waits_for: 'children' },
    ]);
  });

  it('finds canceled parents with unfinished children', async () => {
    const { parent, children } = await parentOf(3);
    await db.jobs.cancel(TENANT, parent.jobId, entryOf('job.cancel'));
    expect(await db.mending.examineParents(10)).toEqual({ ...NOTHING, canceled: [parent.jobId] });
    await db.mending.cancelChildren([parent.jobId], 10);
    expect(await db.mending.examineParents(10)).toEqual(NOTHING);
    expect(await db.sql('SELECT DISTINCT status FROM jobs WHERE job_id = ANY ($1)', [children])).toEqual([
      { status: 'canceled' },
    ]);
  });

  it('ignores independent children, and children of a deleted parent', async () => {
    const parent = await startJob(db);
    await putChild(db, parent.jobId, { endsWithParent: false });
    await suspend(db, parent, []);
    await db.jobs.cancel(TENANT, parent.jobId, entryOf('job.cancel'));
    const { parent: deleted } = await parentOf(1);
    await db.sql('DELETE FROM jobs WHERE job_id = $1', [deleted.jobId]);
    expect(await db.mending.examineParents(10)).toEqual(NOTHING);
  });

  it('continues after the last parent, and starts over after the end', async () => {
    const families = [await parentOf(1), await parentOf(1), await parentOf(1)];
    for (const { children } of families) await endChild(db, children[0] ?? '', { result: 1 });
    const rounds = [];
    for (let round = 0; round < 3; round += 1) rounds.push(await db.mending.examineParents(2));
    expect(rounds.map(({ woken, isLast }) => [woken.length, isLast])).toEqual([
      [2, false],
      [1, true],
      [0, true],
    ]);
  });

  it('skips parents that another sweep is examining', async () => {
    const { children } = await parentOf(1);
    await endChild(db, children[0] ?? '', { result: 1 });
    const other = await db.connect();
    await other.query('BEGIN');
    await other.query('SELECT examine_parents(10)');
    expect(await db.mending.examineParents(10)).toEqual(NOTHING);
    await other.query('ROLLBACK');
    other.release();
    expect((await db.mending.examineParents(10)).woken).toHaveLength(1);
  });
});
