import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ClaimedJob } from '../../lambdas/job/attempt-store.ts';
import type { Json } from '../../lambdas/job/job.ts';
import type { NewStep, RecordedStep } from '../../lambdas/job/steps/step-store.ts';
import { useJobDatabase } from '../helpers/job-database.ts';
import { anyJson, asStored } from './any-json.ts';
import { result } from './job-rows.ts';
import { meetAtRows } from './locked-rows.ts';
import { claimJob, putSignal, startJob, suspend } from './step-rows.ts';

const db = useJobDatabase();

function charge(overrides: Partial<NewStep> = {}): NewStep {
  return { step: 'charge', kind: 'run', status: 'success', failures: 0, ...overrides };
}

const CHARGE: RecordedStep = {
  step: 'charge',
  kind: 'run',
  status: 'success',
  failures: 0,
  dueInMs: null,
  timedOut: false,
  detail: {},
  result: null,
  isResultLeftOut: false,
  message: null,
};

describe('a recorded step', () => {
  it('is returned and read as it was recorded', async () => {
    const job = await startJob(db);
    const detail = { question: 'Ship it?' };
    const recorded = await db.steps.record(job, charge({ detail, result: { id: 7 }, failures: 2 }));
    expect(recorded).toEqual({ ...CHARGE, detail, result: { id: 7 }, failures: 2 });
    expect(await db.steps.read(job.jobId, 'charge')).toEqual(recorded);
    expect(await db.steps.read(job.jobId, 'other')).toBeUndefined();
  });

  it('keeps its result unchanged, whatever JSON it is', async () => {
    const job = await startJob(db);
    let number = 0;
    await fc.assert(
      fc.asyncProperty(anyJson, async (given: Json) => {
        const step = `step-${(number += 1)}`;
        await db.steps.record(job, charge({ step, result: given }));
        expect((await db.steps.read(job.jobId, step))?.result).toStrictEqual(asStored(given));
      }),
      { numRuns: 30 },
    );
  });

  it('changes while it waits for its next call, and never after its end', async () => {
    const job = await startJob(db);
    const waiting = await db.steps.record(job, charge({ status: 'waiting', failures: 1, dueInMs: 60_000 }));
    expect(waiting).toMatchObject({ status: 'waiting', failures: 1 });
    expect(waiting?.dueInMs).toBeGreaterThan(55_000);
    expect(await db.steps.record(job, charge({ failures: 1, result: 'first' }))).toMatchObject({
      ...CHARGE,
      failures: 1,
      result: 'first',
    });
    for (const late of [
      charge({ result: 'second' }),
      charge({ status: 'failed', message: 'late' }),
      charge({ status: 'waiting', dueInMs: 1 }),
    ])
      expect(await db.steps.record(job, late)).toMatchObject({ ...CHARGE, failures: 1, result: 'first' });
  });

  it('keeps its message if it failed', async () => {
    const job = await startJob(db);
    await db.steps.record(job, charge({ status: 'failed', failures: 3, message: 'broken' }));
    expect(await db.steps.record(job, charge({ result: 1 }))).toEqual({
      ...CHARGE,
      status: 'failed',
      failures: 3,
      message: 'broken',
    });
  });

  it('is replaced by the next checkpoint if it is a checkpoint', async () => {
    const job = await startJob(db);
    const checkpoint = charge({ step: '@checkpoint', kind: 'checkpoint' });
    await db.steps.record(job, { ...checkpoint, result: { page: 1 } });
    await db.steps.record(job, { ...checkpoint, result: { page: 2 } });
    expect(await db.steps.read(job.jobId, '@checkpoint')).toMatchObject({ result: { page: 2 } });
  });

  it('is refused to an attempt that no longer runs the job', async () => {
    const job = await startJob(db);
    for (const writer of [
      { ...job, fence: job.fence + 1 },
      { ...job, attempt: job.attempt + 1 },
    ]) {
      expect(await db.steps.record(writer, charge())).toBeUndefined();
      expect(await db.steps.wait(writer, { step: 'nap', kind: 'sleep', forMs: 1 })).toBeUndefined();
    }
    await suspend(db, job, []);
    expect(await db.steps.record(job, charge())).toBeUndefined();
    expect(await db.steps.wait(job, { step: 'nap', kind: 'sleep', forMs: 1 })).toBeUndefined();
    expect(await db.sql('SELECT 1 FROM job_steps WHERE job_id = $1', [job.jobId])).toEqual([]);
  });

  it.each([
    ['a step', (job: ClaimedJob) => db.steps.record(job, charge())],
    ['a wait', (job: ClaimedJob) => db.steps.wait(job, { step: 'nap', kind: 'sleep', forMs: 1 })],
  ])('is refused if the outcome of its job is recorded first: %s', async (_what, write) => {
    const job = await startJob(db);
    const [, step] = await meetAtRows(
      db,
      [job.jobId],
      [() => db.attempts.record([result(job.jobId)]), () => write(job)],
    );
    expect(step).toBeUndefined();
  });

  it.each(['x', '語', '"'])('can have a result of 256 KiB of %j', async (character) => {
    const job = await startJob(db);
    const length = Math.floor((256 * 1024 - 2) / (Buffer.byteLength(JSON.stringify(character)) - 2));
    const large = character.repeat(length);
    expect(await db.steps.record(job, charge({ result: large }))).toMatchObject({
      result: null,
      isResultLeftOut: true,
    });
    expect(await db.steps.read(job.jobId, 'charge')).toEqual({ ...CHARGE, result: large });
  });
});

describe('a claimed job’s steps', () => {
  it('are not returned by the first claim, nor for a job without steps', async () => {
    const job = await startJob(db);
    expect(job.steps).toBeUndefined();
    await suspend(db, job, []);
    expect((await claimJob(db, job.jobId)).steps).toBeUndefined();
  });

  it('are in the order of their first record', async () => {
    const job = await startJob(db);
    await db.steps.record(job, charge({ step: 'b', status: 'waiting', dueInMs: 0 }));
    await db.steps.record(job, charge({ step: 'a', result: 1 }));
    await db.steps.record(job, charge({ step: 'b', result: 2 }));
    await suspend(db, job, []);
    expect((await claimJob(db, job.jobId)).steps).toEqual([
      { ...CHARGE, step: 'b', dueInMs: null, result: 2 },
      { ...CHARGE, step: 'a', result: 1 },
    ]);
  });

  it.each([
    ['that fill one response', 300, 'x'.repeat(1_000)],
    ['with large results', 3, '"'.repeat(100_000)],
    ['that are many', 1_200, 'x'],
  ])('are all returned, even those %s', async (_what, count, text) => {
    const job = await startJob(db);
    await db.sql(
      `INSERT INTO job_steps (job_id, step, kind, status, result)
       SELECT $1, 'step-' || number, 'run', 'success', to_json($3::text) FROM generate_series(1, $2::int) AS number`,
      [job.jobId, count, text],
    );
    await suspend(db, job, []);
    const { steps = [] } = await claimJob(db, job.jobId);
    expect(steps.map(({ step }) => step)).toEqual(
      Array.from({ length: count }, (_, index) => `step-${index + 1}`),
    );
    const isResultLeftOut = text.length > 24 * 1024;
    expect(steps[1]).toEqual({
      ...CHARGE,
      step: 'step-2',
      result: isResultLeftOut ? null : text,
      isResultLeftOut,
    });
  });
});

describe('a wait for a time', () => {
  it('keeps the time when it began', async () => {
    const job = await startJob(db);
    const first = await db.steps.wait(job, { step: 'nap', kind: 'sleep', forMs: 60_000 });
    expect(first).toMatchObject({
      ...CHARGE,
      step: 'nap',
      kind: 'sleep',
      status: 'waiting',
      dueInMs: expect.any(Number),
    });
    const again = await db.steps.wait(job, { step: 'nap', kind: 'sleep', forMs: 600_000 });
    expect(again?.dueInMs).toBeLessThanOrEqual(first?.dueInMs ?? 0);
  });

  it('keeps waiting when its time has elapsed', async () => {
    const job = await startJob(db);
    const nap = await db.steps.wait(job, { step: 'nap', kind: 'sleep', forMs: -1 });
    expect(nap?.status).toBe('waiting');
    expect(nap?.dueInMs).toBeLessThanOrEqual(0);
  });
});

describe('a wait for a signal', () => {
  const wait = { step: 'wait', kind: 'signal', signal: 'approve' } as const;

  it('takes the oldest signal with that name once', async () => {
    const job = await startJob(db);
    await putSignal(db, job.jobId, { name: 'reject', payload: 0 });
    await putSignal(db, job.jobId, { payload: 1 });
    await putSignal(db, job.jobId, { payload: 2 });
    for (const step of ['wait', 'wait'])
      expect(await db.steps.wait(job, { ...wait, step })).toMatchObject({ status: 'success', result: 1 });
    expect(await db.steps.wait(job, { ...wait, step: 'wait#2' })).toMatchObject({
      status: 'success',
      result: 2,
    });
    expect(await db.steps.wait(job, { ...wait, step: 'wait#3' })).toMatchObject({
      status: 'waiting',
      dueInMs: null,
      detail: { signal: 'approve' },
    });
  });

  it('takes each signal once, even if two steps wait concurrently', async () => {
    const job = await startJob(db);
    await putSignal(db, job.jobId, { payload: 1 });
    await putSignal(db, job.jobId, { payload: 2 });
    const taken = await Promise.all(['one', 'two'].map((step) => db.steps.wait(job, { ...wait, step })));
    expect(taken.map((step) => step?.result).sort()).toEqual([1, 2]);
  });

  it('ends with its timeout, unless a signal came before the next check', async () => {
    const job = await startJob(db);
    const patient = { ...wait, step: 'patient', timeoutMs: 60_000 };
    for (let call = 1; call <= 2; call += 1)
      expect(await db.steps.wait(job, patient)).toMatchObject({ status: 'waiting', timedOut: false });
    await db.steps.wait(job, { ...wait, timeoutMs: 0 });
    expect(await db.steps.wait(job, wait)).toMatchObject({ status: 'success', timedOut: true, result: null });
    await putSignal(db, job.jobId, { payload: 'late' });
    expect(await db.steps.wait(job, wait)).toMatchObject({ status: 'success', timedOut: true, result: null });

    const other = await startJob(db);
    await db.sql(
      `INSERT INTO job_steps (job_id, step, kind, status, due_at, detail)
       VALUES ($1, 'wait', 'signal', 'waiting', now() - interval '1 s', '{"signal": "approve"}')`,
      [other.jobId],
    );
    await putSignal(db, other.jobId, { payload: 'in time' });
    expect(await db.steps.wait(other, wait)).toMatchObject({ timedOut: false, result: 'in time' });
  });
});
