import { beforeAll, describe, expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { createDataApi } from '../../lambdas/adapters/aurora/data-api.ts';
import { createJobStatistics } from '../../lambdas/adapters/aurora/job-statistics.ts';
import type { JobStatistics } from '../../lambdas/job/statistics.ts';
import { readMigrations } from '../../lambdas/migrate/migration-files.ts';
import { applyMigrations } from '../../lambdas/migrate/migrations.ts';
import type { Database } from '../../lambdas/migrate/transaction.ts';
import { entryOf } from '../helpers/audit-entries.ts';
import { MIGRATIONS_FOLDER, startAurora } from '../helpers/aurora.ts';
import { useJobDatabase } from '../helpers/job-database.ts';
import { createRecordingLog } from '../helpers/recording-log.ts';
import { CALLBACK, newJob, putJob, result, TENANT } from './job-rows.ts';

const NO_JOBS = { created: 0, running: 0, success: 0, failed: 0, canceled: 0 };

const db = useJobDatabase();
let statistics: JobStatistics;

beforeAll(() => {
  statistics = statisticsOf(db.database);
});

function statisticsOf({ databaseName: database, ...rest }: Database): JobStatistics {
  return createJobStatistics(
    createDataApi({ ...rest, database, log: createRecordingLog(), patienceMs: () => 0 }),
  );
}

/** Counts the jobs by reading every row. */
async function counted(): Promise<Record<string, number>> {
  const rows = await db.sql<{ key: string; jobs: string }>(
    `SELECT concat_ws(' ', tenant, type, status, CASE WHEN end_time IS NULL THEN queue ELSE '' END) AS key, count(*) AS jobs
     FROM jobs GROUP BY 1 ORDER BY 1`,
  );
  return Object.fromEntries(rows.map(({ key, jobs }) => [key, Number(jobs)]));
}

/** Reads the counters. */
async function summed(): Promise<Record<string, number>> {
  const rows = await db.sql<{ key: string; jobs: string }>(
    `SELECT concat_ws(' ', tenant, type, status, queue) AS key, sum(jobs) AS jobs FROM job_counts
     GROUP BY 1 HAVING sum(jobs) <> 0 ORDER BY 1`,
  );
  return Object.fromEntries(rows.map(({ key, jobs }) => [key, Number(jobs)]));
}

describe('the counts', () => {
  it('are empty without jobs', async () => {
    expect(await statistics.read(TENANT)).toEqual({
      jobs: { total: 0, by_status: NO_JOBS, by_type: {} },
      oldest_waiting: null,
    });
  });

  it('follow a job and its callback through their states', async () => {
    const callback = { job_id: CALLBACK, url: 'https://example.com', max_attempts: 5, timeout_seconds: 9 };
    const job = newJob({ callback });
    await db.jobs.insert([job, newJob({ type: 'analyze', tenant: 'other' })]);
    await db.jobs.insert([job]);
    const ofType = async () => (await statistics.read(TENANT)).jobs.by_type;
    expect(await ofType()).toEqual({ sleep: { ...NO_JOBS, created: 1 } });
    await db.attempts.claim([job.job_id], 'worker-1', 60_000);
    expect(await ofType()).toEqual({ sleep: { ...NO_JOBS, running: 1 } });
    await db.attempts.beat([
      { jobId: job.job_id, attempt: 1, fence: 1, progress: { fraction: 0.5, note: null } },
    ]);
    await db.attempts.record([result(job.job_id)]);
    expect(await statistics.read(TENANT)).toMatchObject({
      jobs: {
        total: 2,
        by_status: { ...NO_JOBS, created: 1, success: 1 },
        by_type: { sleep: { ...NO_JOBS, success: 1 }, webhook: { ...NO_JOBS, created: 1 } },
      },
    });
    expect(await summed()).toEqual(await counted());
  });

  it('match the jobs despite concurrent writes', async () => {
    const writers = Array.from({ length: 8 }, async (_none, writer) => {
      for (let round = 0; round < 5; round += 1) {
        const jobs = Array.from({ length: 6 }, (_more, index) =>
          newJob({ type: index % 2 ? 'sleep' : 'analyze' }),
        );
        const ids = jobs.map(({ job_id: jobId }) => jobId);
        const [first = '', second = '', third = ''] = ids;
        await db.jobs.insert(jobs);
        await db.attempts.claim(ids.slice(0, 4), `worker-${writer}`, 60_000);
        await db.attempts.record([
          result(first),
          result(second, { status: 'failed', outcome: 'failed', message: 'broken' }),
          result(third, { status: 'created', outcome: 'failed', retryInMs: 1000 }),
        ]);
        await db.jobs.cancel(TENANT, ids.at(-1) ?? '', entryOf('job.cancel'));
        await db.jobs.resubmit(TENANT, second, CALLBACK, 0, entryOf('job.retry'));
        if (round % 2) await db.sql('DELETE FROM jobs WHERE job_id = $1', [first]);
      }
    });
    await Promise.all(writers);
    expect(await summed()).toEqual(await counted());
    expect((await statistics.read(TENANT)).jobs.by_type.sleep?.running).toBeGreaterThan(0);
  });

  it('never make a worker wait for another worker’s commit', async () => {
    const connections = [await db.connect(), await db.connect(), await db.connect()];
    const slots = await Promise.all(
      connections.map(async (connection) => {
        const { rows } = await connection.query<{ slot: number }>('SELECT pg_backend_pid() % 32 AS slot');
        return rows[0]?.slot;
      }),
    );
    const [slow, ...others] = connections;
    const other = others.find((_connection, index) => slots[index + 1] !== slots[0]);
    const cancel = `UPDATE jobs SET status = 'canceled', end_time = now(), wake_at = NULL WHERE job_id = $1`;
    try {
      await slow?.query('BEGIN');
      await slow?.query(cancel, [await putJob(db)]);
      await other?.query(`SET lock_timeout = '2s'`);
      expect(await other?.query(cancel, [await putJob(db)])).toMatchObject({ rowCount: 1 });
    } finally {
      await slow?.query('ROLLBACK');
      for (const connection of connections) connection.release(true);
    }
    expect(await summed()).toEqual(await counted());
  });

  it('initially include the existing jobs', async () => {
    const aurora = await startAurora();
    try {
      const database = await aurora.createDatabase('before');
      const migrations = readMigrations(MIGRATIONS_FOLDER);
      const index = migrations.findIndex(({ name }) => name.endsWith('-job-counts'));
      await applyMigrations(migrations.slice(0, index), database, createRecordingLog());
      for (const type of ['sleep', 'sleep', 'analyze']) {
        // The last release before this migration wrote only these columns.
        await aurora.connect(database.databaseName).query(
          `INSERT INTO jobs (job_id, submission_id, tenant, type, payload, max_attempts, timeout_seconds, run_at, wake_at)
           VALUES ($1, $1, $2, $3, '{}', 2, 46, now(), now())`,
          [uuidv7(), TENANT, type],
        );
      }
      await applyMigrations(migrations, database, createRecordingLog());
      expect((await statisticsOf(database).read(TENANT)).jobs).toMatchObject({
        total: 3,
        by_type: { sleep: { created: 2 }, analyze: { created: 1 } },
      });
    } finally {
      await aurora.end();
    }
  });
});

describe('the longest-waiting job', () => {
  it('is due, unclaimed, and belongs to this tenant', async () => {
    await db.sql('DELETE FROM jobs');
    await putJob(db, { dueInMs: 60_000 });
    await putJob(db, { status: 'running', dueInMs: -900_000 });
    expect((await statistics.read(TENANT)).oldest_waiting).toBeNull();
    const oldest = await putJob(db, { dueInMs: -90_000 });
    await putJob(db, { dueInMs: -5_000 });
    // The sweeper also updates `wake_at` when it resends a job's message.
    await db.sql('UPDATE jobs SET wake_at = now() WHERE job_id = $1', [oldest]);
    const { oldest_waiting: waiting } = await statistics.read(TENANT);
    expect(waiting).toMatchObject({ job_id: oldest, type: 'sleep' });
    expect(waiting?.age_seconds).toBeGreaterThanOrEqual(90);
    expect(waiting?.age_seconds).toBeLessThan(120);
    expect((await statistics.read('other')).oldest_waiting).toBeNull();
  });

  it('is found at the head of an index', async () => {
    const connection = await db.connect();
    try {
      await connection.query('SET enable_seqscan = off');
      const { rows } = await connection.query<{ 'QUERY PLAN': string }>(
        `EXPLAIN SELECT job_id FROM jobs WHERE tenant = 'default' AND status = 'created' AND run_at <= now()
         ORDER BY run_at LIMIT 1`,
      );
      const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
      expect(plan).toContain('jobs_waiting');
      expect(plan).not.toContain('Sort');
    } finally {
      connection.release();
    }
  });
});
