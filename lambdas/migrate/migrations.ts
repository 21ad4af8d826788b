import type { ServiceLog } from '../job/log.ts';
import { changeIndex, type Deadline } from './concurrent-indexes.ts';
import { indexChangesOf, type IndexChange } from './index-changes.ts';
import { areRecorded, compareWithLedger, createLedger, record } from './ledger.ts';
import type { Migration } from './migration-files.ts';
import { withoutComments } from './sql-comments.ts';
import { inTransaction, statementsOf, type Database, type Run, type Work } from './transaction.ts';

/** A migration that changes indexes CONCURRENTLY, which PostgreSQL does not allow in a transaction. */
interface IndexMigration {
  readonly migration: Migration;
  readonly changes: readonly IndexChange[];
}

/** The migrations that one transaction applied, and the index migration that must follow them, if any. */
interface Step {
  readonly applied: readonly Migration[];
  readonly next: IndexMigration | undefined;
}

/**
 * Applies all missing migrations, in order and in one transaction. If a migration changes indexes CONCURRENTLY, the
 * migrations before and after it run in separate transactions. A second deployer waits for the first, and then has nothing
 * left to do.
 *
 * @param deadline the time limit for index builds
 * @returns the names of the applied migrations
 * @throws Error if a migration was edited after being applied, if Postgres rejects one, or if an index build takes longer
 * than the deadline. Migrations whose transactions were committed before the error stay applied.
 */
export async function applyMigrations(
  migrations: readonly Migration[],
  database: Database,
  log: ServiceLog,
  deadline: Deadline = { remainingMs: () => Infinity },
): Promise<string[]> {
  // Check all migrations before any change, so that a malformed one is rejected early.
  for (const migration of migrations) indexChangesOf(migration);
  const names: string[] = [];
  for (;;) {
    const { applied, next } = await applyInTransaction(migrations, database, log);
    names.push(...applied.map(({ name }) => name));
    if (!next) return names;
    if (await applyOutside(next, database, log, deadline)) names.push(next.migration.name);
  }
}

/** Applies missing migrations, up to the first migration that can't run in a transaction. */
function applyInTransaction(
  migrations: readonly Migration[],
  database: Database,
  log: ServiceLog,
): Promise<Step> {
  return inTransaction(database, log, {
    async do(run) {
      await createLedger(run);
      const applied: Migration[] = [];
      for (const migration of await compareWithLedger(migrations, run)) {
        const changes = indexChangesOf(migration);
        if (changes) return { applied, next: { migration, changes } };
        for (const statement of migration.statements) await runStatement(migration, statement, run);
        await record(migration, run);
        logApplied(migration, log);
        applied.push(migration);
      }
      return { applied, next: undefined };
    },
    settle: ({ applied }, error) => settle(applied, database, error),
  });
}

/**
 * Applies a migration with index changes, which run outside the transaction. The transaction only holds the deployers'
 * advisory lock, because a session-level lock would be released when the Data API call returns. An index build waits for
 * every transaction with an older snapshot, so the transaction must not have a snapshot. The transaction's last statement
 * is therefore always SHOW, which takes no snapshot. Any other statement's snapshot would last as long as the statement's
 * result can be read. Repeating SHOW also keeps the transaction from expiring, which happens after three minutes
 * without a call.
 *
 * @returns whether the migration was still missing
 */
function applyOutside(
  { migration, changes }: IndexMigration,
  database: Database,
  log: ServiceLog,
  deadline: Deadline,
): Promise<boolean> {
  const work: Work<boolean> = {
    async do(run) {
      if (await areRecorded([migration], run)) return false;
      const keepLock = () => run('SHOW transaction_isolation');
      await keepLock();
      for (const change of changes) {
        await changeIndex(change, {
          run: statementsOf(database, { continueAfterTimeout: true }),
          keepLock,
          deadline,
          log,
        });
      }
      await record(migration, run);
      logApplied(migration, log);
      return true;
    },
    settle: (_wasMissing, error) => settle([migration], database, error),
  };
  return inTransaction(database, log, work);
}

/**
 * Runs a migration's statement. @throws Error if the statement takes too long; not retried, because a retry would take just
 * as long
 */
async function runStatement({ name }: Migration, statement: string, run: Run): Promise<void> {
  await run(withoutComments(statement)).catch((error: unknown) => {
    if ((error as Error).name !== 'StatementTimeoutException') throw error;
    // Don't set a cause, because it would make the failure count as temporary.
    throw new Error(
      `Migration ${name}: a statement took longer than the 45 seconds of the Data API. Split it into smaller ones, or build the index ` +
        'CONCURRENTLY in a separate migration.',
    );
  });
}

/**
 * After a failed commit, checks in the ledger whether the transaction was committed anyway. Throws the error if the
 * transaction was not committed. Also throws it if the transaction applied no migrations, because the ledger then can't show
 * the outcome.
 */
async function settle(applied: readonly Migration[], database: Database, error: unknown): Promise<void> {
  if (applied.length === 0 || !(await areRecorded(applied, statementsOf(database)))) throw error;
}

function logApplied({ name }: Migration, log: ServiceLog): void {
  log.info('migration_applied', 'A migration was applied.', { name });
}
