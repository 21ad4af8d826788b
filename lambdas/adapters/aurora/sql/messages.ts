import type { Statement } from '../data-api.ts';
import { wantedIds } from './counted-rows.ts';

/** A message in the API's format, from a row with the alias `m`. */
const DOCUMENT = `json_build_object(
  'message_id', m.message_id,
  'to', m.recipient,
  'content', m.content,
  'status', m.status,
  'attempt', m.attempt,
  'next_attempt_at', CASE m.status WHEN 'pending' THEN iso_8601(m.due_at) END,
  'receiver_message_id', m.receiver_message_id,
  'error', m.error,
  'create_time', iso_8601(m.create_time),
  'end_time', iso_8601(m.end_time))::text`;

/**
 * `message_id` (uuid), `tenant`, `recipient`, `content`, `submitted_by` (text). Writes a message unless it already exists,
 * and returns it. The ON CONFLICT update changes nothing, but makes a repeated statement return the existing row.
 */
export const INSERT_MESSAGE: Statement = {
  name: 'insert-message',
  sql: `
WITH m AS (
  INSERT INTO messages (message_id, tenant, recipient, content, submitted_by)
  VALUES (:message_id::uuid, :tenant, :recipient, :content, :submitted_by)
  ON CONFLICT (message_id) DO UPDATE SET message_id = excluded.message_id
  RETURNING *
)
SELECT ${DOCUMENT} FROM m`,
};

/** `tenant` (text), `message_id` (uuid). Returns one message, or no row. */
export const GET_MESSAGE: Statement = {
  name: 'get-message',
  sql: `SELECT ${DOCUMENT} FROM messages m WHERE m.message_id = :message_id::uuid AND m.tenant = :tenant`,
};

/** The filters for lists of messages. An index supports each filter. */
const FILTERS = { status: 'm.status = :status', before: 'm.message_id < :before::uuid' } as const;

export type MessageFilter = keyof typeof FILTERS;

/** `tenant` (text), `limit` (integer), and one parameter per filter. Returns a page of messages, newest first. */
export function listMessages(filters: readonly MessageFilter[]): Statement {
  const conditions = ['m.tenant = :tenant', ...filters.map((filter) => FILTERS[filter])];
  return {
    name: ['list-messages', ...filters].join('-'),
    isSlow: true,
    sql: `SELECT ${DOCUMENT} FROM messages m WHERE ${conditions.join(' AND ')} ORDER BY m.message_id DESC LIMIT :limit`,
  };
}

/** The smallest and the largest UUID. */
const [FIRST_ID, LAST_ID] = ['00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff'];

/**
 * `tenant` (text), `taker` (uuid), `limit`, `lease_ms`, `max_attempts` (integers). Takes a tenant's oldest due messages:
 * pending messages, and messages whose lease has expired. A message with an expired lease and no attempts left is marked
 * as failed, even though it may have been sent.
 *
 * `SKIP LOCKED` skips messages that a concurrent take has locked. A locked row is the newest version, and the condition is
 * rechecked on that row. If a take is repeated with the same `taker` after a lost response, it gets the messages that this
 * taker already holds.
 *
 * Tenant and id are compared and ordered as a pair, with the collation of the index messages_due_of_tenant, so that no other
 * index matches. With the index messages_due, the statement would read other tenants' messages; with messages_tenant, it
 * would read all of the tenant's ended messages.
 */
export const TAKE_MESSAGES: Statement = {
  name: 'take-messages',
  sql: `
WITH held AS (
  SELECT * FROM messages WHERE status = 'sending' AND taken_by = :taker::uuid
),
due AS (
  SELECT message_id, attempt, status = 'sending' AND attempt >= :max_attempts AS is_lost
  FROM messages
  WHERE (tenant COLLATE "C", message_id) >= (:tenant, CAST('${FIRST_ID}' AS uuid))
    AND (tenant COLLATE "C", message_id) <= (:tenant, CAST('${LAST_ID}' AS uuid))
    AND due_at <= now() AND NOT EXISTS (SELECT FROM held)
  ORDER BY tenant COLLATE "C", message_id
  LIMIT :limit
  FOR UPDATE SKIP LOCKED
),
lost AS (
  UPDATE messages m
  SET status = 'failed', due_at = NULL, end_time = clock_timestamp(), taken_by = NULL,
      error = format('The worker stopped without an answer on attempt %s of %s.', due.attempt, :max_attempts::integer)
  FROM due
  WHERE m.message_id = due.message_id AND due.is_lost
),
taken AS (
  UPDATE messages m
  SET status = 'sending', attempt = due.attempt + 1, taken_by = :taker::uuid, end_time = NULL,
      due_at = clock_timestamp() + :lease_ms * interval '1 ms'
  FROM due
  WHERE m.message_id = due.message_id AND NOT due.is_lost
  RETURNING m.*
)
SELECT json_build_object('message_id', message_id, 'to', recipient, 'content', content, 'attempt', attempt)::text
FROM (SELECT * FROM held UNION ALL SELECT * FROM taken) AS ours
ORDER BY message_id`,
};

/**
 * `message_id`, `taker` (uuid), `attempt` (integer), `status`, `receiver_message_id`, `error` (text), `retry_in_ms`
 * (integer). Records an attempt's outcome if this taker still holds the message. Returns one row that says whether the
 * outcome is recorded, either by this execution or by an earlier execution whose response was lost.
 */
export const SETTLE_MESSAGE: Statement = {
  name: 'settle-message',
  sql: `
WITH locked AS (
  SELECT message_id FROM messages
  WHERE message_id = :message_id::uuid AND taken_by = :taker::uuid AND attempt = :attempt AND status = 'sending'
  FOR UPDATE
),
written AS (
  UPDATE messages m
  SET status = :status,
      receiver_message_id = :receiver_message_id,
      error = :error,
      due_at = CASE :status WHEN 'pending' THEN clock_timestamp() + :retry_in_ms * interval '1 ms' END,
      end_time = CASE WHEN :status <> 'pending' THEN clock_timestamp() END
  FROM locked
  WHERE m.message_id = locked.message_id
  RETURNING m.message_id
)
SELECT to_json(EXISTS (SELECT FROM written) OR EXISTS (
  SELECT FROM messages
  WHERE message_id = :message_id::uuid AND taken_by = :taker::uuid AND attempt = :attempt AND status = :status))::text`,
};

/**
 * `taker` (uuid), `message_ids` (text): a JSON array of UUIDs. Resets messages to `pending` if this taker still holds them.
 */
export const GIVE_BACK_MESSAGES: Statement = {
  name: 'give-back-messages',
  sql: `
WITH locked AS (
  SELECT m.message_id, m.attempt
  FROM messages m JOIN ${wantedIds('message_ids')} ON m.message_id = wanted.id
  WHERE m.taken_by = :taker::uuid AND m.status = 'sending'
  ORDER BY m.message_id
  FOR UPDATE OF m
),
given_back AS (
  UPDATE messages m
  SET status = 'pending', attempt = locked.attempt - 1, taken_by = NULL, due_at = now(), end_time = NULL
  FROM locked
  WHERE m.message_id = locked.message_id
  RETURNING m.message_id
)
SELECT to_json(count(*))::text FROM given_back`,
};
