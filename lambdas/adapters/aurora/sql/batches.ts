import type { Statement } from '../data-api.ts';

/**
 * The number of running jobs in a batch `b`. Counting running jobs in the index jobs_batch is fast, because only a few
 * jobs run at once.
 */
const RUNNING = `(SELECT count(*) FROM jobs r WHERE r.tenant = b.tenant AND r.batch_id = b.batch_id AND r.status = 'running')`;

/** A batch in the API's format, from a row source named `b`. */
const BATCH_DOCUMENT = `json_build_object(
  'batch_id', b.batch_id,
  'status', CASE WHEN b.end_time IS NOT NULL THEN 'completed' WHEN b.close_time IS NOT NULL THEN 'closed' ELSE 'open' END,
  'jobs', b.jobs,
  'counts', (
    SELECT json_build_object(
      -- While another statement ends jobs, the counters and the running jobs may be read at different moments.
      'created', GREATEST(0, b.jobs - b.succeeded - b.failed - b.canceled - running.jobs),
      'running', running.jobs,
      'success', b.succeeded,
      'failed', b.failed,
      'canceled', b.canceled)
    FROM (SELECT ${RUNNING} AS jobs) AS running),
  'create_time', iso_8601(b.create_time),
  'close_time', iso_8601(b.close_time),
  'end_time', iso_8601(b.end_time),
  'on_complete', CASE WHEN b.on_complete IS NOT NULL THEN json_build_object(
    'type', b.on_complete ->> 'type',
    'job_id', CASE WHEN b.end_time IS NOT NULL THEN b.on_complete ->> 'job_id' END) END)`;

/**
 * Whether the `on_complete` parameter defines a different job than the batch's row does. The jobs' ids are not compared,
 * because each request generates new ones.
 */
const IS_ANOTHER_JOB = `
  (b.on_complete -> 'type')::text IS DISTINCT FROM (:on_complete::json -> 'type')::text
  OR (b.on_complete -> 'payload')::text IS DISTINCT FROM (:on_complete::json -> 'payload')::text
  OR (b.on_complete -> 'max_attempts')::text IS DISTINCT FROM (:on_complete::json -> 'max_attempts')::text
  OR (b.on_complete -> 'timeout_seconds')::text IS DISTINCT FROM (:on_complete::json -> 'timeout_seconds')::text
  OR (b.on_complete -> 'max_duration_seconds')::text IS DISTINCT FROM (:on_complete::json -> 'max_duration_seconds')::text
  OR (b.on_complete -> 'priority')::text IS DISTINCT FROM (:on_complete::json -> 'priority')::text
  OR (b.on_complete -> 'concurrency')::text IS DISTINCT FROM (:on_complete::json -> 'concurrency')::text
  OR (b.on_complete -> 'rate_limit')::text IS DISTINCT FROM (:on_complete::json -> 'rate_limit')::text
  OR (b.on_complete -> 'tags')::text IS DISTINCT FROM (:on_complete::json -> 'tags')::text
  OR (b.on_complete -> 'metadata')::text IS DISTINCT FROM (:on_complete::json -> 'metadata')::text
  OR b.on_complete -> 'callback' ->> 'url' IS DISTINCT FROM :on_complete::json -> 'callback' ->> 'url'`;

/**
 * `tenant`, `batch_id` (text), `closes` (boolean), `on_complete` (text: JSON of {@link NewOnComplete}, or null). Creates the
 * batch unless the submission of its jobs has already created it. If the batch is still open, sets its on_complete job, and
 * closes the batch if `closes` is true. Idempotent. Returns one row with the batch and `is_refused`, which is true if the
 * batch was already closed with a different on_complete job, or with none.
 */
export const PUT_BATCH: Statement = {
  name: 'put-batch',
  sql: `
INSERT INTO batches AS b (tenant, batch_id, on_complete, close_time)
VALUES (:tenant, :batch_id, :on_complete::json, CASE WHEN :closes::boolean THEN clock_timestamp() END)
ON CONFLICT (tenant, batch_id) DO UPDATE
SET on_complete = CASE WHEN b.close_time IS NULL THEN COALESCE(EXCLUDED.on_complete, b.on_complete) ELSE b.on_complete END,
    close_time = COALESCE(b.close_time, EXCLUDED.close_time)
RETURNING json_build_object(
  'batch', ${BATCH_DOCUMENT},
  'is_refused', :on_complete::json IS NOT NULL AND (${IS_ANOTHER_JOB}))::text`,
};

/** `tenant`, `batch_id` (text). Returns one batch, or no row. */
export const GET_BATCH: Statement = {
  name: 'get-batch',
  sql: `SELECT ${BATCH_DOCUMENT}::text FROM batches b WHERE b.tenant = :tenant AND b.batch_id = :batch_id`,
};

/**
 * `tenant`, `batch_id` (text). Returns one row that says whether the batch is completed, or no row if the batch does not
 * exist.
 */
export const IS_BATCH_COMPLETED: Statement = {
  name: 'is-batch-completed',
  sql: `SELECT to_json(b.end_time IS NOT NULL)::text FROM batches b WHERE b.tenant = :tenant AND b.batch_id = :batch_id`,
};

const LISTED = `SELECT json_build_object(
  'batch', ${BATCH_DOCUMENT}, 'created_at_micros', (extract(epoch FROM b.create_time) * 1000000)::bigint)::text
FROM batches b`;

/**
 * `tenant` (text), `limit` (integer). Returns the newest batches, each with its creation time in microseconds for {@link
 * LIST_BATCHES_BEFORE}.
 */
export const LIST_BATCHES: Statement = {
  name: 'list-batches',
  sql: `${LISTED} WHERE b.tenant = :tenant ORDER BY b.create_time DESC, b.batch_id DESC LIMIT :limit`,
};

/**
 * Like {@link LIST_BATCHES}, for every page after the first. `before` (text) is the id of the previous page's last batch,
 * and `before_micros` (integer) is its creation time.
 */
export const LIST_BATCHES_BEFORE: Statement = {
  name: 'list-batches-before',
  sql: `${LISTED}
WHERE b.tenant = :tenant
  AND (b.create_time, b.batch_id) < ('epoch'::timestamptz + :before_micros * interval '1 microsecond', :before)
ORDER BY b.create_time DESC, b.batch_id DESC
LIMIT :limit`,
};
