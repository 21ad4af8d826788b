import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** A migration: a file whose name consists of a number and a title. The file is never edited after it has been merged. */
export interface Migration {
  /** The file's name without its extension. */
  readonly name: string;
  readonly statements: readonly string[];
}

/** Reads all migrations in a folder, in numerical order. */
export function readMigrations(folder: string): Migration[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file) => ({
      name: path.basename(file, '.sql'),
      statements: splitStatements(readFileSync(path.join(folder, file), 'utf8')),
    }));
}

/**
 * Splits a file at its `--;` lines, because the Data API accepts only one statement per call. Windows line endings become
 * `\n`, so that the statements and their checksums are the same on every system.
 */
function splitStatements(sql: string): string[] {
  return sql
    .replaceAll('\r\n', '\n')
    .split(/^--;$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}
