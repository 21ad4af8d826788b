import type { Statement } from '../data-api.ts';
import { auditEntry } from './audit-entry.ts';

/**
 * `tenant`, `kind`, `name` (text), and the parameters of {@link auditEntry}. Pauses a queue or job type unless it is
 * already paused. Returns one row: the active pause. The row's xmax tells whether the pause is new: it is 0 in an inserted
 * row, but not in an existing row, which this statement locks and updates.
 */
export const PAUSE: Statement = {
  name: 'pause',
  sql: `
WITH paused AS (
  INSERT INTO pauses AS present (tenant, kind, name, created_by)
  VALUES (:tenant, :kind, :name, :actor)
  ON CONFLICT (tenant, kind, name) DO UPDATE SET created_by = present.created_by
  RETURNING present.*, present.xmax = 0 AS is_new
),${auditEntry('name', 'paused WHERE is_new')}
SELECT json_build_object('paused_at', iso_8601(create_time), 'paused_by', created_by)::text FROM paused`,
};

/**
 * `tenant`, `kind`, `name` (text), and the parameters of {@link auditEntry}. Ends a pause. Returns one row that says
 * whether there was a pause. A claim that parks jobs because of the pause locks the pause's row, so this statement waits
 * for such claims. Only a later statement sees all jobs that those claims have parked, so {@link WAKE_RESUMED} is a
 * separate statement.
 */
export const UNPAUSE: Statement = {
  name: 'unpause',
  sql: `
WITH ended AS (
  DELETE FROM pauses WHERE tenant = :tenant AND kind = :kind AND name = :name
  RETURNING *
),${auditEntry('name', 'ended')}
SELECT to_json(EXISTS (SELECT FROM ended))::text`,
};

/** A woken job as JSON, from a row returned by the database's wake functions. */
const WOKEN = `json_build_object('job_id', woken_id, 'tenant', woken_tenant, 'queue', woken_queue)::text`;

/**
 * `tenant`, `queue` (text), `most` (integer). Wakes jobs parked by a pause that no longer applies. Returns one
 * row per job that needs a message. If the response is lost, the sweeper sends the messages.
 */
export const WAKE_RESUMED: Statement = {
  name: 'wake-resumed',
  sql: `SELECT ${WOKEN} FROM wake_resumed(:tenant, :queue, :most::integer)`,
};

/** `tenant` (text). Returns the queues in which the tenant has waiting jobs, one row each. */
export const QUEUES_WITH_WAITING_JOBS: Statement = {
  name: 'queues-with-waiting-jobs',
  sql: `
SELECT to_json(queue)::text
FROM job_counts
WHERE tenant = :tenant AND status = 'created'
GROUP BY queue
HAVING sum(jobs) > 0`,
};

/** The condition for the open jobs of a concurrency key, with the parameters `tenant` and `key` (text). */
const OPEN_OF_KEY = `tenant = :tenant AND concurrency_key = :key AND status IN ('created', 'running')`;

/**
 * `tenant`, `key` (text), `most` (integer). Wakes parked jobs of a concurrency key that has free slots. Returns one row per
 * woken job, like {@link WAKE_RESUMED}. The database function wake_parked accepts jobs instead of keys, so the statement
 * passes any open job with the key, even a job that is being parked at the same time.
 */
export const WAKE_PARKED: Statement = {
  name: 'wake-parked',
  sql: `
SELECT ${WOKEN}
FROM (SELECT job_id FROM jobs WHERE ${OPEN_OF_KEY} LIMIT 1) AS of_key,
  wake_parked(ARRAY[of_key.job_id], '{}', :most::integer)`,
};
