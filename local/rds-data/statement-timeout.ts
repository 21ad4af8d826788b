import { setTimeout as delay } from 'node:timers/promises';
import type { Connections } from './connections.ts';
import { statementTimeout } from './data-api-error.ts';
import { executeStatement } from './execute-statement.ts';
import type { ExecuteStatementResponse } from './execute-statement.ts';
import type { ExecuteStatementRequest } from './request-shapes.ts';

/**
 * Runs a statement that goes on after the call has timed out (`continueAfterTimeout`): the caller is told of the
 * timeout, the connection is kept until the statement has ended.
 */
export async function executeBeyondTimeout(
  connections: Connections,
  request: ExecuteStatementRequest,
  timeoutMs: number,
): Promise<ExecuteStatementResponse> {
  const connection = await connections.acquire();
  const run = async (): Promise<ExecuteStatementResponse> => {
    try {
      await connection.control('SET statement_timeout = 0');
      return await executeStatement(connection, request);
    } finally {
      connection.close();
    }
  };
  const answered = new AbortController();
  const timeout = delay(timeoutMs, undefined, { ref: false, signal: answered.signal }).then(() => {
    throw statementTimeout(connection.id);
  });
  try {
    return await Promise.race([run(), timeout]);
  } finally {
    answered.abort();
  }
}
