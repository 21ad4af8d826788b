import { describe, expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import type { ClaimedJob } from '../../lambdas/job/attempt-store.ts';
import { MAX_SIGNALS, type Signaled } from '../../lambdas/job/steps/signals.ts';
import { entryOf } from '../helpers/audit-entries.ts';
import { useJobDatabase } from '../helpers/job-database.ts';
import { result, snapshot, TENANT } from './job-rows.ts';
import { meetAtRows } from './locked-rows.ts';
import { claimJob, putSignal, startJob, suspend, suspendForSignal } from './step-rows.ts';

const db = useJobDatabase();

interface Sent {
  name?: string;
  key?: string;
  payload?: string;
  entry?: ReturnType<typeof entryOf>;
  tenant?: string;
}

function send(jobId: string, sent: Sent = {}): Promise<Signaled | undefined> {
  const { name = 'approve', key = uuidv7(), payload = 'yes', entry = entryOf('job.signal') } = sent;
  return db.signals.signal(sent.tenant ?? TENANT, jobId, { name, key, payload }, entry);
}

async function stateOf(jobId: string) {
  const { job } = await snapshot(db, jobId);
  return { status: job.status, waitsFor: job.waits_for };
}

/** Claims the job again, calls its `wait` step again, and returns the step. */
async function received(job: ClaimedJob) {
  const continued = await claimJob(db, job.jobId);
  expect(continued).toMatchObject({ attempt: 1, fence: job.fence + 1 });
  return db.steps.wait(continued, { step: 'wait', kind: 'signal', signal: 'approve' });
}

const ACCEPTED = { verdict: 'accepted', deduplicated: false };

describe('a signal', () => {
  it('is stored if it arrives before its wait, which takes it immediately', async () => {
    const job = await startJob(db);
    expect(await send(job.jobId)).toEqual({ ...ACCEPTED, woken: undefined });
    expect(await db.steps.wait(job, { step: 'wait', kind: 'signal', signal: 'approve' })).toMatchObject({
      ...{ status: 'success', result: 'yes', timedOut: false },
    });
  });

  it('lets the job continue immediately if it arrives between its wait and the suspension', async () => {
    const job = await startJob(db);
    await db.steps.wait(job, { step: 'wait', kind: 'signal', signal: 'approve' });
    expect(await send(job.jobId)).toEqual({ ...ACCEPTED, woken: undefined });
    expect(await suspend(db, job, ['wait'])).toMatchObject({ status: 'created', dueInMs: 0 });
    expect(await received(job)).toMatchObject({ status: 'success', result: 'yes' });
  });

  it('wakes a suspended job, and returns it so that the caller can send the wake-up', async () => {
    const job = await startJob(db);
    expect(await suspendForSignal(db, job)).toMatchObject({ isParked: true });
    expect(await stateOf(job.jobId)).toEqual({ status: 'created', waitsFor: 'signal' });
    const { jobId } = job;
    expect(await send(jobId)).toEqual({ ...ACCEPTED, woken: { jobId, tenant: TENANT, queue: 'default' } });
    expect(await stateOf(jobId)).toEqual({ status: 'created', waitsFor: null });
    expect(await received(job)).toMatchObject({ status: 'success', result: 'yes' });
  });

  it('wakes a job that also waits for children', async () => {
    const job = await startJob(db);
    const child = uuidv7();
    await db.sql(
      `INSERT INTO jobs (job_id, submission_id, tenant, type, payload, max_attempts, timeout_seconds, run_at, wake_at, parent_job_id, parent_step)
       VALUES ($1, $1, $2, 'sleep', '{}', 1, 1, now(), now(), $3, 'child')`,
      [child, TENANT, job.jobId],
    );
    await db.steps.wait(job, { step: 'child:result', kind: 'result', childJobId: child, childStep: 'child' });
    await db.steps.wait(job, { step: 'wait', kind: 'signal', signal: 'approve' });
    await suspend(db, job, ['child:result', 'wait']);
    expect(await stateOf(job.jobId)).toEqual({ status: 'created', waitsFor: 'children' });
    expect(await send(job.jobId)).toMatchObject({ woken: { jobId: job.jobId } });
  });

  it('does not wake a suspended job if it has another name', async () => {
    const job = await startJob(db);
    await suspendForSignal(db, job);
    expect(await send(job.jobId, { name: 'other' })).toEqual({ ...ACCEPTED, woken: undefined });
    expect(await stateOf(job.jobId)).toEqual({ status: 'created', waitsFor: 'signal' });
  });

  it('for a step that the job does not wait for now does not wake the job', async () => {
    const job = await startJob(db);
    await db.steps.wait(job, { step: 'abandoned', kind: 'signal', signal: 'other' });
    await suspendForSignal(db, job);
    expect(await send(job.jobId, { name: 'other' })).toEqual({ ...ACCEPTED, woken: undefined });
    expect(await stateOf(job.jobId)).toEqual({ status: 'created', waitsFor: 'signal' });
  });

  it('is stored once per name and key, with its first payload', async () => {
    const job = await startJob(db);
    await suspendForSignal(db, job);
    const key = 'order-7';
    expect(await send(job.jobId, { key, payload: 'first' })).toMatchObject(ACCEPTED);
    expect(await send(job.jobId, { key, payload: 'second' })).toMatchObject({ deduplicated: true });
    expect(await send(job.jobId, { key, name: 'other' })).toMatchObject(ACCEPTED);
    expect(await received(job)).toMatchObject({ result: 'first' });
    expect(await send(job.jobId, { key })).toEqual({
      ...{ verdict: 'accepted', deduplicated: true, woken: undefined },
    });
    const stored = await db.sql(
      'SELECT name, payload, taken_by FROM job_signals WHERE job_id = $1 ORDER BY place',
      [job.jobId],
    );
    expect(stored).toEqual([
      { name: 'approve', payload: 'first', taken_by: 'wait' },
      { name: 'other', payload: 'yes', taken_by: null },
    ]);
  });

  it('is not a duplicate if its request is retried, and its message is sent again', async () => {
    const job = await startJob(db);
    await suspendForSignal(db, job);
    const request = { key: 'order-7', entry: entryOf('job.signal') };
    const first = await send(job.jobId, request);
    expect(await send(job.jobId, request)).toEqual(first);
    expect(first).toMatchObject({ ...ACCEPTED, woken: { jobId: job.jobId } });
    await claimJob(db, job.jobId);
    expect(await send(job.jobId, request)).toEqual({ ...ACCEPTED, woken: undefined });
    expect(await db.sql('SELECT 1 FROM job_signals WHERE job_id = $1', [job.jobId])).toHaveLength(1);
  });

  it('has one audit entry', async () => {
    const job = await startJob(db);
    const entry = entryOf('job.signal');
    await send(job.jobId, { key: 'a', entry });
    await send(job.jobId, { key: 'a', entry });
    await send(job.jobId, { key: 'a' });
    const entries = await db.sql('SELECT entry_id, actor, action FROM audit_entries WHERE subject = $1', [
      job.jobId,
    ]);
    expect(entries).toEqual([{ entry_id: entry.entryId, actor: entry.actor, action: 'job.signal' }]);
  });

  it('is refused for a job that has ended, unless it was sent before', async () => {
    const job = await startJob(db);
    await send(job.jobId, { key: 'early' });
    await db.attempts.record([result(job.jobId)]);
    expect(await send(job.jobId)).toEqual({ verdict: 'ended', status: 'success' });
    expect(await send(job.jobId, { key: 'early' })).toMatchObject({ deduplicated: true });
  });

  it('is refused for another tenant’s job, and for a missing job', async () => {
    const job = await startJob(db);
    expect(await send(job.jobId, { tenant: 'other' })).toBeUndefined();
    expect(await send(uuidv7())).toBeUndefined();
    expect(await db.sql('SELECT 1 FROM job_signals WHERE job_id = $1', [job.jobId])).toEqual([]);
  });

  it('is refused for a job at its signal limit', async () => {
    const job = await startJob(db);
    await db.sql(
      `INSERT INTO job_signals (job_id, name, key, payload) SELECT $1, 'tick', n::text, 'null' FROM generate_series(1, $2::int - 1) AS n`,
      [job.jobId, MAX_SIGNALS],
    );
    expect(await send(job.jobId, { name: 'tick', key: 'last' })).toMatchObject(ACCEPTED);
    expect(await send(job.jobId)).toEqual({ verdict: 'full' });
    expect(await send(job.jobId, { name: 'tick', key: 'last' })).toMatchObject({ deduplicated: true });
  });

  it.each(['the signal first', 'the suspension first'])(
    'is never missed if it coincides with its job’s suspension: %s',
    async (order) => {
      const job = await startJob(db);
      await db.steps.wait(job, { step: 'wait', kind: 'signal', signal: 'approve' });
      const both: (() => Promise<unknown>)[] = [() => send(job.jobId), () => suspend(db, job, ['wait'])];
      await meetAtRows(db, [job.jobId], order === 'the signal first' ? both : both.toReversed());
      expect(await received(job)).toMatchObject({ status: 'success', result: 'yes' });
    },
  );

  it('is the same signal as a concurrent one with the same key', async () => {
    const job = await startJob(db);
    await suspendForSignal(db, job);
    const request = (): Promise<Signaled | undefined> => send(job.jobId, { key: 'order-7' });
    const answers = await meetAtRows(db, [job.jobId], [request, request]);
    expect(answers).toMatchObject([
      { deduplicated: false, woken: { jobId: job.jobId } },
      { deduplicated: true, woken: undefined },
    ]);
  });
});

describe('an approval link', () => {
  it('is signed with a constant key of 32 bytes', async () => {
    const key = await db.signals.approvalKey();
    expect(key).toHaveLength(32);
    expect(await db.signals.approvalKey()).toEqual(key);
  });

  it('shows its question, and the answer if there is one', async () => {
    const job = await startJob(db);
    await db.steps.record(job, {
      ...{ step: 'deploy', kind: 'approval', status: 'success', failures: 0, dueInMs: 60_000 },
      detail: { question: 'Deploy?', signal: 'deploy' },
    });
    const request = { tenant: TENANT, status: 'running', question: 'Deploy?', signal: 'deploy' };
    expect(await db.signals.approval(job.jobId, 'deploy')).toEqual(request);
    await putSignal(db, job.jobId, { name: 'deploy', payload: { approved: true } });
    expect(await db.signals.approval(job.jobId, 'deploy')).toEqual(request);
    await db.signals.signal(
      TENANT,
      job.jobId,
      { name: 'deploy', key: 'approval', payload: { approved: false } },
      entryOf('job.signal'),
    );
    expect(await db.signals.approval(job.jobId, 'deploy')).toEqual({
      ...request,
      answer: { approved: false },
    });
    expect(await db.signals.approval(job.jobId, 'other')).toBeUndefined();
  });

  it('shows only an approval, not another step', async () => {
    const job = await startJob(db);
    const detail = { question: 'Deploy?', signal: 'deploy' };
    await db.steps.record(job, { step: 'deploy', kind: 'run', status: 'success', failures: 0, detail });
    expect(await db.signals.approval(job.jobId, 'deploy')).toBeUndefined();
  });
});
