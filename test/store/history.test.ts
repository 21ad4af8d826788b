import { beforeEach, describe, expect, it } from '@jest/globals';
import { BUCKET_BOUNDS_MS, bucketsOf } from '../../lambdas/job/history/histogram.ts';
import type { HistoryQuery, HistoryRow } from '../../lambdas/job/history/read-history.ts';
import { startOfStep } from '../../lambdas/job/history/resolution.ts';
import { useJobDatabase } from '../helpers/job-database.ts';
import { emptyTables } from './empty-tables.ts';
import { CALLBACK, newJob, putJob, result, TENANT } from './job-rows.ts';
import { entryOf } from '../helpers/audit-entries.ts';

const db = useJobDatabase();

beforeEach(async () => {
  await emptyTables(db, 'jobs', 'job_counts', 'job_history');
});

const HOUR_MS = 3_600_000;
const MINUTES = { stepSeconds: 60, nextSeconds: 3_600 };

/** Reads the history of the current and the previous hour, with one point per series. */
async function read(overrides: Partial<HistoryQuery> = {}, limit = 100): Promise<HistoryRow[]> {
  const now = Date.now();
  const query = {
    ...{ tenant: TENANT, step: 86_400, groupBy: null, type: null, queue: null },
    ...{ from: startOfStep(new Date(now - HOUR_MS), 86_400), to: new Date(now + HOUR_MS) },
    ...overrides,
  };
  return db.history.read({ ...query, to: new Date(Math.ceil(query.to.getTime() / 1_000) * 1_000) }, limit);
}

/** Returns the sum of each count, excluding sums of 0. */
async function counted(overrides: Partial<HistoryQuery> = {}): Promise<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const { counts } of await read(overrides)) {
    for (const [name, count] of Object.entries<number>({ ...counts }))
      if (count > 0) sums[name] = (sums[name] ?? 0) + count;
  }
  return sums;
}

describe('the history', () => {
  it('counts a job and its callback through their states', async () => {
    const callback = { job_id: CALLBACK, url: 'https://example.com', max_attempts: 5, timeout_seconds: 9 };
    const job = newJob({ callback });
    await db.jobs.insert([job, newJob({ tenant: 'other' })]);
    expect(await counted()).toEqual({ accepted: 1 });
    await db.attempts.claim([job.job_id], 'worker-1', 60_000);
    await db.attempts.beat([
      { jobId: job.job_id, attempt: 1, fence: 1, progress: { fraction: 0.5, note: null } },
    ]);
    expect(await counted()).toEqual({ accepted: 1, started: 1 });
    await db.attempts.record([result(job.job_id)]);
    expect(await counted()).toEqual({ accepted: 2, started: 1, succeeded: 1 });
    expect(await counted({ type: 'webhook' })).toEqual({ accepted: 1 });
    expect(await counted({ tenant: 'other' })).toEqual({ accepted: 1 });
  });

  it.each([
    ['failed', { attempts_failed: 1 }],
    ['timeout', { timed_out: 1 }],
    ['throttled', { throttled: 1 }],
  ] as const)('counts an attempt that ended as %s, and its retry', async (outcome, expected) => {
    const jobId = await putJob(db);
    await db.attempts.claim([jobId], 'worker-1', 60_000);
    await db.attempts.record([result(jobId, { status: 'created', outcome, message: 'broken' })]);
    expect(await counted()).toEqual({ accepted: 1, started: 1, retried: 1, ...expected });
  });

  it('counts the end of a job that failed, was canceled, or was retried by a client', async () => {
    const jobId = await putJob(db);
    await db.attempts.claim([jobId], 'worker-1', 60_000);
    await db.attempts.record([result(jobId, { status: 'failed', outcome: 'failed', message: 'broken' })]);
    const failed = { accepted: 1, started: 1, attempts_failed: 1, failed: 1 };
    expect(await counted()).toEqual(failed);
    await db.jobs.resubmit(TENANT, jobId, CALLBACK, 0, entryOf('job.retry'));
    await db.jobs.cancel(TENANT, jobId, entryOf('job.cancel'));
    expect(await counted()).toEqual({ ...failed, resubmitted: 1, canceled: 1 });
    // The end-to-end duration is measured from the job's acceptance to its first end. Later ends are not counted.
    const [row] = await read();
    expect(bucketsOf(row?.endToEnd.histogram ?? '').reduce((sum, count) => sum + count)).toBe(1);
  });

  it('counts a lost attempt when it is reclaimed, and when the job fails', async () => {
    const jobId = await putJob(db, { status: 'running', leaseEndsInMs: -1 });
    await db.attempts.claim([jobId], 'worker-2', 1);
    expect(await counted()).toEqual({ accepted: 1, started: 1, lost: 1, retried: 1 });
    await db.sql(`UPDATE jobs SET lease_expires_at = now() - interval '1 s' WHERE job_id = $1`, [jobId]);
    await db.mending.settle([jobId]);
    expect(await counted()).toEqual({ accepted: 1, started: 1, lost: 2, retried: 1, failed: 1 });
  });

  it('counts nothing twice if a statement is retried', async () => {
    const job = newJob();
    const twice = async (statement: () => Promise<unknown>): Promise<void> => {
      await statement();
      await statement();
    };
    await twice(() => db.jobs.insert([job]));
    await twice(() => db.attempts.claim([job.job_id], 'worker-1', 60_000));
    await twice(() => db.attempts.record([result(job.job_id, { status: 'failed', outcome: 'failed' })]));
    await twice(() => db.jobs.resubmit(TENANT, job.job_id, CALLBACK, 0, entryOf('job.retry')));
    await twice(() => db.jobs.cancel(TENANT, job.job_id, entryOf('job.cancel')));
    expect(await counted()).toEqual({
      ...{ accepted: 1, started: 1, attempts_failed: 1, failed: 1, resubmitted: 1, canceled: 1 },
    });
  });

  it('counts nothing for rolled-back statements and deleted jobs', async () => {
    const jobId = await putJob(db);
    const connection = await db.connect();
    try {
      await connection.query('BEGIN');
      await connection.query(
        `UPDATE jobs SET status = 'canceled', end_time = now(), wake_at = NULL WHERE job_id = $1`,
        [jobId],
      );
      await connection.query('ROLLBACK');
    } finally {
      connection.release();
    }
    await db.sql('DELETE FROM jobs');
    expect(await counted()).toEqual({ accepted: 1 });
  });

  it('has durations for waiting since a job was due, for running, and from acceptance to the end', async () => {
    const jobId = await putJob(db, { dueInMs: -3_000 });
    await db.attempts.claim([jobId], 'worker-1', 60_000);
    await db.sql(`UPDATE job_attempts SET start_time = start_time - interval '30 s' WHERE job_id = $1`, [
      jobId,
    ]);
    await db.attempts.record([result(jobId)]);
    const [row] = await read();
    const only = (histogram = '') => bucketsOf(histogram).findIndex((count) => count === 1);
    expect(row?.waiting.sumMs).toBeGreaterThanOrEqual(3_000);
    expect(row?.waiting.maxMs).toBe(row?.waiting.sumMs);
    expect(BUCKET_BOUNDS_MS[only(row?.waiting.histogram)]).toBe(5_000);
    expect(row?.run.sumMs).toBeGreaterThanOrEqual(30_000);
    expect(BUCKET_BOUNDS_MS[only(row?.run.histogram)]).toBe(50_000);
    // The job was created 10 minutes ago.
    expect(BUCKET_BOUNDS_MS[only(row?.endToEnd.histogram)]).toBe(1_000_000);
  });

  it('puts a duration into the bucket with the next higher upper bound', async () => {
    const around = BUCKET_BOUNDS_MS.flatMap((bound) => [bound - 1, bound]);
    const rows = await db.sql<{ histogram: string }>(
      `SELECT histogram_of(ms)::text AS histogram FROM unnest($1::bigint[]) WITH ORDINALITY AS t(ms, place) ORDER BY place`,
      [around],
    );
    const found = rows.map(({ histogram }) => bucketsOf(histogram).findIndex((count) => count === 1));
    expect(found).toEqual(around.map((ms) => BUCKET_BOUNDS_MS.filter((bound) => bound <= ms).length));
  });

  it('matches the jobs despite concurrent writes', async () => {
    const writers = Array.from({ length: 8 }, async (_none, writer) => {
      for (let round = 0; round < 5; round += 1) {
        const jobs = Array.from({ length: 6 }, (_more, index) =>
          newJob({ type: index % 2 ? 'sleep' : 'analyze', queue: index % 3 ? 'default' : 'images' }),
        );
        const ids = jobs.map(({ job_id: jobId }) => jobId);
        const [first = '', second = '', third = ''] = ids;
        await db.jobs.insert(jobs);
        await db.attempts.claim(ids.slice(0, 4), `worker-${writer}`, 60_000);
        await db.attempts.record([
          result(first),
          result(second, { status: 'failed', outcome: 'failed', message: 'broken' }),
          result(third, { status: 'created', outcome: 'timeout', retryInMs: 1000 }),
        ]);
        await db.jobs.cancel(TENANT, ids.at(-1) ?? '', entryOf('job.cancel'));
      }
    });
    await Promise.all(writers);
    const rows = await db.sql<{ series: string; accepted: number; succeeded: number; started: number }>(
      `SELECT type || ' ' || queue AS series, count(*)::integer AS accepted,
         count(*) FILTER (WHERE status = 'success')::integer AS succeeded, sum(attempt)::integer AS started
       FROM jobs GROUP BY series ORDER BY series`,
    );
    for (const { series, ...expected } of rows) {
      const [type = '', queue = ''] = series.split(' ');
      expect(await counted({ type, queue })).toMatchObject(
        Object.fromEntries(Object.entries(expected).filter(([, count]) => count > 0)),
      );
    }
    expect(await counted()).toMatchObject({
      accepted: 240,
      succeeded: 40,
      failed: 40,
      timed_out: 40,
      canceled: 40,
    });
  });

  it('never makes a worker wait for another worker’s commit, and uses one slot at low load', async () => {
    const [slow, other] = [await db.connect(), await db.connect()];
    const cancel = `UPDATE jobs SET status = 'canceled', end_time = now(), wake_at = NULL WHERE job_id = $1`;
    // This test disables the job counters' trigger, because the counters assign connections to slots by a different rule (see counts.test.ts).
    const jobs = [await putJob(db), await putJob(db)];
    try {
      await slow.query('ALTER TABLE jobs DISABLE TRIGGER count_updated_jobs');
      await slow.query('BEGIN');
      await slow.query(cancel, [jobs[0]]);
      await other.query(`SET lock_timeout = '2s'`);
      expect(await other.query(cancel, [jobs[1]])).toMatchObject({ rowCount: 1 });
    } finally {
      await slow.query('COMMIT');
      await slow.query('ALTER TABLE jobs ENABLE TRIGGER count_updated_jobs');
      for (const connection of [slow, other]) connection.release(true);
    }
    const slots = await db.sql<{ slot: number; canceled: string }>(
      'SELECT slot, sum(canceled) AS canceled FROM job_history GROUP BY slot ORDER BY slot',
    );
    expect(slots).toEqual([
      { slot: 0, canceled: '1' },
      { slot: 1, canceled: '1' },
    ]);
  });
});

describe('reading the history', () => {
  /** Writes one row for each minute, type and slot. */
  async function fill(minutes: number, types: number, slots = 1): Promise<Date> {
    const start = new Date(startOfStep(new Date(), 60).getTime() - minutes * 60_000);
    await db.sql(
      `INSERT INTO job_history (tenant, start_time, step_seconds, type, queue, slot, accepted, waiting, waiting_max_ms)
       SELECT $1, $2::timestamptz + minute * interval '1 minute', 60, 'type-' || lpad(type::text, 3, '0'), 'queue-' || type % 2,
         slot, 1, histogram_of(minute), minute
       FROM generate_series(0, $3::integer - 1) AS minute, generate_series(0, $4::integer - 1) AS type,
         generate_series(0, $5::integer - 1) AS slot`,
      [TENANT, start, minutes, types, slots],
    );
    return start;
  }

  it('sums up the slots, and also all types and queues unless they are requested separately', async () => {
    const from = await fill(3, 4, 2);
    const sums = async (overrides: Partial<HistoryQuery>) =>
      (await read({ from, step: 60, ...overrides })).map(
        ({ series, counts }) => `${series} ${counts.accepted}`,
      );
    expect(await sums({})).toEqual([' 8', ' 8', ' 8']);
    expect(await sums({ groupBy: 'queue' })).toEqual([1, 2, 3].flatMap(() => ['queue-0 4', 'queue-1 4']));
    expect(await sums({ type: 'type-002' })).toEqual([' 2', ' 2', ' 2']);
    expect(await sums({ type: 'type-002', queue: 'queue-1' })).toEqual([]);
    const to = new Date(from.getTime() + 60_000);
    expect(await sums({ to, groupBy: 'type', queue: 'queue-1' })).toEqual(['type-001 2', 'type-003 2']);
    expect(await sums({ tenant: 'other' })).toEqual([]);
  });

  it('reads more points than one statement returns, each once and in order, up to the limit', async () => {
    const from = await fill(5, 300);
    const keys = (await read({ from, step: 60, groupBy: 'type' }, 10_000)).map(
      ({ time, series }) => `${time.toISOString()} ${series}`,
    );
    expect(keys).toHaveLength(1_500);
    expect(keys).toEqual([...new Set(keys)].toSorted());
    expect(await read({ from, step: 60, groupBy: 'type' }, 1_001)).toHaveLength(1_001);
  });

  it('gets a page with every bucket of every histogram in one Data API response', async () => {
    const from = await fill(700, 1);
    const full = [...BUCKET_BOUNDS_MS, 0].map(() => '9999999999').join('');
    await db.sql(
      `UPDATE job_history SET (waiting, run, end_to_end, waiting_sum_ms, run_sum_ms, end_to_end_sum_ms, accepted, started, succeeded)
         = ($1, $1, $1, 1e15, 1e15, 1e15, 1e12, 1e12, 1e12), type = repeat('t', 64)`,
      [full],
    );
    const rows = await read({ from, step: 60, groupBy: 'type' }, 1_000);
    expect(rows).toHaveLength(700);
    expect(rows[0]?.run.histogram).toBe(full);
  });
});

describe('a roll-up of the history', () => {
  const before = new Date(Date.UTC(2026, 0, 2));

  /** Writes two rows, in different slots, for each minute of an hour. */
  async function fillHour(hour: Date): Promise<void> {
    await db.sql(
      `INSERT INTO job_history (tenant, start_time, step_seconds, type, queue, slot, accepted, run, run_sum_ms, run_max_ms)
       SELECT $1, $2::timestamptz + minute * interval '1 minute', 60, 'sleep', 'default', slot, 1, histogram_of(minute), minute, minute
       FROM generate_series(0, 59) AS minute, generate_series(0, 1) AS slot`,
      [TENANT, hour],
    );
  }

  const rowsOf = () =>
    db.sql<{ step: number; rows: string; accepted: string; run: string; sum: string; max: string }>(
      `SELECT step_seconds AS step, count(*) AS rows, sum(accepted) AS accepted, sum(run)::text AS run, sum(run_sum_ms) AS sum,
         max(run_max_ms) AS max
       FROM job_history GROUP BY step_seconds ORDER BY step_seconds`,
    );

  it('merges old minutes into hours in several steps, keeps the totals, and returns the oldest remaining row', async () => {
    const [old, young] = [new Date(before.getTime() - HOUR_MS), before];
    await fillHour(old);
    await fillHour(young);
    const [{ run, sum } = { run: '', sum: '' }] = await rowsOf();
    const half = { accepted: '120', max: '59', run: String(BigInt(run) / 2n), sum: String(Number(sum) / 2) };
    expect(await db.history.rollUp(MINUTES, before, 50)).toEqual({ rows: 50, oldest: young });
    expect(await db.history.rollUp(MINUTES, before, 50)).toMatchObject({ rows: 50 });
    expect(await db.history.rollUp(MINUTES, before, 50)).toMatchObject({ rows: 20 });
    expect(await db.history.rollUp(MINUTES, before, 50)).toMatchObject({ rows: 0 });
    expect(await rowsOf()).toEqual([
      { step: 60, rows: '120', ...half },
      { step: 3_600, rows: '1', ...half },
    ]);
    const [hour] = await read({ from: old, to: young, step: 3_600 });
    expect(hour).toMatchObject({ time: old, counts: { accepted: 120 } });
  });

  it('counts each row once if two roll-ups run concurrently', async () => {
    await fillHour(new Date(before.getTime() - HOUR_MS));
    const merged = await Promise.all([1, 2, 3].map(() => db.history.rollUp(MINUTES, before, 100)));
    await db.history.rollUp(MINUTES, before, 1_000);
    expect(merged.reduce((sum, { rows }) => sum + rows, 0)).toBeGreaterThanOrEqual(100);
    expect(await rowsOf()).toMatchObject([{ step: 3_600, rows: '1', accepted: '120' }]);
  });

  it('deletes old rows of the coarsest resolution', async () => {
    await fillHour(new Date(before.getTime() - HOUR_MS));
    const deleted = await db.history.rollUp({ stepSeconds: 60, nextSeconds: null }, before, 1_000);
    expect(deleted).toEqual({ rows: 120, oldest: null });
    expect(await rowsOf()).toEqual([]);
  });
});
