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
  /** Within the transaction. */
  do(run: Run): Promise<Result>;
  /**
   * After a commit whose answer was lost, outside of the transaction, which has ended either way: does nothing if the work
   * is there, and makes or refuses what is not.
   */
  settle(result: Result, error: unknown): Promise<void>;
}

/** Any number will do, as long as every deployer takes the same. */
const DEPLOYERS_LOCK = 7_305_216_418;

/**
 * How long to wait for another deployer, and how often to ask, in milliseconds. The Data API rolls a transaction back that
 * nobody has used for three minutes: so long a deployer that was killed holds the lock. One statement may wait for 45 s only.
 */
const LOCK = { timeoutMs: 200_000, pollMs: 500 };

/**
 * All of the work is there afterwards, or nothing of it. A second deployer waits for the first.
 *
 * @throws Error where another deployer does not end, and what the work throws
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
    // Refused where the commit was made: from here on the transaction holds nothing back.
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
  /** Never rejects: a transaction that can't be rolled back expires by itself. */
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
 * Begins a transaction that holds the deployers' lock until its end. A new transaction for each try: one that stayed open could keep
 * the snapshot of its last statement, which the other deployer's CREATE INDEX CONCURRENTLY would wait for.
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
  /** @default - each statement is a transaction of its own */
  readonly transactionId?: string;
  /**
   * Whether a statement goes on after its call has timed out, as AWS recommends for DDL. The caller gets a StatementTimeoutException all
   * the same: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/data-api-timeouts.html
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
