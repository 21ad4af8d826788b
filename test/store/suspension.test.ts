import { describe, expect, it } from '@jest/globals';
import { useJobDatabase } from '../helpers/job-database.ts';
import { result, snapshot } from './job-rows.ts';
import { claimJob, endChild, putChild, putSignal, startJob, suspend, suspendForSignal } from './step-rows.ts';

const db = useJobDatabase();

const MINUTE = 60_000;

/** Returns the time from `wake_at` to `run_at`, in milliseconds. */
async function sweptBeforeMs(jobId: string): Promise<number> {
  const [row] = await db.sql<{ ms: number }>(
    'SELECT extract(epoch FROM run_at - wake_at)::float8 * 1000 AS ms FROM jobs WHERE job_id = $1',
    [jobId],
  );
  return row?.ms ?? NaN;
}

describe('a suspended job', () => {
  it('keeps its attempt open, without a lease', async () => {
    const job = await startJob(db);
    await suspendForSignal(db, job);
    const stored = await snapshot(db, job.jobId);
    expect(stored.job).toMatchObject({
      status: 'created',
      attempt: 1,
      continues: true,
      waits_for: 'signal',
      worker: null,
      lease_expires_at: null,
      message: null,
      held_by: null,
    });
    expect(stored.attempts).toMatchObject([{ attempt: 1, outcome: null, end_time: null }]);
  });

  it('is continued by its next claim as the same attempt, with a higher fence', async () => {
    const job = await startJob(db);
    await db.attempts.beat([{ ...job, progress: { fraction: 0.5, note: 'half' } }]);
    expect(await suspend(db, job, [])).toMatchObject({ recorded: true, status: 'created', dueInMs: 0 });
    const continued = await claimJob(db, job.jobId);
    expect(continued).toMatchObject({ attempt: 1, fence: job.fence + 1 });
    const stored = await snapshot(db, job.jobId);
    expect(stored.job).toMatchObject({ status: 'running', continues: false, waits_for: null, progress: 0.5 });
    expect(stored.attempts).toMatchObject([{ attempt: 1, outcome: null }]);
    await db.attempts.record([result(job.jobId, { fence: continued.fence })]);
    expect((await snapshot(db, job.jobId)).attempts).toMatchObject([{ attempt: 1, outcome: 'success' }]);
  });

  it('is lost like any other job if the worker that continues it stops', async () => {
    const job = await startJob(db, { maxAttempts: 2 });
    await suspend(db, job, []);
    await claimJob(db, job.jobId);
    await db.sql(
      `UPDATE jobs SET lease_expires_at = now() - interval '1 s', wake_at = now() - interval '1 s' WHERE job_id = $1`,
      [job.jobId],
    );
    expect(await claimJob(db, job.jobId)).toMatchObject({ attempt: 2 });
    expect((await snapshot(db, job.jobId)).attempts).toMatchObject([{ outcome: 'lost' }, { outcome: null }]);
  });

  it('gets the number of its next log part', async () => {
    const job = await startJob(db);
    const line = { time: '2026-11-27T12:00:00.000Z', level: 'info', message: 'a', fields: {} } as const;
    const logs = { parts: [0, 1].map((part) => ({ part, lines: [line] })), keepFrom: 0 };
    await db.steps.record(job, { step: 'a', kind: 'run', status: 'success', failures: 0 });
    await db.attempts.record([
      result(job.jobId, {
        fence: job.fence,
        status: 'created',
        outcome: 'suspended',
        continuation: { steps: [] },
        logs,
      }),
    ]);
    expect(await claimJob(db, job.jobId)).toMatchObject({ firstLogPart: 2 });
  });

  it('is recorded once', async () => {
    const job = await startJob(db);
    await suspendForSignal(db, job);
    const before = await snapshot(db, job.jobId);
    expect(await suspend(db, job, ['wait'])).toMatchObject({
      recorded: false,
      status: 'created',
      isParked: true,
    });
    expect(await snapshot(db, job.jobId)).toEqual(before);
  });
});

describe('a job suspended until a time', () => {
  it('keeps its message if the time is within 15 minutes', async () => {
    const job = await startJob(db);
    await db.steps.wait(job, { step: 'nap', kind: 'sleep', forMs: 10 * MINUTE });
    const recorded = await suspend(db, job, ['nap']);
    expect(recorded.isParked).toBeUndefined();
    expect(recorded.dueInMs).toBeGreaterThan(9 * MINUTE);
    expect(await sweptBeforeMs(job.jobId)).toBe(0);
    expect((await snapshot(db, job.jobId)).job).toMatchObject({ waits_for: 'time' });
    expect(await db.attempts.claim([job.jobId], 'worker-2', 1_000)).toMatchObject([
      { verdict: 'waiting', dueInMs: expect.any(Number) },
    ]);
  });

  it('gets a message from the sweeper in time if the time is later than that', async () => {
    const job = await startJob(db);
    await db.steps.wait(job, { step: 'nap', kind: 'sleep', forMs: 60 * MINUTE });
    expect(await suspend(db, job, ['nap'])).toMatchObject({ isParked: true });
    expect(await sweptBeforeMs(job.jobId)).toBe(10 * MINUTE);
    expect(await db.attempts.claim([job.jobId], 'worker-2', 1_000)).toEqual([
      { jobId: job.jobId, verdict: 'parked' },
    ]);
    // Updates the row in the same way as the sweeper does when it sends the message.
    await db.sql('UPDATE jobs SET wake_at = run_at WHERE job_id = $1', [job.jobId]);
    expect(await db.attempts.claim([job.jobId], 'worker-2', 1_000)).toMatchObject([{ verdict: 'waiting' }]);
  });

  it('continues at the first of its times, and immediately if that has passed', async () => {
    const job = await startJob(db);
    await db.steps.wait(job, { step: 'long', kind: 'sleep', forMs: 10 * MINUTE });
    await db.steps.wait(job, { step: 'short', kind: 'sleep', forMs: 5 * MINUTE });
    await db.steps.wait(job, { step: 'past', kind: 'sleep', forMs: -1 });
    const recorded = await suspend(db, job, ['long', 'short']);
    expect(recorded.dueInMs).toBeLessThanOrEqual(5 * MINUTE);
    expect(recorded.dueInMs).toBeGreaterThan(4 * MINUTE);

    await db.sql('UPDATE jobs SET run_at = now(), wake_at = now() WHERE job_id = $1', [job.jobId]);
    expect(await suspend(db, await claimJob(db, job.jobId), ['long', 'past'])).toMatchObject({ dueInMs: 0 });
    expect((await snapshot(db, job.jobId)).job).toMatchObject({ continues: true, waits_for: null });
  });
});

describe('a job suspended until something happens', () => {
  it('continues immediately if the signal came before', async () => {
    const job = await startJob(db);
    await db.steps.wait(job, { step: 'wait', kind: 'signal', signal: 'approve' });
    await putSignal(db, job.jobId);
    const recorded = await suspend(db, job, ['wait']);
    expect(recorded).toMatchObject({ dueInMs: 0 });
    expect(recorded.isParked).toBeUndefined();
    expect((await snapshot(db, job.jobId)).job).toMatchObject({ continues: true, waits_for: null });
  });

  it('does not continue for another signal, or one that a step has taken', async () => {
    const job = await startJob(db);
    await putSignal(db, job.jobId, { name: 'reject' });
    await putSignal(db, job.jobId);
    const wait = { kind: 'signal', signal: 'approve' } as const;
    await db.steps.wait(job, { ...wait, step: 'first' });
    await db.steps.wait(job, { ...wait, step: 'second' });
    expect(await suspend(db, job, ['second'])).toMatchObject({ isParked: true });
    expect((await snapshot(db, job.jobId)).job).toMatchObject({ waits_for: 'signal' });
  });

  it('continues immediately if the child has ended before', async () => {
    for (const ends of [true, false]) {
      const job = await startJob(db);
      const childJobId = await putChild(db, job.jobId);
      await db.steps.wait(job, { step: 'child:result', kind: 'result', childJobId, childStep: 'child' });
      if (ends) await endChild(db, childJobId, { result: 1 });
      await suspend(db, job, ['child:result']);
      expect((await snapshot(db, job.jobId)).job.waits_for).toBe(ends ? null : 'children');
    }
  });

  it('continues immediately if all children of a step have ended before', async () => {
    const job = await startJob(db);
    const [first, last] = [
      await putChild(db, job.jobId, { step: 'map', place: 0 }),
      await putChild(db, job.jobId, { step: 'map', place: 1 }),
    ];
    await db.steps.wait(job, { step: 'map', kind: 'map', total: 2, type: 'sleep' });
    await endChild(db, first, { result: 1 });
    await suspend(db, job, ['map']);
    expect((await snapshot(db, job.jobId)).job.waits_for).toBe('children');
    await db.sql('UPDATE jobs SET run_at = now(), wake_at = now() WHERE job_id = $1', [job.jobId]);
    const continued = await claimJob(db, job.jobId);
    await endChild(db, last, { message: 'broken' });
    await suspend(db, continued, ['map']);
    expect((await snapshot(db, job.jobId)).job.waits_for).toBeNull();
  });

  it('marks the steps that it waits for, and only these', async () => {
    const job = await startJob(db);
    for (const step of ['a', 'b', 'c']) await db.steps.wait(job, { step, kind: 'sleep', forMs: MINUTE });
    await suspend(db, job, ['a', 'b']);
    await db.sql('UPDATE jobs SET run_at = now(), wake_at = now() WHERE job_id = $1', [job.jobId]);
    await suspend(db, await claimJob(db, job.jobId), ['b', 'c']);
    expect(
      await db.sql('SELECT step FROM job_steps WHERE job_id = $1 AND awaited ORDER BY step', [job.jobId]),
    ).toEqual([{ step: 'b' }, { step: 'c' }]);
  });

  it('continues immediately for a step that was never recorded', async () => {
    const job = await startJob(db);
    expect(await suspend(db, job, ['missing'])).toMatchObject({ dueInMs: 0 });
  });

  it('continues immediately if one of its steps was never recorded', async () => {
    const job = await startJob(db);
    await db.steps.wait(job, { step: 'nap', kind: 'sleep', forMs: 60_000 });
    expect((await suspend(db, job, ['nap', 'unknown'])).dueInMs).toBe(0);
  });
});
