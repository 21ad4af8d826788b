import {
  BeginTransactionCommand,
  CommitTransactionCommand,
  ExecuteStatementCommand,
  RollbackTransactionCommand,
  type RDSDataClient,
} from '@aws-sdk/client-rds-data';
import { createHash } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Log } from '../job/ports.ts';
import type { Migration } from './migrations.ts';

export interface Database {
  client: RDSDataClient;
  clusterArn: string;
  secretArn: string;
  databaseName: string;
}

/** Any number will do, as long as every deployer takes the same. */
const DEPLOYERS_LOCK = 7_305_216_418;

const CREATE_LEDGER = `
CREATE TABLE IF NOT EXISTS schema_migrations (
  name text PRIMARY KEY,
  applied_at timestamptz NOT NULL DEFAULT now()
)`;

/** Null for what was applied before there were checksums: the next deployment takes the file as it finds it then. */
const ADD_CHECKSUM = 'ALTER TABLE schema_migrations ADD COLUMN IF NOT EXISTS checksum text';

/**
 * How long to wait for another deployer, and how often to ask, in milliseconds. The Data API rolls a transaction back that
 * nobody has used for three minutes: so long a deployer that was killed holds the lock. One statement may wait for 45 s only.
 */
const LOCK = { timeoutMs: 200_000, pollMs: 500 };

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
  const { client, clusterArn: resourceArn, secretArn, databaseName } = database;
  const { transactionId } = await whenResumed(() =>
    client.send(new BeginTransactionCommand({ resourceArn, secretArn, database: databaseName })),
  );
  const run = async (sql: string, parameters: Record<string, string> = {}): Promise<string[]> => {
    const { records = [] } = await client.send(
      new ExecuteStatementCommand({
        resourceArn,
        secretArn,
        database: databaseName,
        transactionId,
        sql,
        parameters: Object.entries(parameters).map(([name, value]) => ({
          name,
          value: { stringValue: value },
        })),
      }),
    );
    return records.map(([field]) => field?.stringValue ?? '');
  };

  /** A commit whose answer is lost may have been made: the ledger knows. */
  const commit = async (due: readonly Migration[]): Promise<void> => {
    try {
      await client.send(new CommitTransactionCommand({ resourceArn, secretArn, transactionId }));
    } catch (error) {
      const sql = 'SELECT name FROM schema_migrations';
      const { records = [] } = await client.send(
        new ExecuteStatementCommand({ resourceArn, secretArn, database: databaseName, sql }),
      );
      const applied = new Set(records.map(([field]) => field?.stringValue));
      if (!due.every(({ name }) => applied.has(name))) throw error;
      log.warn('The migrations are committed, though the answer was lost.', { error });
    }
  };

  try {
    await lockOutOthers(run);
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
    await commit(due);
    return due.map(({ name }) => name);
  } catch (error) {
    await client
      .send(new RollbackTransactionCommand({ resourceArn, secretArn, transactionId }))
      .catch((rollbackError: unknown) => {
        log.warn('The transaction could not be rolled back; it expires by itself.', { error: rollbackError });
      });
    throw error;
  }
}

/** Runs a statement in the deployer's transaction and returns the first column of its rows. */
type Run = (sql: string, parameters?: Record<string, string>) => Promise<string[]>;

/** @throws Error where another deployer does not end */
async function lockOutOthers(run: Run): Promise<void> {
  const startedAt = performance.now();
  for (;;) {
    const [isLocked] = await run(`SELECT pg_try_advisory_xact_lock(${DEPLOYERS_LOCK})::text`);
    if (isLocked === 'true') return;
    if (performance.now() - startedAt > LOCK.timeoutMs) {
      throw new Error('Another deployment is still applying migrations. Deploy again when it has ended.');
    }
    await wait(LOCK.pollMs);
  }
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

/** How long a cluster may take to wake up or to come into being, in milliseconds, and how often it is asked. */
const RESUME = { timeoutMs: 180_000, pollMs: 2_000 };

async function whenResumed<Answer>(call: () => Promise<Answer>): Promise<Answer> {
  const startedAt = performance.now();
  for (;;) {
    try {
      return await call();
    } catch (error) {
      const isWaking =
        error instanceof Error &&
        ['DatabaseResumingException', 'DatabaseUnavailableException'].includes(error.name);
      if (!isWaking || performance.now() - startedAt > RESUME.timeoutMs) throw error;
      await wait(RESUME.pollMs);
    }
  }
}
