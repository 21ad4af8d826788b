import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { readMigrations } from '../../lambdas/migrate/migration-files.ts';
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

it('migration 0010 gives each tenant with messages a stopped schedule that sends them, and keeps an existing one', async () => {
  const database = await aurora.createDatabase('senders');
  const migrate = (count: number): Promise<string[]> =>
    applyMigrations(MIGRATIONS.slice(0, count), database, createRecordingLog());
  await migrate(8);
  const pool = aurora.connect(database.databaseName);
  await pool.query(`
    INSERT INTO messages (message_id, tenant, recipient, content)
    SELECT gen_random_uuid(), tenant, 'x', 'y' FROM unnest(ARRAY['default', 'one', 'one', 'two']) AS tenant`);
  await pool.query(`
    INSERT INTO schedules (tenant, name, rate, type, max_attempts, timeout_seconds)
    VALUES ('two', 'send-messages', '1 hour', 'send_messages', 1, 9)`);
  await migrate(MIGRATIONS.length);
  const { rows } = await pool.query(
    `SELECT tenant, rate, state, revision = placed_revision AS is_placed FROM schedules ORDER BY tenant`,
  );
  expect(rows).toEqual([
    { tenant: 'default', rate: '2 minutes', state: 'stopped', is_placed: true },
    { tenant: 'one', rate: '2 minutes', state: 'stopped', is_placed: true },
    { tenant: 'two', rate: '1 hour', state: 'started', is_placed: null },
  ]);
});
