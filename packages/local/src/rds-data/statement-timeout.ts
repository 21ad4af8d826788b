import { setTimeout as delay } from 'node:timers/promises';
import type { Connection } from './connections.ts';
import { statementTimeout } from './data-api-error.ts';

/** Runs work on a connection, and keeps the connection until the work has finished. */
type OnConnection = <Result>(work: (connection: Connection) => Promise<Result>) => Promise<Result>;

/**
 * Runs a statement that continues after the call has timed out (`continueAfterTimeout`). The caller gets the timeout error, but the
 * connection or the transaction stays busy until the statement has finished.
 *
 * @throws DataApiError (StatementTimeoutException) after `timeoutMs`
 */
export async function answerInTime<Result>(
  timeoutMs: number,
  onConnection: OnConnection,
  statement: (connection: Connection) => Promise<Result>,
): Promise<Result> {
  let connectionId = 0;
  const running = onConnection(async (connection) => {
    connectionId = connection.id;
    await connection.control('SET statement_timeout = 0');
    return statement(connection).finally(async () => {
      // Postgres refuses RESET in a failed transaction, but the transaction's rollback resets the setting anyway.
      await connection.control('RESET statement_timeout').catch(() => undefined);
    });
  });
  const answered = new AbortController();
  const timeout = delay(timeoutMs, undefined, { ref: false, signal: answered.signal }).then(() => {
    throw statementTimeout(connectionId);
  });
  try {
    return await Promise.race([running, timeout]);
  } finally {
    answered.abort();
    timeout.catch(() => undefined);
  }
}
