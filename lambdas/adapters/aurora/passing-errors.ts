// Messages of temporary Data API errors.

/**
 * SQL states of temporary failures after which the statement had no effect, because it was rolled back or never began: a
 * serialization failure, a deadlock, too many connections, or a server that is starting.
 */
export const ROLLED_BACK_SQL_STATE = /SQLState: (40001|40P01|53300|57P03)/;

/**
 * SQL states of connections that were lost because the server shut down or crashed. The statement may already have been
 * committed, but can be retried anyway, because all statements are idempotent.
 */
export const DISCONNECTED_SQL_STATE = /SQLState: 57P0[12]/;

/**
 * A BadRequestException with this message does not mean that the statement was rejected. The Data API could not reach the
 * writer, for example while a cluster is being created or resumes (https://github.com/aws/aws-sdk-js/issues/2914). The
 * connection may have failed after the statement was executed.
 */
export const NO_CONNECTION = /Communications? link failure/i;

/** PostgreSQL's message for a statement that exceeded the Data API's time limit. */
const CANCELED_STATEMENT = /canceling statement/i;

/**
 * Whether the error means that the database is resuming and does not accept statements yet. Depending on how far the
 * database has resumed, the Data API reports the resume, a failed connection, or a timeout while connecting:
 * https://github.com/gurenjs/guren/issues/401
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
