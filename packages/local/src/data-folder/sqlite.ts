import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export interface SqliteOptions {
  readonly directory: string;
  /** The database's file name within `directory`. */
  readonly file: string;
  /** The SQL that creates missing tables and indexes. */
  readonly schema: string;
  /** The service that owns the data, for error messages, such as `SQS`. */
  readonly service: string;
}

/**
 * Opens a database in the data folder, creating it if it doesn't exist.
 *
 * @throws if another process has the database open, or the file is not a database; the message names the folder and the remedy
 */
export function openSqlite({ directory, file, schema, service }: SqliteOptions): DatabaseSync {
  mkdirSync(directory, { recursive: true });
  try {
    const database = new DatabaseSync(join(directory, file));
    // The lock keeps other processes out. With write-ahead logging and synchronous = normal, each commit reaches the operating system, so
    // the commit survives if this process is killed. Commits do not wait for the disk, so they are as fast as writes to memory.
    database.exec('PRAGMA locking_mode = exclusive; PRAGMA journal_mode = wal; PRAGMA synchronous = normal;');
    database.exec(schema);
    return database;
  } catch (error) {
    const reason = (error as Error).message;
    const advice = reason.includes('locked')
      ? 'another process uses it; stop that one first'
      : `${reason}; delete the folder to start afresh`;
    throw new Error(`The ${service} data in ${directory} cannot be opened: ${advice}.`, { cause: error });
  }
}
