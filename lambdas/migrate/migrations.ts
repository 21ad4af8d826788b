import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createHash } from 'node:crypto';
import type { Log } from '../job/log.ts';
import { withoutComments } from './sql-comments.ts';
import { inTransaction, statementsOf, type Database, type Run } from './transaction.ts';

/** One migration: a numbered, titled file that is never edited once it has landed. */
export interface Migration {
  /** The file's name without its ending. */
  readonly name: string;
  readonly statements: readonly string[];
}

/** Every migration of a folder, in the order of their numbers. */
export function readMigrations(folder: string): Migration[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file) => ({
      name: path.basename(file, '.sql'),
      statements: splitStatements(readFileSync(path.join(folder, file), 'utf8')),
    }));
}

/**
 * Splits a file at its `--;` lines, because the Data API takes one statement per call. Windows line endings become `\n`, so that
 * the statements and their checksum are the same on every system.
 */
function splitStatements(sql: string): string[] {
  return sql
    .replaceAll('\r\n', '\n')
    .split(/^--;$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}

const CREATE_LEDGER = `
CREATE TABLE IF NOT EXISTS schema_migrations (
  name text PRIMARY KEY,
  applied_at timestamptz NOT NULL DEFAULT now()
)`;

/** Null for migrations applied before checksums existed: the next deployment records the checksum of the current file. */
const ADD_CHECKSUM = 'ALTER TABLE schema_migrations ADD COLUMN IF NOT EXISTS checksum text';

/**
 * Applies all missing migrations in one transaction. A second deployer waits for the first, and then has nothing to do.
 *
 * @returns the names of the applied migrations
 * @throws Error for a migration that was edited after it was applied, and for one that Postgres refuses
 */
export async function applyMigrations(
  migrations: readonly Migration[],
  database: Database,
  log: Log,
): Promise<string[]> {
  const applied = await inTransaction(database, log, {
    async do(run) {
      await run(CREATE_LEDGER);
      await run(ADD_CHECKSUM);
      const due = await compareWithLedger(migrations, run);
      for (const migration of due) {
        for (const statement of migration.statements) await run(withoutComments(statement));
        await run(
          'INSERT INTO schema_migrations (name, checksum) VALUES (:name, :checksum)',
          entryOf(migration),
        );
        log.info('A migration was applied.', { name: migration.name });
      }
      return due;
    },
    /** The ledger shows whether the transaction was committed. */
    async settle(due, error) {
      const ledger = new Set(await statementsOf(database)('SELECT name FROM schema_migrations'));
      if (!due.every(({ name }) => ledger.has(name))) throw error;
    },
  });
  return applied.map(({ name }) => name);
}

/**
 * The migrations that are not in the ledger. A migration in the ledger without a file was applied by a newer version, before a
 * rollback; it is left alone.
 *
 * @throws Error that names every migration whose file has changed since it was applied
 */
async function compareWithLedger(migrations: readonly Migration[], run: Run): Promise<Migration[]> {
  const lines = await run(`SELECT name || ' ' || COALESCE(checksum, '') FROM schema_migrations`);
  const ledger = new Map(lines.map((line) => line.split(' ') as [name: string, checksum: string]));
  const edited = migrations.filter((migration) => {
    const checksum = ledger.get(migration.name);
    return checksum && checksum !== entryOf(migration).checksum;
  });
  if (edited.length > 0) {
    throw new Error(
      `Edited after it had been applied: ${edited.map(({ name }) => name).join(', ')}. ` +
        'Restore the file as it was, and put the change into a new migration.',
    );
  }
  for (const migration of migrations.filter(({ name }) => ledger.get(name) === '')) {
    await run('UPDATE schema_migrations SET checksum = :checksum WHERE name = :name', entryOf(migration));
  }
  return migrations.filter(({ name }) => !ledger.has(name));
}

function entryOf({ name, statements }: Migration): { name: string; checksum: string } {
  return { name, checksum: createHash('sha256').update(JSON.stringify(statements)).digest('hex') };
}
