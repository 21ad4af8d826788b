import {
  BeginTransactionCommand,
  CommitTransactionCommand,
  ExecuteStatementCommand,
  RollbackTransactionCommand,
  type RDSDataClient,
} from '@aws-sdk/client-rds-data';
import { setTimeout as wait } from 'node:timers/promises';
import type { ServiceLog } from '../job/log.ts';

export interface Database {
  client: RDSDataClient;
  clusterArn: string;
  secretArn: string;
  databaseName: string;
}

/** Runs one statement with text parameters; returns the first column of its rows as text. */
export type Run = (sql: string, parameters?: Record<string, string>) => Promise<string[]>;

export interface Work<Result> {
  /** Runs within the transaction. */
  do(run: Run): Promise<Result>;
  /**
   * Runs after a commit whose response was lost, outside the transaction, which has ended either way: does nothing if the work
   * was committed, and otherwise repeats or refuses it.
   */
  settle(result: Result, error: unknown): Promise<void>;
}

/** An arbitrary number that all deployers share. */
const DEPLOYERS_LOCK = 7_305_216_418;

/**
 * How long to wait for another deployer, and how often to try, in milliseconds. The Data API rolls back a transaction that has
 * been unused for three minutes, so a killed deployer holds the lock for that long. One statement can only wait for 45 s.
 */
const LOCK = { timeoutMs: 200_000, pollMs: 500 };

/**
 * Afterwards, either all of the work is committed or none of it. A second deployer waits for the first.
 *
 * @throws Error if another deployer does not finish, and whatever the work throws
 */
export async function inTransaction<Result>(
  database: Database,
  log: ServiceLog,
  work: Work<Result>,
): Promise<Result> {
  const { run, commit, rollBack } = await lockOutOthers(database, log);
  const result = await work.do(run).catch(async (error: unknown) => {
    await rollBack();
    throw error;
  });
  try {
    await commit();
  } catch (error) {
    // If the commit was made, this call is refused: from here on the transaction holds no locks.
    await rollBack();
    await work.settle(result, error);
    log.warn('commit_confirmed', 'The transaction is settled, though the answer to its commit was lost.', {
      error,
    });
  }
  return result;
}

interface Transaction {
  readonly run: Run;
  readonly commit: () => Promise<unknown>;
  /** Never rejects: a transaction that can't be rolled back expires. */
  readonly rollBack: () => Promise<void>;
}

async function begin(database: Database, log: ServiceLog): Promise<Transaction> {
  const { client, clusterArn: resourceArn, secretArn, databaseName } = database;
  const { transactionId } = await client.send(
    new BeginTransactionCommand({ resourceArn, secretArn, database: databaseName }),
  );
  const transaction = { resourceArn, secretArn, transactionId };
  return {
    run: statementsOf(database, transactionId === undefined ? {} : { transactionId }),
    commit: () => client.send(new CommitTransactionCommand(transaction)),
    async rollBack() {
      await client.send(new RollbackTransactionCommand(transaction)).catch((error: unknown) => {
        log.warn('rollback_failed', 'The transaction could not be rolled back; it expires by itself.', {
          error,
        });
      });
    },
  };
}

/**
 * Begins a transaction that holds the deployers' lock until its end. It begins a new transaction for each try, because an open
 * one could keep the snapshot of its last statement, which the other deployer's CREATE INDEX CONCURRENTLY would wait for.
 */
async function lockOutOthers(database: Database, log: ServiceLog): Promise<Transaction> {
  const startedAt = performance.now();
  for (;;) {
    const transaction = await begin(database, log);
    const [isLocked] = await transaction
      .run(`SELECT pg_try_advisory_xact_lock(${DEPLOYERS_LOCK})::text`)
      .catch(async (error: unknown) => {
        await transaction.rollBack();
        throw error;
      });
    if (isLocked === 'true') return transaction;
    await transaction.rollBack();
    if (performance.now() - startedAt > LOCK.timeoutMs) {
      throw new Error('Another deployment is still applying migrations. Deploy again when it has ended.');
    }
    await wait(LOCK.pollMs);
  }
}

/** How statements run. */
interface Statements {
  /** @default - each statement is a separate transaction */
  readonly transactionId?: string;
  /**
   * Whether a statement continues after its call has timed out, as AWS recommends for DDL. The caller still gets a
   * StatementTimeoutException: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/data-api-timeouts.html
   *
   * @default false
   */
  readonly continueAfterTimeout?: boolean;
}

export function statementsOf(
  database: Database,
  { transactionId, continueAfterTimeout = false }: Statements = {},
): Run {
  const { client, clusterArn: resourceArn, secretArn, databaseName } = database;
  return async (sql, parameters = {}) => {
    const { records = [] } = await client.send(
      new ExecuteStatementCommand({
        resourceArn,
        secretArn,
        database: databaseName,
        transactionId,
        continueAfterTimeout,
        sql,
        parameters: Object.entries(parameters).map(([name, value]) => ({
          name,
          value: { stringValue: value },
        })),
      }),
    );
    return records.map(([field]) => field?.stringValue ?? '');
  };
}
