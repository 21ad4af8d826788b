import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export interface SqliteOptions {
  readonly directory: string;
  /** The file in the directory. */
  readonly file: string;
  /** SQL that creates whatever is missing. */
  readonly schema: string;
  /** The service that owns the data, for messages: `SQS`. */
  readonly service: string;
}

/**
 * Opens a database in the data folder, or creates it.
 *
 * @throws if another process has it open, or the file is not a database, naming the folder and what to do
 */
export function openSqlite({ directory, file, schema, service }: SqliteOptions): DatabaseSync {
  mkdirSync(directory, { recursive: true });
  try {
    const database = new DatabaseSync(join(directory, file));
    // The lock keeps a second process out. With write-ahead logging and synchronous = normal, each commit reaches the operating
    // system without waiting for the disk: it survives a kill of this process, and is as fast as memory.
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
