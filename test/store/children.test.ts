import { beforeEach, describe, expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import type { ClaimedJob } from '../../lambdas/job/attempt-store.ts';
import { entryOf } from '../helpers/audit-entries.ts';
import { useJobDatabase } from '../helpers/job-database.ts';
import { CALLBACK, newJob, result, snapshot, TENANT } from './job-rows.ts';
import { meetAtRows } from './locked-rows.ts';
import { claimJob, endChild, putChild, startJob, suspend, suspendForSignal } from './step-rows.ts';

const db = useJobDatabase();

beforeEach(async () => {
  await db.sql('DELETE FROM jobs');
});

/** Creates a job that waits for the running children of its `items` step. */
async function waitingParent(count = 2): Promise<{ parent: ClaimedJob; children: ClaimedJob[] }> {
  const parent = await startJob(db);
  const children = [];
  for (let place = 0; place < count; place += 1)
    children.push(await claimJob(db, await putChild(db, parent.jobId, { step: 'items', place })));
  await db.steps.wait(parent, { step: 'items', kind: 'map', total: count, type: 'sleep' });
  await suspend(db, parent, ['items']);
  return { parent, children };
}

/** Records that a child has ended and wakes the child's parent, as a worker does. */
async function endAndWake({ jobId }: ClaimedJob) {
  const [recorded] = await db.attempts.record([result(jobId)]);
  return recorded?.parentJobId === undefined ? [] : db.attempts.wakeParents([recorded.parentJobId]);
}

async function stateOf(jobId: string) {
  const { job } = await snapshot(db, jobId);
  return { status: job.status, waitsFor: job.waits_for, isAskedToStop: job.cancel_requested_at !== null };
}

const cancel = (jobId: string) => db.jobs.cancel(TENANT, jobId, entryOf('job.cancel'));

const messageOf = (jobId: string) => ({ jobId, tenant: TENANT, queue: 'default' });

describe('a job that waits for children', () => {
  it('is woken by the last child', async () => {
    const { parent, children } = await waitingParent(3);
    const woken = [];
    for (const child of children) woken.push(await endAndWake(child));
    expect(woken).toEqual([[], [], [messageOf(parent.jobId)]]);
    const continued = await claimJob(db, parent.jobId);
    expect(continued).toMatchObject({ attempt: 1, fence: parent.fence + 1 });
  });

  it('is not woken because a step has ended that it does not wait for', async () => {
    const parent = await startJob(db);
    await db.steps.record(parent, { step: 'before', kind: 'run', status: 'success', failures: 0 });
    await putChild(db, parent.jobId, { step: 'items', place: 0 });
    await db.steps.wait(parent, { step: 'items', kind: 'map', total: 1, type: 'sleep' });
    await suspend(db, parent, ['items']);
    expect(await db.attempts.wakeParents([parent.jobId])).toEqual([]);
    expect(await stateOf(parent.jobId)).toMatchObject({ waitsFor: 'children' });
  });

  it('is woken once if its last two children end concurrently', async () => {
    const { parent, children } = await waitingParent(2);
    const answers = await Promise.all(children.map(endAndWake));
    expect(answers.flat()).toEqual([messageOf(parent.jobId)]);
  });

  it.each(['the end first', 'the suspension first'])(
    'is woken even if its last child ends while it is being suspended: %s',
    async (order) => {
      const parent = await startJob(db);
      const child = await claimJob(db, await putChild(db, parent.jobId, { step: 'items', place: 0 }));
      await db.steps.wait(parent, { step: 'items', kind: 'map', total: 1, type: 'sleep' });
      const both: (() => Promise<unknown>)[] = [
        () => endAndWake(child),
        () => suspend(db, parent, ['items']),
      ];
      if (order === 'the end first') {
        // The child has ended, and its worker is about to wake the parent.
        await db.attempts.record([result(child.jobId)]);
        both[0] = () => db.attempts.wakeParents([parent.jobId]);
      }
      await meetAtRows(db, [parent.jobId], order === 'the end first' ? both : both.toReversed().slice(0, 1));
      if (order === 'the suspension first') await endAndWake(child);
      expect(await stateOf(parent.jobId)).toMatchObject({ waitsFor: null });
      expect(await claimJob(db, parent.jobId)).toMatchObject({ attempt: 1 });
    },
  );

  it('is also woken if its child is deleted, fails or is canceled', async () => {
    for (const end of [
      (jobId: string) => db.sql('DELETE FROM jobs WHERE job_id = $1', [jobId]),
      (jobId: string) => endChild(db, jobId, { message: 'broken' }),
      (jobId: string) => db.mending.failWithoutQueue([jobId]),
      (jobId: string) => cancel(jobId),
    ]) {
      const parent = await startJob(db);
      const childJobId = await putChild(db, parent.jobId);
      await db.steps.wait(parent, { step: 'wait', kind: 'result', childJobId, childStep: 'child' });
      await suspend(db, parent, ['wait']);
      expect(await db.attempts.wakeParents([parent.jobId])).toEqual([]);
      await end(childJobId);
      expect(await db.attempts.wakeParents([parent.jobId])).toEqual([messageOf(parent.jobId)]);
      expect(await db.attempts.wakeParents([parent.jobId])).toEqual([]);
    }
  });

  it('stays canceled if its last child ends at the same time', async () => {
    const { parent, children } = await waitingParent(1);
    const [child] = children;
    if (!child) throw new Error('There is no child.');
    await db.attempts.record([result(child.jobId)]);
    const wake = (): Promise<unknown> => db.attempts.wakeParents([parent.jobId]);
    const [, woken] = await meetAtRows(db, [parent.jobId], [() => cancel(parent.jobId), wake]);
    expect(woken).toEqual([]);
    expect(await stateOf(parent.jobId)).toMatchObject({ status: 'canceled', waitsFor: null });
  });

  it('can be canceled after it was woken', async () => {
    const { parent, children } = await waitingParent(1);
    await db.attempts.record(children.map(({ jobId }) => result(jobId)));
    const wake = (): Promise<unknown> => db.attempts.wakeParents([parent.jobId]);
    const [woken] = await meetAtRows(db, [parent.jobId], [wake, () => cancel(parent.jobId)]);
    expect(woken).toEqual([messageOf(parent.jobId)]);
    expect(await stateOf(parent.jobId)).toMatchObject({ status: 'canceled' });
    const { attempts } = await snapshot(db, parent.jobId);
    expect(attempts).toMatchObject([{ outcome: 'canceled' }]);
  });

  it('and its own parent never deadlock while 16 connections end their children', async () => {
    const parents = [];
    for (let number = 0; number < 4; number += 1) parents.push(await waitingParent(10));
    const children = parents
      .flatMap((family) => family.children)
      .sort((a, b) => (a.jobId.slice(-6) < b.jobId.slice(-6) ? -1 : 1));
    const woken: unknown[] = [];
    await Promise.all(
      Array.from({ length: 16 }, async () => {
        for (let child = children.pop(); child; child = children.pop())
          woken.push(...(await endAndWake(child)));
      }),
    );
    expect(woken).toHaveLength(4);
    const [deadlocks] = await db.sql<{ count: string }>(
      'SELECT deadlocks AS count FROM pg_stat_database WHERE datname = current_database()',
    );
    expect(deadlocks).toEqual({ count: '0' });
  });
});

describe('a parent’s cancellation', () => {
  it('cancels its waiting children, and asks running ones to stop', async () => {
    const parent = await startJob(db);
    const waiting = await putChild(db, parent.jobId);
    const running = await putChild(db, parent.jobId, { status: 'running' });
    const independent = await putChild(db, parent.jobId, { endsWithParent: false });
    const suspended = await claimJob(db, await putChild(db, parent.jobId));
    await suspendForSignal(db, suspended);
    await suspend(db, parent, []);
    expect(await db.jobs.cancelChildren([parent.jobId], 10)).toMatchObject({ callbacks: [], hasMore: false });
    expect(await stateOf(waiting)).toMatchObject({ status: 'created' });

    expect(await cancel(parent.jobId)).toMatchObject({ applied: true, hasChildrenToCancel: true });
    await db.jobs.cancelChildren([parent.jobId], 10);

    expect(await stateOf(waiting)).toMatchObject({ status: 'canceled' });
    expect(await stateOf(running)).toMatchObject({ status: 'running', isAskedToStop: true });
    expect(await stateOf(independent)).toMatchObject({ status: 'created', isAskedToStop: false });
    expect(await snapshot(db, suspended.jobId)).toMatchObject({
      job: { status: 'canceled', continues: false, waits_for: null },
      attempts: [{ outcome: 'canceled' }],
    });
    expect(await cancel(parent.jobId)).not.toHaveProperty('hasChildrenToCancel');
  });

  it('is complete once the running children have been asked to stop, even if they are still running', async () => {
    const parent = await startJob(db);
    await putChild(db, parent.jobId, { status: 'running' });
    await suspend(db, parent, []);
    await cancel(parent.jobId);
    expect(await db.jobs.cancelChildren([parent.jobId], 1)).toMatchObject({ hasMore: true });
    expect(await db.jobs.cancelChildren([parent.jobId], 1)).toMatchObject({ hasMore: false });
  });

  it('returns callbacks, batches and canceled children that are parents, in chunks', async () => {
    const parent = await startJob(db);
    const family = { parent_job_id: parent.jobId, parent_step: 'items', ends_with_parent: true };
    const callback = { job_id: CALLBACK, url: 'https://example.com', max_attempts: 1, timeout_seconds: 9 };
    const children = [
      newJob({ ...family, child_place: 0, callback }),
      newJob({ ...family, child_place: 1, batch_id: 'of children' }),
      newJob({ ...family, child_place: 2 }),
    ];
    await db.jobs.insert(children);
    const nested = children[2]?.job_id ?? '';
    const grandchild = newJob({ parent_job_id: nested, parent_step: 'more', ends_with_parent: true });
    await db.jobs.insert([grandchild]);
    await suspend(db, parent, []);
    await cancel(parent.jobId);

    const answers = [];
    for (;;) {
      const answer = await db.jobs.cancelChildren([parent.jobId], 2);
      answers.push(answer);
      if (!answer.hasMore) break;
    }
    expect(answers.flatMap(({ callbacks }) => callbacks)).toEqual([messageOf(CALLBACK)]);
    expect(answers.flatMap(({ batches = [] }) => batches)).toEqual([
      { tenant: TENANT, batchId: 'of children' },
    ]);
    const canceled = answers.flatMap((answer) => answer.canceled ?? []);
    expect(canceled).toEqual([nested]);
    await db.jobs.cancelChildren(canceled, 2);
    expect(await stateOf(grandchild.job_id)).toMatchObject({ status: 'canceled' });
  });

  it('gives the slots of canceled children to parked jobs', async () => {
    const parent = await startJob(db);
    const concurrency = { key: 'one at a time', limit: 1 };
    const child = newJob({
      concurrency,
      parent_job_id: parent.jobId,
      parent_step: 'a',
      ends_with_parent: true,
    });
    const [holder, other] = [newJob({ concurrency }), newJob({ concurrency })];
    await db.jobs.insert([holder]);
    await claimJob(db, holder.job_id);
    await db.jobs.insert([child]);
    await db.attempts.claim([child.job_id], uuidv7(), 60_000);
    await db.jobs.insert([other]);
    await db.attempts.claim([other.job_id], uuidv7(), 60_000);
    // The child is woken because a slot is free, but it is canceled before a worker claims it.
    await db.attempts.record([result(holder.job_id)]);
    await suspend(db, parent, []);
    await cancel(parent.jobId);
    expect(await db.jobs.cancelChildren([parent.jobId], 10)).toMatchObject({
      woken: [messageOf(other.job_id)],
    });
  });

  it('that coincides with the last child’s end keeps whichever end came first', async () => {
    const parent = await startJob(db);
    const child = await claimJob(db, await putChild(db, parent.jobId));
    await suspend(db, parent, []);
    await cancel(parent.jobId);
    const end = (): Promise<unknown> => db.attempts.record([result(child.jobId)]);
    await meetAtRows(db, [child.jobId], [end, () => db.jobs.cancelChildren([parent.jobId], 10)]);
    expect(await stateOf(child.jobId)).toEqual({ status: 'success', waitsFor: null, isAskedToStop: false });
  });
});

describe('the list of children', () => {
  it('contains the children of the tenant’s own parent', async () => {
    const { parent, children } = await waitingParent(3);
    await putChild(db, uuidv7());
    const list = (tenant: string) =>
      db.jobs.list({ tenant, filter: { parentJobId: parent.jobId }, order: 'asc', limit: 10 });
    expect((await list(TENANT)).jobs.map((job) => [job.job_id, job.parent_job_id])).toEqual(
      children.map(({ jobId }) => [jobId, parent.jobId]),
    );
    expect((await list('other')).jobs).toEqual([]);
  });
});
