import {
  BeginTransactionCommand,
  CommitTransactionCommand,
  ExecuteStatementCommand,
  RollbackTransactionCommand,
  type RDSDataClient,
} from '@aws-sdk/client-rds-data';
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

/**
 * Applies the migrations that the database does not have yet, all in one transaction: either every one of them is there
 * afterwards, or none. A second deployer waits for the first and then finds nothing to do.
 *
 * @returns the names of the migrations that were applied
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

  try {
    await run(`SELECT pg_advisory_xact_lock(${DEPLOYERS_LOCK})::text`);
    await run(CREATE_LEDGER);
    const applied = new Set(await run('SELECT name FROM schema_migrations'));
    const due = migrations.filter(({ name }) => !applied.has(name));
    for (const { name, statements } of due) {
      for (const statement of statements) await run(statement);
      await run('INSERT INTO schema_migrations (name) VALUES (:name)', { name });
      log.info('A migration was applied.', { name });
    }
    await client.send(new CommitTransactionCommand({ resourceArn, secretArn, transactionId }));
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
