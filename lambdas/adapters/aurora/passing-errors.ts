// Messages of the Data API's errors that pass by themselves.

/**
 * SQL states of statements that failed through no fault of their own: a serialization failure, a deadlock, no connection left,
 * a server that starts. All of them were rolled back, or never begun.
 */
export const ROLLED_BACK_SQL_STATE = /SQLState: (40001|40P01|53300|57P03)/;

/**
 * SQL states of connections that were lost because the server shuts down or has crashed. It may have committed before. An idempotent
 * statement can be repeated all the same.
 */
export const DISCONNECTED_SQL_STATE = /SQLState: 57P0[12]/;

/**
 * A BadRequestException with this message does not refuse the statement: the Data API could not reach the writer, as while a cluster is created
 * or resumes (https://github.com/aws/aws-sdk-js/issues/2914). The connection may have failed after the statement.
 */
export const NO_CONNECTION = /Communications? link failure/i;

/** PostgreSQL's message for a statement that took longer than the Data API allows. */
const CANCELED_STATEMENT = /canceling statement/i;

/**
 * Whether the error says that the database is resuming and does not accept statements yet. Depending on how far the resume is, the Data API
 * reports the resume, a failed connection, or that it ran out of time while it connected: https://github.com/gurenjs/guren/issues/401
 */
export function isResuming(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { name, message } = error;
  return (
    name === 'DatabaseResumingException' ||
    (name === 'StatementTimeoutException' && !CANCELED_STATEMENT.test(message)) ||
    NO_CONNECTION.test(message)
  );
}
