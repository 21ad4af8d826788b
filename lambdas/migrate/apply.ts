import { createHash } from 'node:crypto';
import type { Log } from '../job/log.ts';
import type { Migration } from './migrations.ts';
import { inTransaction, statementsOf, type Database, type Run } from './transaction.ts';

const CREATE_LEDGER = `
CREATE TABLE IF NOT EXISTS schema_migrations (
  name text PRIMARY KEY,
  applied_at timestamptz NOT NULL DEFAULT now()
)`;

/** Null for what was applied before there were checksums: the next deployment takes the file as it finds it then. */
const ADD_CHECKSUM = 'ALTER TABLE schema_migrations ADD COLUMN IF NOT EXISTS checksum text';

/**
 * Applies the migrations that the database does not have yet, all in one transaction: either every one of them is there
 * afterwards, or none. A second deployer waits for the first and then finds nothing to do.
 *
 * @returns the names of the migrations that were applied
 * @throws Error for one that was edited after it had been applied, and for one that Postgres refuses
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
        for (const statement of migration.statements) await run(statement);
        await run(
          'INSERT INTO schema_migrations (name, checksum) VALUES (:name, :checksum)',
          entryOf(migration),
        );
        log.info('A migration was applied.', { name: migration.name });
      }
      return due;
    },
    /** The ledger knows whether they were committed. */
    async settle(due, error) {
      const ledger = new Set(await statementsOf(database)('SELECT name FROM schema_migrations'));
      if (!due.every(({ name }) => ledger.has(name))) throw error;
    },
  });
  return applied.map(({ name }) => name);
}

/**
 * The migrations that are not in the ledger. What is in the ledger and in no file was applied by a newer version: a
 * deployment that is rolled back finds that, and leaves it.
 *
 * @throws Error that names every migration whose file is not the one that was applied
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
