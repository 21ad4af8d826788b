import { describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { listedStep } from '../../lambdas/job/job-schema.ts';
import { useJobDatabase } from '../helpers/job-database.ts';
import { TENANT } from './job-rows.ts';
import { endChild, putChild, startJob, suspend, suspendForSignal } from './step-rows.ts';

const db = useJobDatabase();

describe('a job’s steps', () => {
  it('are listed in the order of their first record, page by page', async () => {
    const job = await startJob(db);
    for (const step of ['b', 'a', 'c'])
      await db.steps.record(job, { step, kind: 'run', status: 'success', failures: 0, result: { step } });
    const first = await db.signals.steps(TENANT, job.jobId, undefined, 2);
    expect(first?.steps.map(({ step }) => step)).toEqual(['b', 'a']);
    const last = await db.signals.steps(TENANT, job.jobId, first?.continueAfter ?? undefined, 2);
    expect(last).toMatchObject({ steps: [{ step: 'c', result: { step: 'c' } }], continueAfter: null });
  });

  it('have the fields of their schema, whatever their kind', async () => {
    const job = await startJob(db);
    const childJobId = await putChild(db, job.jobId);
    await db.steps.record(job, {
      step: 'large',
      kind: 'run',
      status: 'success',
      failures: 1,
      result: 'x'.repeat(5_000),
    });
    await db.steps.record(job, {
      step: 'broken',
      kind: 'run',
      status: 'failed',
      failures: 3,
      message: 'broken',
    });
    await db.steps.wait(job, { step: 'past', kind: 'sleep', forMs: -1 });
    await db.steps.wait(job, { step: 'nap', kind: 'sleep', forMs: 60_000 });
    await db.steps.wait(job, { step: 'ok', kind: 'signal', signal: 'approve', timeoutMs: -1 });
    await db.steps.wait(job, { step: 'child', kind: 'result', childJobId, childStep: 'child' });
    const page = await db.signals.steps(TENANT, job.jobId, undefined, 100);
    expect(z.array(z.strictObject(listedStep.shape)).parse(page?.steps)).toMatchObject([
      { step: 'large', status: 'success', failures: 1, result: null, result_bytes: 5_002 },
      { step: 'broken', status: 'failed', failures: 3, message: 'broken', result_bytes: null },
      { step: 'past', status: 'success', end_time: page?.steps[2]?.due_time },
      { step: 'nap', status: 'waiting', end_time: null },
      { step: 'ok', status: 'success', timed_out: true, signal: 'approve' },
      { step: 'child', status: 'waiting', child_job_id: childJobId },
    ]);
  });

  it('begin before their first record, by the duration of their call', async () => {
    const job = await startJob(db);
    await db.steps.record(job, { step: 'slow', kind: 'run', status: 'success', failures: 0, tookMs: 1_500 });
    const page = await db.signals.steps(TENANT, job.jobId, undefined, 100);
    const [slow] = page?.steps ?? [];
    const tookMs = Date.parse(slow?.end_time ?? '') - Date.parse(slow?.start_time ?? '');
    expect(tookMs).toBeGreaterThanOrEqual(1_499);
    expect(tookMs).toBeLessThanOrEqual(1_501);
  });

  it('are empty for a job without steps, and undefined for another tenant’s job', async () => {
    const { jobId } = await startJob(db);
    expect(await db.signals.steps(TENANT, jobId, undefined, 100)).toEqual({ steps: [], continueAfter: null });
    expect(await db.signals.steps('other', jobId, undefined, 100)).toBeUndefined();
  });
});

describe('what a suspended job waits for', () => {
  it('is shown in the order of the steps, with the children that have ended', async () => {
    const job = await startJob(db);
    const childJobId = await putChild(db, job.jobId);
    const items = [];
    for (const place of [0, 1, 2]) items.push(await putChild(db, job.jobId, { step: 'items', place }));
    await endChild(db, items[1] ?? '', { result: 1 });
    await db.steps.record(job, {
      step: 'again',
      kind: 'run',
      status: 'waiting',
      failures: 1,
      dueInMs: 120_000,
    });
    await db.steps.wait(job, { step: 'nap', kind: 'sleep', forMs: 60_000 });
    await db.steps.wait(job, { step: 'ok', kind: 'signal', signal: 'approve' });
    await db.steps.wait(job, { step: 'child:result', kind: 'result', childJobId, childStep: 'child' });
    await db.steps.wait(job, { step: 'items', kind: 'map', total: 3, type: 'sleep' });
    await db.steps.wait(job, { step: 'not awaited', kind: 'sleep', forMs: 60_000 });
    await suspend(db, job, ['again', 'nap', 'ok', 'child:result', 'items']);
    const shown = await db.jobs.get(TENANT, job.jobId);
    const [expiry] = await db.sql<{ at: string }>(
      'SELECT iso_8601(expires_at) AS at FROM jobs WHERE job_id = $1',
      [job.jobId],
    );
    const none = { signal: null, child_job_id: null, children: null };
    expect(shown?.waiting_for).toEqual([
      { ...none, step: 'again', kind: 'retry', until: expect.any(String) },
      { ...none, step: 'nap', kind: 'sleep', until: shown?.run_at },
      { ...none, step: 'ok', kind: 'signal', until: expiry?.at, signal: 'approve' },
      { ...none, step: 'child:result', kind: 'result', until: expiry?.at, child_job_id: childJobId },
      { ...none, step: 'items', kind: 'map', until: expiry?.at, children: { ended: 1, total: 3 } },
    ]);
  });

  it('is null before the suspension, and after the job was woken', async () => {
    const job = await startJob(db);
    expect((await db.jobs.get(TENANT, job.jobId))?.waiting_for).toBeNull();
    await suspendForSignal(db, job);
    expect((await db.jobs.get(TENANT, job.jobId))?.waiting_for).toHaveLength(1);
    await suspend(db, job, []);
    await db.sql('UPDATE jobs SET waits_for = NULL, run_at = now(), wake_at = now() WHERE job_id = $1', [
      job.jobId,
    ]);
    expect((await db.jobs.get(TENANT, job.jobId))?.waiting_for).toBeNull();
  });
});
