import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  BeginTransactionCommand,
  CommitTransactionCommand,
  ExecuteStatementCommand,
  RollbackTransactionCommand,
  type RDSDataClient,
} from '@aws-sdk/client-rds-data';
import { EventEmitter, once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type pg from 'pg';
import { readMigrations, type Migration } from '../../lambdas/migrate/migration-files.ts';
import { applyMigrations } from '../../lambdas/migrate/migrations.ts';
import { withPatience } from '../../lambdas/migrate/patience.ts';
import type { Database } from '../../lambdas/migrate/transaction.ts';
import { MIGRATIONS_FOLDER, startMigratedAurora, type Aurora } from '../helpers/aurora.ts';
import { createRecordingLog } from '../helpers/recording-log.ts';
import { rowsOfVersion, VERSIONS_WITH_NEW_ROWS } from '../helpers/rows-of-version.ts';
import { lostRows, namesIn, rowsIn, schemaIn, tablesIn, type Rows } from './database-contents.ts';

const MIGRATIONS = readMigrations(MIGRATIONS_FOLDER);
const NAMES = MIGRATIONS.map(({ name }) => name);
/** The first migrations, for tests of the migration runner. Their contents do not matter. */
const FIRST = MIGRATIONS.slice(0, 3);
const FIRST_NAMES = NAMES.slice(0, 3);

let aurora: Aurora;
/** A database with all migrations applied. */
let migrated: Database;
let count = 0;

beforeAll(async () => {
  ({ aurora, database: migrated } = await startMigratedAurora());
});

afterAll(async () => {
  await aurora.end();
});

async function emptyDatabase(): Promise<Database> {
  count += 1;
  return aurora.createDatabase(`empty_${count}`);
}

const poolOf = ({ databaseName }: Database): pg.Pool => aurora.connect(databaseName);

const tablesOf = (database: Database): Promise<string[]> => tablesIn(poolOf(database));

const appliedTo = (database: Database): Promise<string[]> =>
  namesIn(poolOf(database), 'SELECT name FROM schema_migrations ORDER BY 1');

const apply = (database: Database, migrations: readonly Migration[] = MIGRATIONS): Promise<string[]> =>
  applyMigrations(migrations, database, createRecordingLog());

describe('a migration', () => {
  it('has the same statements with any line endings', async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'errand-test-'));
    const sql = '-- One\nSELECT 1\n--;\nSELECT 2\n--;\n';
    await writeFile(path.join(folder, '0001-unix.sql'), sql);
    await writeFile(path.join(folder, '0002-windows.sql'), sql.replaceAll('\n', '\r\n'));
    const [unix, windows] = readMigrations(folder).map(({ statements }) => statements);
    await rm(folder, { recursive: true });
    expect(unix).toEqual(['-- One\nSELECT 1', 'SELECT 2']);
    expect(windows).toEqual(unix);
  });
});

describe('the migrations', () => {
  it('are numbered without gaps, and have titles', () => {
    expect(NAMES.length).toBeGreaterThan(0);
    NAMES.forEach((name, index) => {
      expect(name).toMatch(new RegExp(`^${String(index + 1).padStart(4, '0')}-[a-z0-9-]+$`));
    });
  });

  it('bring an empty database up to date, in order', async () => {
    const database = await emptyDatabase();
    expect(await apply(database)).toEqual(NAMES);
    expect(await tablesOf(database)).toEqual(
      expect.arrayContaining(['job_attempts', 'jobs', 'schema_migrations']),
    );
    expect(await appliedTo(database)).toEqual(NAMES);
  });

  it('are applied once, and a second run finds nothing to do', async () => {
    const database = await copyOf(migrated);
    expect(await apply(database)).toEqual([]);
  });

  it('are applied only if they are new', async () => {
    const database = await copyOf(migrated);
    const more = {
      name: '9999-more',
      statements: ['CREATE TABLE more (id int)', 'INSERT INTO more VALUES (1)'],
    };
    expect(await apply(database, [...MIGRATIONS, more])).toEqual(['9999-more']);
    expect(await tablesOf(database)).toContain('more');
  });

  it('are applied once by several concurrent deployers', async () => {
    const database = await emptyDatabase();
    const applied = await Promise.all([1, 2, 3].map(() => apply(database, FIRST)));
    expect(applied.flat()).toEqual(FIRST_NAMES);
    expect(applied.filter((names) => names.length > 0)).toHaveLength(1);
    expect(await appliedTo(database)).toEqual(FIRST_NAMES);
  });

  it('leave nothing behind if one fails, and are complete once it is fixed', async () => {
    const database = await emptyDatabase();
    const broken = { name: '9999-broken', statements: ['CREATE TABLE half (id int)', 'SELECT 1 / 0'] };
    await expect(apply(database, [...FIRST, broken])).rejects.toThrow(/division by zero/);
    expect(await tablesOf(database)).toEqual([]);

    const mended = { ...broken, statements: ['CREATE TABLE half (id int)'] };
    expect(await apply(database, [...FIRST, mended])).toEqual([...FIRST_NAMES, '9999-broken']);
    expect(await tablesOf(database)).toContain('half');
  });

  it('do not block the next deployer if they fail', async () => {
    const database = await emptyDatabase();
    const broken = { name: '9999-broken', statements: ['SELECT 1 / 0'] };
    const [failed, next] = await Promise.allSettled([apply(database, [broken]), apply(database, FIRST)]);
    expect([failed.status, next.status]).toEqual(['rejected', 'fulfilled']);
    expect(await appliedTo(database)).toEqual(FIRST_NAMES);
  });

  it('are refused by name, and change nothing, if they were edited after being applied', async () => {
    const database = await emptyDatabase();
    const [first, second] = [
      { name: '0001-first', statements: ['CREATE TABLE first (id int)'] },
      { name: '0002-second', statements: ['CREATE TABLE second (id int)'] },
    ];
    await apply(database, [first]);
    const edited = { ...first, statements: ['CREATE TABLE first (id bigint)'] };
    await expect(apply(database, [edited, second])).rejects.toThrow(
      /^Edited after being applied: 0001-first\. Restore the original file, and put the change into a new migration\.$/,
    );
    expect(await tablesOf(database)).toEqual(['first', 'schema_migrations']);
    expect(await apply(database, [first, second])).toEqual(['0002-second']);
  });

  it('get their checksums at the next deployment if they were applied before checksums existed', async () => {
    const database = await emptyDatabase();
    const first = { name: '0001-first', statements: ['CREATE TABLE first (id int)'] };
    await apply(database, [first]);
    await aurora.connect(database.databaseName).query('ALTER TABLE schema_migrations DROP COLUMN checksum');
    expect(await apply(database, [first])).toEqual([]);
    await expect(apply(database, [{ ...first, statements: [] }])).rejects.toThrow(/0001-first/);
  });

  it('do not touch what a newer version has applied', async () => {
    const database = await copyOf(migrated);
    expect(await apply(database, MIGRATIONS.slice(0, -1))).toEqual([]);
    expect(await appliedTo(database)).toEqual(NAMES);
  });

  it('wait until a killed deployer’s transaction is rolled back', async () => {
    const database = await emptyDatabase();
    const killed = await begin(database);
    for (const statement of MIGRATIONS[0]?.statements ?? []) await killed.run(statement);
    await killed.run('SELECT pg_advisory_xact_lock(7305216418)::text');
    const tries = createRecordingClient(database.client);
    const next = applyMigrations(FIRST, { ...database, client: tries.client }, createRecordingLog());
    await tries.hasSent('pg_try_advisory_xact_lock', 2);
    // Rolls back the transaction, as the Data API would after three minutes.
    await killed.rollback();
    expect(await next).toEqual(FIRST_NAMES);
  });

  it('count as applied if they were committed, even if the response was lost', async () => {
    const database = await emptyDatabase();
    const send = database.client.send.bind(database.client) as (command: unknown) => Promise<unknown>;
    const client = {
      async send(command: unknown) {
        const answer = await send(command);
        if (command instanceof CommitTransactionCommand) throw new Error('socket hang up');
        return answer;
      },
    } as unknown as RDSDataClient;
    expect(await applyMigrations(FIRST, { ...database, client }, createRecordingLog())).toEqual(FIRST_NAMES);
    expect(await appliedTo(database)).toEqual(FIRST_NAMES);
  });

  it('fail immediately if they take longer than the Data API allows, and say what to do', async () => {
    const database = await emptyDatabase();
    const send = database.client.send.bind(database.client) as (command: unknown) => Promise<unknown>;
    const timeout = Object.assign(new Error('Request timed out'), { name: 'StatementTimeoutException' });
    const client = {
      send: (command: unknown) =>
        command instanceof ExecuteStatementCommand && command.input.sql?.includes('CREATE TABLE jobs')
          ? Promise.reject(timeout)
          : send(command),
    } as unknown as RDSDataClient;
    const patience = { remainingMs: () => 60_000, log: createRecordingLog(), pause: () => Promise.resolve() };
    const migrating = withPatience(patience, () =>
      applyMigrations(FIRST, { ...database, client }, createRecordingLog()),
    );
    await expect(migrating).rejects.toThrow(
      /^Migration 0001\S*: a statement took longer than the 45 seconds/,
    );
    expect(await apply(database, FIRST)).toEqual(FIRST_NAMES);
  });

  it('fail if they were not committed, and are applied by the next deployer', async () => {
    const database = await emptyDatabase();
    const send = database.client.send.bind(database.client) as (command: unknown) => Promise<unknown>;
    const client = {
      send: (command: unknown) =>
        command instanceof CommitTransactionCommand
          ? Promise.reject(new Error('socket hang up'))
          : send(command),
    } as unknown as RDSDataClient;
    await expect(applyMigrations(FIRST, { ...database, client }, createRecordingLog())).rejects.toThrow();
    expect(await tablesOf(database)).toEqual([]);
    expect(await apply(database, FIRST)).toEqual(FIRST_NAMES);
  });
});

describe('a database of an earlier version', () => {
  let schemaOfNew: string[];
  /** A database that is migrated one version at a time, and gets rows of every kind at each version. */
  let growing: Database;
  /** The rows at the previous version. */
  let before: Rows = {};

  beforeAll(async () => {
    schemaOfNew = await schemaIn(poolOf(migrated));
    growing = await emptyDatabase();
  });

  it.each(NAMES.map((name, index) => [name, index + 1] as const))(
    'keeps the rows of all earlier versions at %s',
    async (_name, version) => {
      await apply(growing, MIGRATIONS.slice(0, version));
      expect(lostRows(before, await rowsIn(poolOf(growing)))).toEqual({});
      await insertRows(growing, version);
      before = await rowsIn(poolOf(growing));
      // The migrations up to the next concurrent index build share a transaction. With certain rows, PostgreSQL rejects a migration in a shared
      // transaction, but accepts it in a separate one. Therefore, the test also updates each version that introduces a kind of row to the latest
      // version in a single run.
      if (VERSIONS_WITH_NEW_ROWS.includes(version)) await expectUpdateAtOnce(version);
    },
  );

  it('ends with the same schema as an empty database', async () => {
    expect(await schemaIn(poolOf(growing))).toEqual(schemaOfNew);
    await expectCorrectCounts(growing);
  });

  async function expectUpdateAtOnce(version: number): Promise<void> {
    const old = await copyOf(growing);
    expect(await apply(old)).toEqual(NAMES.slice(version));
    expect(await schemaIn(poolOf(old))).toEqual(schemaOfNew);
    expect(lostRows(before, await rowsIn(poolOf(old)))).toEqual({});
    await expectCorrectCounts(old);
    await drop(old);
  }
});

async function insertRows(database: Database, version: number): Promise<void> {
  for (const statement of rowsOfVersion(version, { tenant: 'default', sleepSeconds: 1 }))
    await poolOf(database).query(statement);
}

/** Creates a copy of another database. */
async function copyOf({ databaseName }: Database): Promise<Database> {
  const server = aurora.connect('postgres');
  count += 1;
  // A database can be copied only while it has no connections. The Data API reconnects.
  await server.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [
    databaseName,
  ]);
  await server.query(`CREATE DATABASE copy_${count} TEMPLATE ${databaseName}`);
  return aurora.createDatabase(`copy_${count}`);
}

/**
 * Drops a database and ends its connections. Otherwise, the connections would stay open for a minute, and the server allows only 50
 * connections in total.
 */
async function drop({ databaseName }: Database): Promise<void> {
  await aurora.connect('postgres').query(`DROP DATABASE ${databaseName} WITH (FORCE)`);
}

async function expectCorrectCounts({ databaseName }: Database): Promise<void> {
  const { rows } = await aurora
    .connect(databaseName)
    .query<{ counted: string; jobs: string }>(
      `SELECT (SELECT sum(jobs) FROM job_counts) AS counted, (SELECT count(*) FROM jobs) AS jobs`,
    );
  expect(rows[0]?.counted).toBe(rows[0]?.jobs);
}

/** Opens a transaction in the Data API and leaves it open, like a deployer that was killed. */
async function begin({ client, clusterArn: resourceArn, secretArn, databaseName: database }: Database) {
  const { transactionId } = await client.send(
    new BeginTransactionCommand({ resourceArn, secretArn, database }),
  );
  return {
    run: (sql: string) =>
      client.send(new ExecuteStatementCommand({ resourceArn, secretArn, database, transactionId, sql })),
    rollback: () => client.send(new RollbackTransactionCommand({ resourceArn, secretArn, transactionId })),
  };
}

/** Wraps a client. The wrapper records the requests, and can resolve a promise after a given number of requests. */
function createRecordingClient(real: RDSDataClient) {
  const send = real.send.bind(real) as (command: unknown) => Promise<unknown>;
  const sent: string[] = [];
  const signals = new EventEmitter();
  return {
    client: {
      send(command: { input?: { sql?: string } }) {
        sent.push(command.input?.sql ?? '');
        signals.emit('sent');
        return send(command);
      },
    } as unknown as RDSDataClient,
    async hasSent(text: string, times: number): Promise<void> {
      while (sent.filter((sql) => sql.includes(text)).length < times) await once(signals, 'sent');
    },
  };
}
