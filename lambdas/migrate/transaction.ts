import {
  BeginTransactionCommand,
  CommitTransactionCommand,
  ExecuteStatementCommand,
  RollbackTransactionCommand,
  type RDSDataClient,
} from '@aws-sdk/client-rds-data';
import { setTimeout as wait } from 'node:timers/promises';
import type { Log } from '../job/log.ts';

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
  log: Log,
  work: Work<Result>,
): Promise<Result> {
  const { client, clusterArn: resourceArn, secretArn, databaseName } = database;
  const { transactionId } = await client.send(
    new BeginTransactionCommand({ resourceArn, secretArn, database: databaseName }),
  );
  const run = statementsOf(database, transactionId);
  const rollBack = () =>
    client.send(new RollbackTransactionCommand({ resourceArn, secretArn, transactionId }));

  const result = await (async () => {
    await lockOutOthers(run);
    return work.do(run);
  })().catch(async (error: unknown) => {
    await rollBack().catch((rollbackError: unknown) => {
      log.warn('The transaction could not be rolled back; it expires by itself.', { error: rollbackError });
    });
    throw error;
  });

  try {
    await client.send(new CommitTransactionCommand({ resourceArn, secretArn, transactionId }));
  } catch (error) {
    // Refused where the commit was made: from here on the transaction holds nothing back.
    await rollBack().catch(() => undefined);
    await work.settle(result, error);
    log.warn('The transaction is settled, though the answer to its commit was lost.', { error });
  }
  return result;
}

/** @param transactionId - none: each statement is a transaction of its own */
export function statementsOf(database: Database, transactionId?: string): Run {
  const { client, clusterArn: resourceArn, secretArn, databaseName } = database;
  return async (sql, parameters = {}) => {
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
}

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
