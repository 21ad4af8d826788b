import type { DatabaseSync } from 'node:sqlite';
import { openSqlite } from '../data-folder/sqlite.ts';

/** The SQL expression for a message's group. Messages without a group ID share one unnamed group. */
export const MESSAGE_GROUP = `coalesce(json_extract(system_attributes, '$.MessageGroupId'), '')`;

// A message whose visible_at is in the future is in flight if its queue has already delivered it, and otherwise delayed. Any other
// message is visible. A message becomes visible without a write to its row, so a killed process leaves nothing to repair. All times are milliseconds
// since the epoch.
const SCHEMA = `
CREATE TABLE IF NOT EXISTS queue (
  name        TEXT PRIMARY KEY,
  attributes  TEXT NOT NULL, -- JSON: the attributes that were set
  created_at  INTEGER NOT NULL,
  modified_at INTEGER NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS message (
  id                INTEGER PRIMARY KEY, -- the order of sending
  queue             TEXT NOT NULL REFERENCES queue ON UPDATE CASCADE ON DELETE CASCADE,
  message_id        TEXT NOT NULL,
  body              TEXT NOT NULL,
  body_md5          TEXT NOT NULL,
  attributes        TEXT, -- JSON: the message attributes as sent
  attributes_md5    TEXT,
  system_attributes TEXT NOT NULL, -- JSON: SenderId, MessageGroupId and the like
  sent_at           INTEGER NOT NULL,
  visible_at        INTEGER NOT NULL,
  receive_count     INTEGER NOT NULL DEFAULT 0, -- over its life, as callers see it
  deliveries        INTEGER NOT NULL DEFAULT 0, -- by its present queue, which the redrive policy counts
  first_received_at INTEGER,
  received_at       INTEGER -- the latest time
) STRICT;

CREATE INDEX IF NOT EXISTS message_by_visibility ON message (queue, visible_at, id);
CREATE INDEX IF NOT EXISTS message_by_group ON message (queue, ${MESSAGE_GROUP}, visible_at, id);
`;

/**
 * Opens the queues' database in `directory`, and creates it if it does not exist.
 * @throws if another process has the database open, or the file is not a database; the message names the folder and the remedy
 */
export function openDatabase(directory: string): DatabaseSync {
  return openSqlite({ directory, file: 'sqs.sqlite', schema: SCHEMA, service: 'SQS' });
}
