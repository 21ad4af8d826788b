import { describe, expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { entryOf } from '../helpers/audit-entries.ts';
import { useJobDatabase } from '../helpers/job-database.ts';
import { result, snapshot, TENANT } from './job-rows.ts';
import { claimJob, putChild, startJob, suspend } from './step-rows.ts';

const db = useJobDatabase();

describe('a child’s end', () => {
  it('returns the parent every time a claim finds the child ended', async () => {
    const parent = await startJob(db);
    const child = await claimJob(db, await putChild(db, parent.jobId));
    expect(await db.attempts.record([result(child.jobId)])).toMatchObject([{ parentJobId: parent.jobId }]);
    for (const worker of ['worker-2', 'worker-3'])
      expect(await db.attempts.claim([child.jobId], worker, 1_000)).toEqual([
        { jobId: child.jobId, verdict: 'finished', parentJobId: parent.jobId },
      ]);
  });

  it('returns no parent while 100 other children of the step are open, or if the child continues', async () => {
    const parent = await startJob(db);
    const child = await claimJob(db, await putChild(db, parent.jobId));
    expect((await suspend(db, child, [])).parentJobId).toBeUndefined();
    const children = [];
    for (let place = 0; place <= 100; place += 1) children.push(await putChild(db, parent.jobId));
    const [first, second] = [await claimJob(db, children[0] ?? ''), await claimJob(db, children[1] ?? '')];
    expect((await db.attempts.record([result(first.jobId)]))[0]?.parentJobId).toBeUndefined();
    expect((await db.attempts.record([result(second.jobId)]))[0]?.parentJobId).toBeUndefined();
    await claimJob(db, child.jobId);
    const [last] = await db.attempts.record([result(child.jobId, { fence: 2 })]);
    expect(last?.parentJobId).toBe(parent.jobId);
  });
});

describe('a child whose parent was canceled', () => {
  it.each(['created', 'running'] as const)('is canceled by its next claim while %s', async (status) => {
    const parent = await startJob(db);
    await suspend(db, parent, []);
    const childId = await putChild(db, parent.jobId, { status, leaseEndsInMs: -1_000 });
    const other = await putChild(db, parent.jobId, { endsWithParent: false });
    await db.jobs.cancel(TENANT, parent.jobId, entryOf('job.cancel'));
    expect(await db.attempts.claim([childId], 'worker-2', 1_000)).toMatchObject([{ verdict: 'finished' }]);
    const stored = await snapshot(db, childId);
    expect(stored.job).toMatchObject({ status: 'canceled', message: 'canceled by request' });
    expect(stored.attempts).toMatchObject(status === 'running' ? [{ outcome: 'lost' }] : []);
    expect(await claimJob(db, other)).toMatchObject({ attempt: 1 });
  });

  it('ends together with its attempt if it was suspended', async () => {
    const parent = await startJob(db);
    await suspend(db, parent, []);
    const child = await claimJob(db, await putChild(db, parent.jobId));
    await suspend(db, child, []);
    await db.jobs.cancel(TENANT, parent.jobId, entryOf('job.cancel'));
    const [claim] = await db.attempts.claim([child.jobId], 'worker-2', 1_000);
    expect(claim).toMatchObject({ verdict: 'finished' });
    expect(claim).not.toHaveProperty('lost');
    expect((await snapshot(db, child.jobId)).attempts).toMatchObject([{ outcome: 'canceled' }]);
  });

  it('keeps running while another worker holds it', async () => {
    const parent = await startJob(db);
    await suspend(db, parent, []);
    const child = await claimJob(db, await putChild(db, parent.jobId));
    await db.jobs.cancel(TENANT, parent.jobId, entryOf('job.cancel'));
    expect(await db.attempts.claim([child.jobId], 'worker-2', 1_000)).toMatchObject([{ verdict: 'leased' }]);
  });
});

describe('a parent’s cancellation', () => {
  it('returns whether there are children to cancel', async () => {
    for (const endsWithParent of [true, false]) {
      const parent = await startJob(db);
      await putChild(db, parent.jobId, { endsWithParent });
      await db.jobs.cancel(TENANT, parent.jobId, entryOf('job.cancel'));
      const recorded = await suspend(db, parent, []);
      expect(recorded.status).toBe('canceled');
      expect(recorded.hasChildrenToCancel).toBe(endsWithParent ? true : undefined);
      const [claim] = await db.attempts.claim([parent.jobId], uuidv7(), 1_000);
      expect(claim).toEqual({
        jobId: parent.jobId,
        verdict: 'finished',
        ...(endsWithParent && { hasChildrenToCancel: true }),
      });
    }
  });

  it('returns no children to cancel if they were all asked to stop', async () => {
    const parent = await startJob(db);
    await putChild(db, parent.jobId, { status: 'running', cancelRequested: true });
    await db.jobs.cancel(TENANT, parent.jobId, entryOf('job.cancel'));
    expect((await suspend(db, parent, [])).hasChildrenToCancel).toBeUndefined();
  });
});
