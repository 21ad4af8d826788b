import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { applyMigrations, type Database } from '../../lambdas/migrate/apply.ts';
import { readMigrations, type Migration } from '../../lambdas/migrate/migrations.ts';
import { MIGRATIONS_FOLDER, startAurora, type Aurora } from '../helpers/aurora.ts';
import { createRecordingLog } from '../helpers/recording-log.ts';

const MIGRATIONS = readMigrations(MIGRATIONS_FOLDER);
const NAMES = MIGRATIONS.map(({ name }) => name);

let aurora: Aurora;
let count = 0;

beforeAll(async () => {
  aurora = await startAurora();
});

afterAll(async () => {
  await aurora.end();
});

async function emptyDatabase(): Promise<Database> {
  count += 1;
  return aurora.createDatabase(`empty_${count}`);
}

async function namesOf(database: Database, query: string): Promise<string[]> {
  const { rows } = await aurora.connect(database.databaseName).query<{ name: string }>(query);
  return rows.map(({ name }) => name);
}

const tablesOf = (database: Database): Promise<string[]> =>
  namesOf(database, `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`);

const appliedTo = (database: Database): Promise<string[]> =>
  namesOf(database, 'SELECT name FROM schema_migrations ORDER BY 1');

const apply = (database: Database, migrations: readonly Migration[] = MIGRATIONS): Promise<string[]> =>
  applyMigrations(migrations, database, createRecordingLog());

describe('the migrations', () => {
  it('are numbered without gaps and titled', () => {
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

  it('are applied once: a second time finds nothing to do', async () => {
    const database = await emptyDatabase();
    await apply(database);
    expect(await apply(database)).toEqual([]);
  });

  it('are applied where they are new, and only there', async () => {
    const database = await emptyDatabase();
    await apply(database);
    const more = {
      name: '9999-more',
      statements: ['CREATE TABLE more (id int)', 'INSERT INTO more VALUES (1)'],
    };
    expect(await apply(database, [...MIGRATIONS, more])).toEqual(['9999-more']);
    expect(await tablesOf(database)).toContain('more');
  });

  it('are applied once by several deployers at the same moment', async () => {
    const database = await emptyDatabase();
    const applied = await Promise.all([1, 2, 3].map(() => apply(database)));
    expect(applied.flat()).toEqual(NAMES);
    expect(applied.filter((names) => names.length > 0)).toHaveLength(1);
    expect(await appliedTo(database)).toEqual(NAMES);
  });

  it('leave nothing behind when one fails, and are whole when it is mended', async () => {
    const database = await emptyDatabase();
    const broken = { name: '9999-broken', statements: ['CREATE TABLE half (id int)', 'SELECT 1 / 0'] };
    await expect(apply(database, [...MIGRATIONS, broken])).rejects.toThrow(/division by zero/);
    expect(await tablesOf(database)).toEqual([]);

    const mended = { ...broken, statements: ['CREATE TABLE half (id int)'] };
    expect(await apply(database, [...MIGRATIONS, mended])).toEqual([...NAMES, '9999-broken']);
    expect(await tablesOf(database)).toContain('half');
  });

  it('that fail do not keep the next deployer waiting', async () => {
    const database = await emptyDatabase();
    const broken = { name: '9999-broken', statements: ['SELECT 1 / 0'] };
    const [failed, next] = await Promise.allSettled([apply(database, [broken]), apply(database)]);
    expect([failed.status, next.status]).toEqual(['rejected', 'fulfilled']);
    expect(await appliedTo(database)).toEqual(NAMES);
  });
});
