import { MOST_COUNTED } from '../../../job/flow/concurrency-keys.ts';
import type { Statement } from '../data-api.ts';
import { auditEntry } from './audit-entry.ts';

/** Returns SQL that finds the tenant's next key after `keys.key` in a table, with a single index look-up. */
function nextKeyIn(table: string, condition = 'true'): string {
  return `(
      SELECT concurrency_key FROM ${table}
      WHERE tenant = :tenant AND concurrency_key > keys.key AND ${condition}
      ORDER BY concurrency_key
      LIMIT 1)`;
}

const OPEN = `status IN ('created', 'running')`;

/** The open jobs with the key `keys.key`. */
const OF_KEY = `FROM jobs j WHERE j.tenant = :tenant AND j.concurrency_key = keys.key AND j.${OPEN}`;
const USE = 'use_of_key(j.status, j.held_by, j.wake_at)';

/**
 * `tenant`, `after` (text), `limit` (integer). Returns the keys that have open jobs or a limit, one row per key, ordered by
 * key. Skips from key to key in the index instead of reading every job.
 */
export const LIST_KEYS: Statement = {
  name: 'list-concurrency-keys',
  isSlow: true,
  sql: `
WITH RECURSIVE keys AS (
  SELECT :after AS key, 0 AS number
  UNION ALL
  SELECT LEAST(${nextKeyIn('jobs', OPEN)}, ${nextKeyIn('concurrency_limits')}), number + 1
  FROM keys
  WHERE key IS NOT NULL AND number < :limit::integer
)
SELECT json_build_object(
  'key', key,
  'running', (SELECT count(*) ${OF_KEY} AND ${USE} = 'slot'),
  'parked', (SELECT count(*) FROM (SELECT ${OF_KEY} AND ${USE} = 'parked' LIMIT ${MOST_COUNTED}) AS counted),
  'limit', COALESCE(max_running, (
    SELECT concurrency_limit ${OF_KEY} ORDER BY ${USE}, start_rank(j.priority, j.due_at) LIMIT 1)),
  'set_limit', max_running,
  'set_at', iso_8601(update_time),
  'set_by', updated_by)::text
FROM keys LEFT JOIN concurrency_limits l ON l.tenant = :tenant AND l.concurrency_key = key
WHERE number > 0 AND key IS NOT NULL
ORDER BY key`,
};

/**
 * `tenant`, `key` (text), `max_running` (integer), and the parameters of {@link auditEntry}. Returns one row that says
 * whether the limit changed.
 */
export const SET_LIMIT: Statement = {
  name: 'set-concurrency-limit',
  sql: `
WITH changed AS (
  INSERT INTO concurrency_limits AS present (tenant, concurrency_key, max_running, updated_by)
  VALUES (:tenant, :key, :max_running::integer, :actor)
  ON CONFLICT (tenant, concurrency_key) DO UPDATE
  SET max_running = excluded.max_running, update_time = excluded.update_time, updated_by = excluded.updated_by
  WHERE present.max_running <> excluded.max_running
  RETURNING concurrency_key
),${auditEntry('concurrency_key', 'changed')}
SELECT to_json(EXISTS (SELECT FROM changed))::text`,
};

/**
 * `tenant`, `key` (text), and the parameters of {@link auditEntry}. Returns one row that says whether the key had a limit.
 */
export const CLEAR_LIMIT: Statement = {
  name: 'clear-concurrency-limit',
  sql: `
WITH cleared AS (
  DELETE FROM concurrency_limits WHERE tenant = :tenant AND concurrency_key = :key
  RETURNING concurrency_key
),${auditEntry('concurrency_key', 'cleared')}
SELECT to_json(EXISTS (SELECT FROM cleared))::text`,
};
