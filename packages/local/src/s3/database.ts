import type { DatabaseSync } from 'node:sqlite';
import { openSqlite } from '../data-folder/sqlite.ts';

// An object's bytes are in a separate file, whose name is in the object's row. An object exists if its row exists. Text is compared by its
// UTF-8 bytes, because S3 lists keys in this order. Times are milliseconds since the epoch.
const SCHEMA = `
CREATE TABLE IF NOT EXISTS bucket (
  name       TEXT PRIMARY KEY,
  created_at INTEGER NOT NULL,
  lifecycle  TEXT NOT NULL DEFAULT '[]' -- JSON: its lifecycle rules
) STRICT;

-- A bucket without a row here has no CORS rules.
CREATE TABLE IF NOT EXISTS cors (
  bucket TEXT PRIMARY KEY REFERENCES bucket ON DELETE CASCADE,
  rules  TEXT NOT NULL -- JSON
) STRICT;

CREATE TABLE IF NOT EXISTS object (
  bucket      TEXT NOT NULL REFERENCES bucket,
  key         TEXT NOT NULL,
  file        TEXT NOT NULL UNIQUE,
  bytes       INTEGER NOT NULL,
  etag        TEXT NOT NULL, -- with its quotes
  headers     TEXT NOT NULL, -- JSON: what it is answered with: its content type, its metadata
  checksums   TEXT NOT NULL, -- JSON: base64, by their headers' names
  modified_at INTEGER NOT NULL,
  PRIMARY KEY (bucket, key)
) STRICT, WITHOUT ROWID;

-- An object that is being uploaded in parts. Each part's bytes are in a separate file.
CREATE TABLE IF NOT EXISTS upload (
  id            TEXT PRIMARY KEY,
  bucket        TEXT NOT NULL REFERENCES bucket,
  key           TEXT NOT NULL,
  headers       TEXT NOT NULL, -- JSON: the headers of the later object
  algorithm     TEXT,          -- of the later object's checksum, in lower case, if it has one
  checksum_type TEXT,          -- FULL_OBJECT or COMPOSITE
  created_at    INTEGER NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS part (
  upload      TEXT NOT NULL REFERENCES upload,
  number      INTEGER NOT NULL,
  file        TEXT NOT NULL UNIQUE,
  bytes       INTEGER NOT NULL,
  etag        TEXT NOT NULL, -- with its quotes
  checksums   TEXT NOT NULL, -- JSON: base64, by their headers' names
  modified_at INTEGER NOT NULL,
  PRIMARY KEY (upload, number)
) STRICT, WITHOUT ROWID;
`;

/**
 * Opens the database of buckets and objects in `directory`, and creates it if it does not exist.
 * @throws if another process has the database open, or the file is not a database; the message names the folder and the remedy
 */
export function openDatabase(directory: string): DatabaseSync {
  return openSqlite({ directory, file: 's3.sqlite', schema: SCHEMA, service: 'S3' });
}
