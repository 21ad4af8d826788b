import { createHash } from 'node:crypto';
import type { Migration } from './migration-files.ts';
import type { Run } from './transaction.ts';

const CREATE_LEDGER = `
CREATE TABLE IF NOT EXISTS schema_migrations (
  name text PRIMARY KEY,
  applied_at timestamptz NOT NULL DEFAULT now()
)`;

/**
 * The checksum is null for migrations that were applied before checksums existed; the next deployment then records the
 * checksum of the current file.
 */
const ADD_CHECKSUM = 'ALTER TABLE schema_migrations ADD COLUMN IF NOT EXISTS checksum text';

/** Creates the ledger, which is the table of applied migrations. Idempotent. */
export async function createLedger(run: Run): Promise<void> {
  await run(CREATE_LEDGER);
  await run(ADD_CHECKSUM);
}

/** Records that a migration was applied. */
export async function record(migration: Migration, run: Run): Promise<void> {
  await run('INSERT INTO schema_migrations (name, checksum) VALUES (:name, :checksum)', entryOf(migration));
}

/** Whether all of these migrations are in the ledger. */
export async function areRecorded(migrations: readonly Migration[], run: Run): Promise<boolean> {
  const names = new Set(await run('SELECT name FROM schema_migrations'));
  return migrations.every(({ name }) => names.has(name));
}

/**
 * Returns the migrations that are not in the ledger yet. A migration without a file stays in the ledger, because a newer
 * version applied it before a rollback.
 *
 * @throws Error that names every migration whose file has changed since it was applied
 */
export async function compareWithLedger(migrations: readonly Migration[], run: Run): Promise<Migration[]> {
  const lines = await run(`SELECT name || ' ' || COALESCE(checksum, '') FROM schema_migrations`);
  const ledger = new Map(lines.map((line) => line.split(' ') as [name: string, checksum: string]));
  const edited = migrations.filter((migration) => {
    const checksum = ledger.get(migration.name);
    return checksum && checksum !== entryOf(migration).checksum;
  });
  if (edited.length > 0) {
    throw new Error(
      `Edited after being applied: ${edited.map(({ name }) => name).join(', ')}. ` +
        'Restore the original file, and put the change into a new migration.',
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
