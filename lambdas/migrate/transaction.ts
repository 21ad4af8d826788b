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

/** Runs one statement with text parameters. Returns the first column of the result as text. */
export type Run = (sql: string, parameters?: Record<string, string>) => Promise<string[]>;

export interface Work<Result> {
  /** Runs within the transaction. */
  do(run: Run): Promise<Result>;
  /**
   * Called after a commit whose response was lost, once the transaction is known to have ended. Does nothing if the work
   * was committed; otherwise, repeats the work or throws the error.
   */
  settle(result: Result, error: unknown): Promise<void>;
}

/** The id of the deployers' advisory lock: an arbitrary number that all deployers share. */
const DEPLOYERS_LOCK = 7_305_216_418;

/**
 * The maximum time to wait for another deployer, and the pause between two tries, in milliseconds. The Data API rolls back a
 * transaction that has been idle for three minutes, so a crashed deployer holds the lock for up to three minutes. The wait
 * takes several statements, because a single statement can wait for only 45 s.
 */
const LOCK = { timeoutMs: 200_000, pollMs: 500 };

/**
 * Does the work in a transaction, so that it is committed entirely or not at all. A second deployer waits for the first.
 *
 * @throws Error if another deployer does not finish in time; also throws the work's errors
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
    // This rollback fails if the commit did succeed. In both cases, the transaction holds no locks afterwards.
    await rollBack();
    await work.settle(result, error);
    log.warn(
      'commit_confirmed',
      'The transaction is settled, although the response to its commit was lost.',
      {
        error,
      },
    );
  }
  return result;
}

interface Transaction {
  readonly run: Run;
  readonly commit: () => Promise<unknown>;
  /** Rolls the transaction back. Never rejects, because a transaction that can't be rolled back expires. */
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
        log.warn('rollback_failed', 'The transaction could not be rolled back; it will expire by itself.', {
          error,
        });
      });
    },
  };
}

/**
 * Begins a transaction that holds the deployers' advisory lock until the transaction ends. Each try begins a new
 * transaction, because an open transaction could keep the snapshot of its last statement, and the other deployer's CREATE
 * INDEX CONCURRENTLY would wait for that snapshot.
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
      throw new Error('Another deployment is still applying migrations. Deploy again once it has finished.');
    }
    await wait(LOCK.pollMs);
  }
}

/** Options for running statements. */
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
