import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readMigrations, type Migration } from '../../lambdas/migrate/migration-files.ts';
import { applyMigrations } from '../../lambdas/migrate/migrations.ts';
import { MIGRATIONS_FOLDER, startAurora, type Aurora } from '../helpers/aurora.ts';
import { createRecordingLog } from '../helpers/recording-log.ts';

const MIGRATIONS = readMigrations(MIGRATIONS_FOLDER);

let aurora: Aurora;

beforeAll(async () => {
  aurora = await startAurora();
});

afterAll(async () => {
  await aurora.end();
});

describe('callbacks that version 8 enqueued', () => {
  it('are recognized as callbacks if they may still be sent, and nothing else is', async () => {
    const database = await aurora.createDatabase('version_8');
    const apply = (migrations: readonly Migration[]): Promise<string[]> =>
      applyMigrations(migrations, database, createRecordingLog());
    await apply(MIGRATIONS.filter(({ name }) => name < '0009'));
    const pool = aurora.connect(database.databaseName);
    const id = (number: number): string => `01900000-0000-7000-8000-${String(number).padStart(12, '0')}`;
    const put = (number: number, tenant: string, callback: number | null): Promise<unknown> =>
      pool.query(
        `INSERT INTO jobs (job_id, submission_id, tenant, type, payload, max_attempts, timeout_seconds, run_at, wake_at, callback)
         VALUES ($1, $1, $2, 'webhook', '{}', 5, 46, now(), now(), $3)`,
        [
          id(number),
          tenant,
          callback && {
            job_id: id(callback),
            url: 'https://x.example/',
            max_attempts: 5,
            timeout_seconds: 46,
          },
        ],
      );
    const end = (number: number): Promise<unknown> =>
      pool.query(
        `UPDATE jobs SET status = 'success', end_time = now(), wake_at = NULL, result = '{}' WHERE job_id = $1`,
        [id(number)],
      );
    await put(1, 'acme', 11);
    await end(1);
    // Job 12 is a callback that was already sent. Job 13 is the callback of an unfinished job. Job 4 has no callback.
    await put(2, 'acme', 12);
    await end(2);
    await end(12);
    await put(3, 'acme', 13);
    await put(4, 'acme', null);
    await apply(MIGRATIONS);
    const { rows } = await pool.query<{ job: number; told: number }>(
      `SELECT right(job_id::text, 12)::int AS job, right(outcome_of::text, 12)::int AS told
       FROM jobs WHERE outcome_of IS NOT NULL ORDER BY job_id`,
    );
    expect(rows).toEqual([{ job: 11, told: 1 }]);
    // The previous release keeps running until it is replaced. When the previous release ends a job, the migrated database must recognize that
    // job's callback too.
    await end(3);
    const { rows: later } = await pool.query('SELECT FROM jobs WHERE job_id = $1 AND outcome_of = $2', [
      id(13),
      id(3),
    ]);
    expect(later).toHaveLength(1);
  });
});
