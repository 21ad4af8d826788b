import type { Statement } from '../data-api.ts';

/** The advisory lock's id: an arbitrary number that no other lock in the database uses. */
const PRUNING_LOCK = 7_305_216_419;

/** How many jobs a statement may examine, as a multiple of the number that it may delete. */
const EXAMINED_OF_EACH = 5;

/**
 * `retention_days`, `limit` (integers), `after_time` (text, a time), `after_id` (uuid): the job after which to continue.
 * Deletes up to `limit` rows of each of the following kinds, oldest first: jobs and messages that ended more than
 * `retention_days` ago, audit entries of the same age, batches, and the states of rate limits that no longer delay a job. A
 * job's attempts are deleted with the job, and triggers update `job_counts`. Returns one row with the number of deleted rows
 * of each kind, and `oldest_end_ms`: the earliest time, in epoch milliseconds, at which a remaining row ended or was
 * written; null if no rows remain. `is_busy` means that nothing was deleted, because another pruning is running. If a
 * pruning's response was lost, the pruning may run for another 45 s, and retries must not add to the load.
 *
 * A completed batch is deleted `retention_days` after its completion. An incomplete batch is deleted if it is older than
 * `retention_days` and has no jobs left. A batch with jobs is kept, because its jobs could still be retried. The
 * statement sees the jobs as they were before it ran, so a batch is deleted one pruning after its last job.
 *
 * A child is kept until its parent has ended, because the parent may still read the child's result. The number of examined
 * jobs is limited, because the statement may have to skip many children of unfinished parents. `examined_to` is the job
 * after which the next pruning continues; null if there is none. Postgres evaluates "examined" only as far as needed.
 *
 * Only rows that have ended have an `end_time`. A locked row is the newest version, and the condition is rechecked on it.
 * Jobs that clients retry at the same time are therefore skipped, and a retry never finds a job that is being deleted. A
 * schedule keeps its last job's outcome even after the job is deleted.
 */
export const PRUNE: Statement = {
  name: 'prune',
  isSlow: true,
  sql: `
WITH turn AS MATERIALIZED (
  SELECT pg_try_advisory_xact_lock(${PRUNING_LOCK}) AS is_ours
),
examined AS (
  SELECT job_id, status, end_time, parent_job_id
  FROM jobs
  WHERE (SELECT is_ours FROM turn) AND end_time < now() - :retention_days * interval '1 day'
    AND end_time >= :after_time::timestamptz AND (end_time, job_id) > (:after_time::timestamptz, :after_id::uuid)
  ORDER BY end_time, job_id
  LIMIT ${EXAMINED_OF_EACH} * :limit
  FOR UPDATE SKIP LOCKED
),
expired AS MATERIALIZED (
  SELECT job_id, status, end_time
  FROM examined
  WHERE parent_job_id IS NULL OR NOT is_unfinished(parent_job_id)
  LIMIT :limit
),
kept_outcomes AS (
  UPDATE schedules s SET last_outcome = expired.status FROM expired WHERE s.last_job_id = expired.job_id
),
deleted_jobs AS (
  DELETE FROM jobs j USING expired WHERE j.job_id = expired.job_id RETURNING j.job_id
),
expired_messages AS (
  SELECT message_id
  FROM messages
  WHERE (SELECT is_ours FROM turn) AND end_time < now() - :retention_days * interval '1 day'
  ORDER BY end_time
  LIMIT :limit
  FOR UPDATE SKIP LOCKED
),
deleted_messages AS (
  DELETE FROM messages m USING expired_messages e WHERE m.message_id = e.message_id RETURNING m.message_id
),
expired_entries AS (
  SELECT tenant, entry_id
  FROM audit_entries
  WHERE (SELECT is_ours FROM turn) AND create_time < now() - :retention_days * interval '1 day'
  ORDER BY create_time
  LIMIT :limit
),
expired_batches AS (
  SELECT tenant, batch_id
  FROM batches b
  WHERE (SELECT is_ours FROM turn) AND COALESCE(end_time, create_time) < now() - :retention_days * interval '1 day'
    AND NOT EXISTS (SELECT FROM jobs j WHERE j.tenant = b.tenant AND j.batch_id = b.batch_id)
    -- Recheck this on the locked row, because a job may have joined the batch since the statement began.
    AND succeeded + failed + canceled >= jobs
  ORDER BY COALESCE(end_time, create_time)
  LIMIT :limit
  FOR UPDATE SKIP LOCKED
),
deleted_batches AS (
  DELETE FROM batches b USING expired_batches e
  WHERE b.tenant = e.tenant AND b.batch_id = e.batch_id
  RETURNING b.batch_id
),
deleted_rate_limits AS (
  DELETE FROM rate_limits
  -- Join by ctid: with a join by key, PostgreSQL might read the whole table.
  WHERE ctid = ANY (ARRAY(
    SELECT ctid
    FROM rate_limits
    WHERE (SELECT is_ours FROM turn) AND next_arrival < now()
    ORDER BY next_arrival
    LIMIT :limit
    FOR UPDATE SKIP LOCKED))
  RETURNING rate_key
),
deleted_entries AS (
  DELETE FROM audit_entries a USING expired_entries e
  WHERE a.tenant = e.tenant AND a.entry_id = e.entry_id
  RETURNING a.entry_id
)
SELECT json_build_object(
  'is_busy', NOT (SELECT is_ours FROM turn),
  'jobs', (SELECT count(*) FROM deleted_jobs),
  'messages', (SELECT count(*) FROM deleted_messages),
  'audit_entries', (SELECT count(*) FROM deleted_entries),
  'batches', (SELECT count(*) FROM deleted_batches),
  'rate_limits', (SELECT count(*) FROM deleted_rate_limits),
  'examined_to', (
    SELECT json_build_object('end_time', last.end_time, 'job_id', last.job_id)
    FROM (SELECT count(*) AS jobs FROM expired) AS found CROSS JOIN LATERAL (
      (SELECT end_time, job_id FROM expired WHERE found.jobs >= :limit ORDER BY end_time DESC, job_id DESC LIMIT 1)
      UNION ALL
      (SELECT end_time, job_id FROM examined WHERE found.jobs < :limit OFFSET ${EXAMINED_OF_EACH} * :limit - 1 LIMIT 1)
    ) AS last),
  'oldest_end_ms', floor(extract(epoch FROM LEAST(
    (SELECT min(end_time) FROM jobs WHERE end_time >= now() - :retention_days * interval '1 day'),
    (SELECT min(end_time) FROM messages WHERE end_time >= now() - :retention_days * interval '1 day'),
    (SELECT min(COALESCE(end_time, create_time)) FROM batches
     WHERE COALESCE(end_time, create_time) >= now() - :retention_days * interval '1 day'),
    (SELECT min(create_time) FROM audit_entries WHERE create_time >= now() - :retention_days * interval '1 day'))) * 1000))::text`,
};
