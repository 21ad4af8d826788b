import pg from 'pg';
import type { PoolClient } from 'pg';
import type { PostgresConnection } from '../postgres/postgres.ts';
import { DataApiError, fromDatabase } from './data-api-error.ts';
import { bindParameters } from './parameter-values.ts';
import type { ScannedSql } from './named-parameters.ts';
import type { SqlParameter } from './request-shapes.ts';
import { runSql } from './sql-query.ts';
import type { SqlResult } from './sql-query.ts';
import { createStatementNames, isPlain } from './statement-names.ts';
import type { StatementNames } from './statement-names.ts';

/** A connection from the pool. */
export interface Connection {
  /** The process ID of the connection's server process. The error for a timeout includes this ID. */
  readonly id: number;
  /** Runs a statement. @throws DataApiError for every error */
  run(sql: ScannedSql, parameters: readonly SqlParameter[]): Promise<SqlResult>;
  /** Runs one of the emulator's own statements, such as COMMIT, and returns the row values as text. */
  control(sql: string, values?: readonly unknown[]): Promise<pg.QueryArrayResult<(string | null)[]>>;
  /** Whether the server has closed the connection. A closed connection can't run statements. */
  isBroken(): boolean;
  /**
   * Returns the connection to the pool. If the session was changed, the connection is closed instead, because on AWS each call
   * gets a fresh session.
   */
  release(): void;
  /** Closes the connection, even during a statement; Postgres rolls back open transactions. */
  close(): void;
}

/** The connections to one database. */
export interface Connections {
  /** @throws DataApiError if the database does not exist or refuses the connection */
  acquire(): Promise<Connection>;
  end(): Promise<void>;
}

const MAX_CONNECTIONS = 20;
const IDLE_MS = 60_000;

/** Matches functions that change the session state even in a SELECT. */
const CHANGES_SESSION = /\b(set_config|pg_(try_)?advisory_lock(_shared)?)\s*\(/i;

/**
 * Opens a pool of connections to one database.
 * @param statementTimeoutMs how long a statement may run before Postgres cancels it
 */
export function openConnections(
  server: PostgresConnection & { readonly password: string },
  statementTimeoutMs: number,
): Connections {
  const pool = new pg.Pool({
    ...server,
    max: MAX_CONNECTIONS,
    idleTimeoutMillis: IDLE_MS,
    statement_timeout: statementTimeoutMs,
    connectionTimeoutMillis: statementTimeoutMs,
  });
  // Ignores the error: the pool replaces broken connections, and the running statement reports the error to the caller.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => {
    client.on('error', () => undefined);
  });
  const names = createStatementNames();
  const taken = new Set<Connection>();
  let ending = false;
  return {
    async acquire() {
      try {
        const client = await pool.connect();
        const connection = takeConnection(client, names, () => taken.delete(connection));
        taken.add(connection);
        return connection;
      } catch (error) {
        throw fromDatabase(error);
      }
    },
    async end() {
      if (ending) return;
      ending = true;
      for (const connection of taken) connection.close();
      await pool.end();
    },
  };
}

function takeConnection(client: PoolClient, names: StatementNames, onRelease: () => void): Connection {
  let isPristine = true;
  let isBroken = false;
  let isReleased = false;
  const id = (client as PoolClient & { processID: number }).processID;

  const guarded = async <Result>(work: Promise<Result>): Promise<Result> => {
    try {
      return await work;
    } catch (error) {
      if (isFatal(error)) isBroken = true;
      throw fromDatabase(error, id);
    }
  };
  const release = (discard: boolean): void => {
    if (isReleased) return;
    isReleased = true;
    onRelease();
    client.release(discard);
  };
  return {
    id,
    async run({ text, names: places }, parameters) {
      const bound = bindParameters(places, parameters);
      if (CHANGES_SESSION.test(text)) isPristine = false;
      const result = await guarded(runSql(client, names, text, bound));
      if (!leavesSessionAlone(result)) isPristine = false;
      return result;
    },
    control: (sql, values = []) =>
      guarded(client.query({ text: sql, values: [...values], rowMode: 'array', types: AS_TEXT })),
    isBroken: () => isBroken,
    release() {
      release(isBroken || !isPristine);
    },
    close() {
      release(true);
    },
  };
}

const AS_TEXT = { getTypeParser: () => (text: string) => text };

/**
 * Whether an error makes a connection unusable. The connection stays usable only after a DataApiError, or after a Postgres error that is not FATAL.
 */
function isFatal(error: unknown): boolean {
  if (error instanceof pg.DatabaseError) return error.severity === 'FATAL';
  return !(error instanceof DataApiError);
}

/**
 * Whether a statement leaves the session unchanged. If the command is SELECT but there is no result, the statement was a CREATE TABLE AS,
 * which may have created a temporary table.
 */
function leavesSessionAlone({ command, columns }: SqlResult): boolean {
  return isPlain(command) && (command !== 'SELECT' || columns !== undefined);
}
