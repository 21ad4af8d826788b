import pg from 'pg';

/**
 * An error response from the Data API. `type` is sent in the `x-amzn-errortype` header, and the message in the body. The status codes come
 * from the service model (see the schemas of @aws-sdk/client-rds-data).
 */
export class DataApiError extends Error {
  readonly type: string;
  readonly status: number;
  /** Members of the error body other than `message`. */
  readonly members: Readonly<Record<string, unknown>>;

  constructor(type: string, status: number, message: string, members: Record<string, unknown> = {}) {
    super(message);
    this.type = type;
    this.status = status;
    this.members = members;
  }
}

/** Creates the error for a request with an invalid structure. The service checks the structure before anything else. */
export function validation(message: string): DataApiError {
  return new DataApiError('ValidationException', 400, message);
}

/** Creates the error for a result that can't be sent, because the result is too large or contains an unsupported type. */
export function unsupportedResult(message: string): DataApiError {
  return new DataApiError('UnsupportedResultException', 400, message);
}

export function databaseError(message: string): DataApiError {
  return new DataApiError('DatabaseErrorException', 400, message);
}

/**
 * Creates the error for a writer instance that is not available, for example during a failover. In the service model, this error has no
 * message.
 */
export function databaseUnavailable(): DataApiError {
  return new DataApiError('DatabaseUnavailableException', 504, 'The writer instance is not available.');
}

export function transactionNotFound(transactionId: string): DataApiError {
  return new DataApiError('TransactionNotFoundException', 404, `Transaction ${transactionId} is not found`);
}

export function statementTimeout(connectionId: number): DataApiError {
  const message = 'canceling statement due to statement timeout';
  return new DataApiError('StatementTimeoutException', 400, message, { dbConnectionId: connectionId });
}

const QUERY_CANCELED = '57014';
const CANNOT_CONNECT_NOW = '57P03';
const SYNTAX_ERROR = '42601';

/**
 * Converts a database error to the Data API's format: Postgres's fields in one line, without the detail, such as `ERROR: relation "x" does
 * not exist; Position: 15; SQLState: 42P01`.
 *
 * @param connectionId the ID of the connection on which the error occurred; responses to timeouts include it
 */
export function fromDatabase(error: unknown, connectionId = 0): DataApiError {
  if (error instanceof DataApiError) return error;
  if (!(error instanceof pg.DatabaseError) || error.code === CANNOT_CONNECT_NOW) return databaseUnavailable();
  if (error.code === QUERY_CANCELED && error.message.includes('statement timeout')) {
    return statementTimeout(connectionId);
  }
  if (error.code === SYNTAX_ERROR && error.message.startsWith('cannot insert multiple commands')) {
    return validation("Multistatements aren't supported.");
  }
  const parts = [`${error.severity ?? 'ERROR'}: ${error.message}`];
  if (error.hint !== undefined) parts.push(`Hint: ${error.hint}`);
  if (error.position !== undefined) parts.push(`Position: ${error.position}`);
  if (error.code !== undefined) parts.push(`SQLState: ${error.code}`);
  return databaseError(parts.join('; '));
}
