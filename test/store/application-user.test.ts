import { ExecuteStatementCommand } from '@aws-sdk/client-rds-data';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import {
  admitApplication,
  readApplicationUser,
  scramVerifier,
} from '../../lambdas/migrate/application-user.ts';
import { readMigrations } from '../../lambdas/migrate/migration-files.ts';
import { applyMigrations } from '../../lambdas/migrate/migrations.ts';
import type { Database } from '../../lambdas/migrate/transaction.ts';
import { MIGRATIONS_FOLDER, startAurora, type Aurora } from '../helpers/aurora.ts';
import { createRecordingLog } from '../helpers/recording-log.ts';
import { PROJECT } from '../helpers/stack.ts';

const USER = { username: 'errand_app', password: "It's $1 'quoted' %L" };

let aurora: Aurora;
let master: Database;
let application: Database;

const log = createRecordingLog();

beforeAll(async () => {
  aurora = await startAurora();
  master = await aurora.createDatabase('errand');
  const superuser = aurora.connect('errand');
  await superuser.query('CREATE TABLE public.foreign_table (secret text)');
  await superuser.query('CREATE SCHEMA theirs');
  await superuser.query('CREATE TABLE theirs.foreign_table (secret text)');
  await applyMigrations(readMigrations(MIGRATIONS_FOLDER), master, log);
  await admitApplication(USER, master, log);
  application = aurora.as(master, USER);
});

afterAll(async () => {
  await aurora.end();
});

async function run(database: Database, sql: string): Promise<(string | undefined)[]> {
  const { client, clusterArn: resourceArn, secretArn, databaseName } = database;
  const command = new ExecuteStatementCommand({ resourceArn, secretArn, database: databaseName, sql });
  const { records = [] } = await client.send(command);
  return records.map(([field]) => field?.stringValue);
}

describe('the functions’ database user', () => {
  it('reads and writes the rows of every Errand table', async () => {
    const tables = await run(
      master,
      `SELECT tablename::text FROM pg_tables
       WHERE tableowner = current_user AND tablename <> 'schema_migrations'`,
    );
    expect(tables).toEqual(expect.arrayContaining(['jobs', 'job_attempts', 'schedules', 'messages']));
    for (const table of tables) {
      await run(application, `SELECT count(*) FROM ${table ?? ''}`);
      await run(application, `DELETE FROM ${table ?? ''} WHERE false`);
    }
    expect(await run(application, 'SELECT current_user::text')).toEqual(['errand_app']);
  });

  it.each([
    'CREATE TABLE mine (n int)',
    'CREATE SCHEMA mine',
    'ALTER TABLE jobs ADD COLUMN n int',
    'CREATE INDEX ON jobs (type)',
    'DROP TABLE jobs',
    'TRUNCATE jobs',
    'GRANT SELECT ON jobs TO PUBLIC',
    'CREATE ROLE another',
    'CREATE DATABASE another',
    'ALTER ROLE errand_app CREATEROLE',
    'SET ROLE errand',
    'SELECT * FROM schema_migrations',
    'SELECT * FROM foreign_table',
    'SELECT * FROM theirs.foreign_table',
    'SELECT rolpassword FROM pg_authid',
  ])('may not %s', async (sql) => {
    const before = await run(master, "SELECT relacl::text FROM pg_class WHERE relname = 'jobs'");
    // In Postgres, a GRANT by a user without the grant option succeeds, but has no effect.
    const outcome = await run(application, sql).catch((error: unknown) => String(error));
    if (!sql.startsWith('GRANT')) expect(outcome).toMatch(/permission denied|must be owner/);
    expect(await run(master, "SELECT relacl::text FROM pg_class WHERE relname = 'jobs'")).toEqual(before);
  });

  it('reads and writes the tables that later migrations create', async () => {
    await run(master, 'CREATE TABLE later (n int)');
    await run(application, 'INSERT INTO later VALUES (1)');
  });

  it('is created by the next deploy in a cluster restored from a backup, without changing rows', async () => {
    const given = { ...USER, username: 'errand_app_errand' };
    await run(
      master,
      `INSERT INTO messages (message_id, tenant, recipient, content)
       VALUES (gen_random_uuid(), 'a', 'b', 'before the restore')`,
    );
    expect(await applyMigrations(readMigrations(MIGRATIONS_FOLDER), master, log)).toEqual([]);
    await admitApplication(given, master, log);
    const restored = aurora.as(master, given);
    expect(await run(restored, 'SELECT current_user::text')).toEqual(['errand_app_errand']);
    expect(await run(restored, 'DELETE FROM messages RETURNING content')).toEqual(['before the restore']);
    // Runs the check that docs/how-to/restore-and-move.md prescribes before the deployment.
    const page = readFileSync(path.join(PROJECT, 'docs/how-to/restore-and-move.md'), 'utf8');
    const [, look = ''] = /--sql '(.*)'/.exec(page) ?? [];
    expect(look).toContain('FROM jobs');
    await run(master, look);
  });

  it('loses additional privileges that someone granted', async () => {
    await run(master, 'GRANT TRUNCATE ON jobs TO errand_app');
    await run(master, 'GRANT CREATE ON SCHEMA public TO errand_app');
    await admitApplication(USER, master, log);
    await expect(run(application, 'TRUNCATE jobs')).rejects.toThrow('permission denied');
    await expect(run(application, 'CREATE TABLE mine (n int)')).rejects.toThrow('permission denied');
  });

  it('gets its secret’s new password, which appears in no statement or log line', async () => {
    const renewed = { username: USER.username, password: 'a-new-password' };
    const statements: string[] = [];
    const send = master.client.send.bind(master.client) as (command: unknown) => Promise<unknown>;
    const client = {
      send(command: { input: object }) {
        statements.push(JSON.stringify(command.input));
        return send(command);
      },
    } as unknown as Database['client'];
    const between = { ...USER, password: 'a-password-between' };
    await admitApplication(between, { ...master, client }, log);
    await admitApplication(renewed, { ...master, client }, log);

    await run(aurora.as(master, renewed), 'SELECT count(*) FROM jobs');
    await expect(run(aurora.as(master, between), 'SELECT count(*) FROM jobs')).rejects.toThrow(
      'password authentication failed for user "errand_app"',
    );
    expect(statements.length).toBeGreaterThan(4);
    for (const { password } of [between, renewed]) {
      expect(statements.join('\n') + JSON.stringify(log.entries)).not.toContain(password);
    }
  });
});

describe('the database user’s secret', () => {
  it.each(['a text', '{"username":"errand_app"}', '{"username":"","password":"x"}', 'null'])(
    'is refused if a part is missing, and is not quoted: %s',
    (secret) => {
      expect(() => readApplicationUser(secret)).toThrow(/must be JSON with "username" and "password"\.$/);
    },
  );

  it('is refused if Postgres would normalize its password', () => {
    expect(() => scramVerifier('pässword')).toThrow(/password must consist of printable ASCII characters\.$/);
  });

  it('becomes the verifier given in RFC 7677', () => {
    const verifier = scramVerifier('pencil', Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64'));
    expect(verifier).toBe(
      'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
    );
  });
});
