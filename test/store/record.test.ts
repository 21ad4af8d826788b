import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MAX_LOG_BYTES } from '../../lambdas/job/attempt-log.ts';
import { MAX_STACK_BYTES } from '../../lambdas/job/failure.ts';
import type { Json } from '../../lambdas/job/job.ts';
import type { AttemptResult } from '../../lambdas/job/attempt-store.ts';
import { entryOf } from '../helpers/audit-entries.ts';
import { useJobDatabase } from '../helpers/job-database.ts';
import { anyJson, asStored } from './any-json.ts';
import { putJob, result, snapshot, TENANT } from './job-rows.ts';

const db = useJobDatabase();

const running = (): Promise<string> => putJob(db, { status: 'running', worker: 'worker-1' });

async function record(offered: AttemptResult): Promise<unknown> {
  const [answer, ...more] = await db.attempts.record([offered]);
  expect(more).toEqual([]);
  return answer;
}

describe('a recorded attempt', () => {
  it('ends the job with its result if it succeeded', async () => {
    const jobId = await running();
    expect(await record(result(jobId, { result: { slept: 1 } }))).toEqual({
      jobId,
      recorded: true,
      status: 'success',
      dueInMs: 0,
      lifetimeMs: expect.any(Number),
      callbackJobId: null,
    });
    const { job, attempts } = await snapshot(db, jobId);
    expect(job).toMatchObject({
      status: 'success',
      result: { slept: 1 },
      message: null,
      worker: null,
      lease_expires_at: null,
      wake_at: null,
    });
    expect(attempts).toMatchObject([
      { attempt: 1, outcome: 'success', message: null, end_time: job.end_time },
    ]);
  });

  it.each(['failed', 'timeout'] as const)(
    'fails the job with its message if it ended as %s',
    async (outcome) => {
      const jobId = await running();
      await record(
        result(jobId, { status: 'failed', outcome, message: 'broken', result: { partial: true } }),
      );
      const { job, attempts } = await snapshot(db, jobId);
      expect(job).toMatchObject({ status: 'failed', message: 'broken', result: null, wake_at: null });
      expect(attempts).toMatchObject([{ outcome, message: 'broken' }]);
    },
  );

  it('gives the job another attempt once if it was throttled', async () => {
    const jobId = await running();
    const before = await snapshot(db, jobId);
    const throttled = result(jobId, { status: 'created', outcome: 'throttled', message: 'no capacity' });
    for (const recorded of [true, false]) {
      expect(await record(throttled)).toMatchObject({ recorded, status: 'created' });
      const { job, attempts } = await snapshot(db, jobId);
      expect(job).toMatchObject({ attempt: 1, max_attempts: Number(before.job.max_attempts) + 1 });
      expect(attempts).toMatchObject([{ outcome: 'throttled', message: 'no capacity' }]);
    }
  });

  it('gives no further attempt to a job that is to be canceled if it was throttled', async () => {
    const jobId = await running();
    const before = await snapshot(db, jobId);
    await db.jobs.cancel(TENANT, jobId, entryOf('job.cancel'));
    await record(result(jobId, { status: 'created', outcome: 'throttled', message: 'no capacity' }));
    expect((await snapshot(db, jobId)).job).toMatchObject({
      status: 'canceled',
      max_attempts: before.job.max_attempts,
    });
  });

  it('makes the job wait for its back-off before a retry', async () => {
    const jobId = await running();
    const before = await snapshot(db, jobId);
    const answer = await record(
      result(jobId, { status: 'created', outcome: 'failed', message: 'broken', retryInMs: 30_000 }),
    );
    expect(answer).toMatchObject({ recorded: true, status: 'created' });
    const { dueInMs } = answer as { dueInMs: number };
    expect(dueInMs).toBeGreaterThan(25_000);
    expect(dueInMs).toBeLessThanOrEqual(30_000);

    const { job, attempts } = await snapshot(db, jobId);
    expect(job).toMatchObject({
      status: 'created',
      attempt: 1,
      message: 'broken',
      end_time: null,
      worker: null,
      lease_expires_at: null,
      wake_at: job.run_at,
      start_time: before.job.start_time,
    });
    expect(attempts).toMatchObject([{ outcome: 'failed', message: 'broken' }]);
    expect(await db.attempts.claim([jobId], 'worker-2', 1_000)).toMatchObject([{ verdict: 'waiting' }]);
  });

  it('makes the job claimable immediately for an immediate retry', async () => {
    const jobId = await running();
    await record(result(jobId, { status: 'created', outcome: 'failed', retryInMs: 0 }));
    expect(await db.attempts.claim([jobId], 'worker-2', 1_000)).toMatchObject([
      { verdict: 'claimed', job: { attempt: 2 } },
    ]);
  });

  it('cancels the job instead of retrying it if a client requested that meanwhile', async () => {
    const jobId = await running();
    await db.jobs.cancel(TENANT, jobId, entryOf('job.cancel'));
    expect(
      await record(
        result(jobId, { status: 'created', outcome: 'failed', message: 'broken', retryInMs: 30_000 }),
      ),
    ).toMatchObject({ recorded: true, status: 'canceled' });
    const { job, attempts } = await snapshot(db, jobId);
    expect(job).toMatchObject({ status: 'canceled', message: 'canceled by request', wake_at: null });
    expect(attempts).toMatchObject([{ outcome: 'failed', message: 'broken' }]);
  });

  it('stays a success if it succeeded despite a cancellation request', async () => {
    const jobId = await running();
    await db.jobs.cancel(TENANT, jobId, entryOf('job.cancel'));
    expect(await record(result(jobId))).toMatchObject({ recorded: true, status: 'success' });
  });
});

describe('the fencing token', () => {
  it('keeps a superseded attempt from changing anything', async () => {
    const jobId = await putJob(db, { status: 'running', attempt: 2, maxAttempts: 3 });
    const before = await snapshot(db, jobId);
    for (const status of ['success', 'failed', 'canceled', 'created'] as const) {
      expect(await record(result(jobId, { attempt: 1, status, message: 'late' }))).toMatchObject({
        recorded: false,
        status: 'running',
      });
    }
    expect(await snapshot(db, jobId)).toEqual(before);
  });

  it('keeps an attempt from writing after its job was requeued', async () => {
    const jobId = await putJob(db, { status: 'created', attempt: 1, dueInMs: 60_000 });
    const before = await snapshot(db, jobId);
    expect(await record(result(jobId, { attempt: 1 }))).toMatchObject({ recorded: false, status: 'created' });
    expect(await snapshot(db, jobId)).toEqual(before);
  });

  it('keeps an attempt that never began from writing', async () => {
    const jobId = await running();
    const before = await snapshot(db, jobId);
    await record(result(jobId, { attempt: 2 }));
    expect(await snapshot(db, jobId)).toEqual(before);
  });
});

describe('a record that is retried because its response was lost', () => {
  const cases = [
    result('', { result: { slept: 1 } }),
    result('', {
      status: 'failed',
      outcome: 'timeout',
      message: 'too long',
      failure: { stack: null, log: [] },
    }),
    result('', { status: 'canceled', outcome: 'canceled' }),
    result('', { status: 'created', outcome: 'failed', retryInMs: 60_000 }),
  ];

  it.each(cases)('changes nothing, and returns the same state ($status)', async (offered) => {
    const jobId = await running();
    await record({ ...offered, jobId });
    const before = await snapshot(db, jobId);
    expect(await record({ ...offered, jobId })).toMatchObject({ recorded: false, status: offered.status });
    expect(await snapshot(db, jobId)).toEqual(before);
  });
});

describe('a batch of records', () => {
  it('is decided one record at a time, in one statement', async () => {
    const [won, lost, superseded] = [
      await running(),
      await running(),
      await putJob(db, { status: 'running', attempt: 2 }),
    ];
    const answers = await db.attempts.record([
      result(superseded, { attempt: 1 }),
      result(lost, { status: 'failed', outcome: 'failed', message: 'broken' }),
      result(won, { result: 7 }),
    ]);
    const byId = new Map(answers.map((answer) => [answer.jobId, answer]));
    expect(byId.get(won)).toMatchObject({ recorded: true, status: 'success' });
    expect(byId.get(lost)).toMatchObject({ recorded: true, status: 'failed' });
    expect(byId.get(superseded)).toMatchObject({ recorded: false, status: 'running' });
    expect(answers).toHaveLength(3);
  });
});

describe('the attempts of a job that failed often', () => {
  it('fit into a response, with the stacks and logs of the latest 20', async () => {
    const jobId = await putJob(db, { status: 'running', attempt: 220, maxAttempts: 220 });
    // The sizes below are the maximum sizes from lambdas/job/attempt-log.ts, failure.ts and log-line.ts.
    const line = { time: '2026-11-27T12:00:00.000Z', level: 'info', message: '', fields: {} } as const;
    const rest = MAX_LOG_BYTES - Buffer.byteLength(JSON.stringify([line]));
    const failure = {
      stack: 'x'.repeat(MAX_STACK_BYTES - 2),
      log: [{ ...line, message: 'x'.repeat(rest) }],
    };
    await db.sql('UPDATE job_attempts SET message = $1, failure = $2 WHERE job_id = $3', [
      '語'.repeat(1_000),
      JSON.stringify(failure),
      jobId,
    ]);
    const attempts = (await db.jobs.attempts(TENANT, jobId)) ?? [];
    expect(attempts).toHaveLength(200);
    expect(attempts.slice(-20)).toMatchObject(Array.from({ length: 20 }, () => failure));
    for (const { stack, log } of attempts.slice(0, -20))
      expect({ stack, log }).toEqual({ stack: null, log: [] });
  });
});

describe('a job’s result', () => {
  it('is returned unchanged, whatever JSON it is', async () => {
    await fc.assert(
      fc.asyncProperty(anyJson, async (given: Json) => {
        const jobId = await running();
        await record(result(jobId, { result: given }));
        expect((await db.jobs.get(TENANT, jobId))?.result).toStrictEqual(asStored(given));
      }),
      { numRuns: 50 },
    );
  });
});

describe('a running attempt', () => {
  it('may continue while it holds its job', async () => {
    const jobId = await running();
    expect(await db.attempts.beat([{ jobId, attempt: 1, fence: 1, progress: null }])).toEqual([]);
  });

  it('shows its reported progress while it holds the job', async () => {
    const [mine, taken] = [await running(), await putJob(db, { status: 'running', attempt: 2 })];
    const progress = { fraction: 0.5, note: 'half' };
    await db.attempts.beat([mine, taken].map((jobId) => ({ jobId, attempt: 1, fence: 1, progress })));
    expect((await db.jobs.get(TENANT, mine))?.progress).toEqual(progress);
    expect((await db.jobs.get(TENANT, taken))?.progress).toBeNull();
    // A heartbeat without progress keeps the previous progress.
    await db.attempts.beat([{ jobId: mine, attempt: 1, fence: 1, progress: null }]);
    expect((await db.jobs.get(TENANT, mine))?.progress).toEqual(progress);
    await db.attempts.record([result(mine, { progress: { fraction: 0.75, note: null } })]);
    expect((await db.jobs.get(TENANT, mine))?.progress).toEqual({ fraction: 0.75, note: null });
  });

  it('must stop when a client requests cancellation, or when it no longer holds the job', async () => {
    const [mine, canceled, taken, ended] = [
      await running(),
      await putJob(db, { status: 'running', cancelRequested: true }),
      await putJob(db, { status: 'running', attempt: 2, cancelRequested: true }),
      await putJob(db, { status: 'failed' }),
    ];
    const stops = await db.attempts.beat(
      [mine, canceled, taken, ended].map((jobId) => ({ jobId, attempt: 1, fence: 1, progress: null })),
    );
    expect(new Map(stops.map(({ jobId, reason }) => [jobId, reason]))).toEqual(
      new Map([
        [canceled, 'canceled'],
        [taken, 'superseded'],
        [ended, 'superseded'],
      ]),
    );
  });
});
