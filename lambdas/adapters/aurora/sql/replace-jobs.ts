import type { Statement } from '../data-api.ts';
import { lengthOf } from './counted-rows.ts';
import { JOB_SUMMARY } from './job-document.ts';

/**
 * `tenant` (text), `replacements` (text): a JSON array of {@link Replacement}, each for a different job. Replaces the fields
 * of jobs that have not started, and returns the existing jobs, each with a verdict:
 *
 * - `replaced`: the job was replaced, by this statement or by an earlier execution of it.
 * - `started`: the job is running, has run, or has ended, so nothing was changed.
 * - `other_type`: the submission has another job type, so nothing was changed.
 *
 * A replacement is applied only once. The replacement's audit entry has the submission's id, and if that entry already
 * exists, the statement changes nothing. A repeated statement therefore never overwrites a newer replacement. A job that
 * was created by the same submission counts as replaced: its `target_id` is its own id, even if another job now holds the
 * dedup window.
 *
 * The statement decides based on the locked row, which is current. The update itself starts from the row in the statement's
 * snapshot, and checks that row against the table's constraints. The update therefore sets every column that these
 * constraints use.
 *
 * A held job becomes due again, and its next claim applies the new keys and limits. If the replacement changes the job's
 * concurrency key and so frees a slot of the old key, the next sweep gives the slot to a parked job.
 *
 * If the replacement is due immediately, a due job keeps its position in the queue (`run_at`) and the time at which the
 * sweeper takes it (`wake_at`). If the job is now due before its last message arrives, `wake_in_ms` is the time until a
 * worker must be woken; otherwise, it is null. For a job that is still waiting, a repeated statement always sets
 * `wake_in_ms`, because its first execution may have made the job due sooner.
 */
export const REPLACE_JOBS: Statement = {
  name: 'replace-jobs',
  sql: `
WITH offered AS (
  SELECT r.*, COALESCE(own.job_id, r.job_id) AS target_id
  FROM (
    SELECT *
    FROM json_to_recordset(:replacements::json) AS n(
      job_id uuid, submission_id uuid, type text, payload json, max_attempts int, timeout_seconds int, delay_seconds int,
      callback jsonb, submitted_by text, trace jsonb, debounced boolean, max_seconds int, window_ends_at timestamptz,
      priority smallint, concurrency jsonb, rate_limit jsonb, tags text[], metadata jsonb, max_duration_seconds int)
    LIMIT ${lengthOf('replacements')}
  ) AS r
  LEFT JOIN jobs own
    ON own.job_id = r.submission_id AND own.submission_id = r.submission_id AND own.tenant = :tenant
),
locked AS (
  SELECT j.*
  FROM jobs j JOIN offered ON j.job_id = offered.target_id
  WHERE j.tenant = :tenant
  ORDER BY j.job_id
  FOR UPDATE OF j
),
timed AS MATERIALIZED (
  SELECT job_id, clock_timestamp() AS moment FROM locked
),
judged AS MATERIALIZED (
  SELECT
    locked.job_id, locked.run_at AS earlier_run_at, offered.submission_id AS replacement_id, timed.moment,
    LEAST(
      timed.moment + make_interval(secs => offered.delay_seconds),
      -- Set only for a debounce. LEAST ignores null.
      locked.create_time + make_interval(secs => offered.max_seconds),
      offered.window_ends_at) AS wanted_run_at,
    -- The job was woken to use a free slot of its concurrency key.
    locked.held_by = 'concurrency' AND locked.wake_at IS NOT NULL AND locked.concurrency_key = offered.concurrency ->> 'key'
      AND offered.delay_seconds = 0 AS keeps_slot,
    CASE
      WHEN locked.submission_id = offered.submission_id OR has_replaced(:tenant, offered.submission_id) THEN 'repeated'
      WHEN locked.status <> 'created' OR locked.start_time IS NOT NULL THEN 'started'
      WHEN locked.type <> offered.type THEN 'other_type'
      ELSE 'replace'
    END AS verdict
  FROM locked JOIN timed USING (job_id) JOIN offered ON locked.job_id = offered.target_id
),
changed AS (
  UPDATE jobs j
  SET payload = COALESCE(offered.payload, 'null'),
      max_attempts = offered.max_attempts,
      timeout_seconds = offered.timeout_seconds,
      max_duration_seconds = offered.max_duration_seconds,
      run_at = CASE WHEN judged.wanted_run_at > judged.moment THEN judged.wanted_run_at
               ELSE LEAST(COALESCE(locked.due_at, locked.run_at), judged.moment) END,
      wake_at = CASE WHEN judged.wanted_run_at > judged.moment THEN judged.wanted_run_at
                WHEN locked.run_at > judged.moment THEN judged.moment
                ELSE locked.wake_at END,
      held_by = CASE WHEN judged.keeps_slot THEN locked.held_by END,
      due_at = CASE WHEN judged.keeps_slot THEN locked.due_at END,
      priority = COALESCE(offered.priority, 5),
      concurrency_key = offered.concurrency ->> 'key',
      concurrency_limit = (offered.concurrency ->> 'limit')::int,
      rate_key = offered.rate_limit ->> 'key',
      rate_limit = (offered.rate_limit ->> 'limit')::int,
      rate_seconds = (offered.rate_limit ->> 'per_seconds')::int,
      rate_burst = (offered.rate_limit ->> 'burst')::int,
      tags = offered.tags, metadata = offered.metadata,
      debounced = locked.debounced OR COALESCE(offered.debounced, false),
      callback = COALESCE(NULLIF(offered.callback, 'null'), locked.callback),
      trace = NULLIF(offered.trace, 'null'),
      status = locked.status, end_time = locked.end_time, lease_expires_at = locked.lease_expires_at
  FROM judged JOIN locked USING (job_id) JOIN offered ON offered.target_id = judged.job_id
  WHERE j.job_id = judged.job_id AND judged.verdict = 'replace'
  RETURNING j.*
),
audited AS (
  INSERT INTO audit_entries (tenant, entry_id, actor, action, subject)
  SELECT :tenant, offered.submission_id, offered.submitted_by, 'job.replace', changed.job_id::text
  FROM changed JOIN offered ON offered.target_id = changed.job_id
  ON CONFLICT DO NOTHING
),
j AS (
  SELECT * FROM changed
  UNION ALL
  SELECT * FROM locked WHERE job_id NOT IN (SELECT job_id FROM changed)
)
SELECT json_build_object(
  'submission_id', judged.replacement_id,
  'verdict', CASE WHEN judged.verdict IN ('replace', 'repeated') THEN 'replaced' ELSE judged.verdict END,
  'is_repeated', judged.verdict = 'repeated',
  'wake_in_ms', CASE WHEN (judged.verdict = 'replace' AND j.run_at < judged.earlier_run_at)
                       OR (judged.verdict = 'repeated' AND j.status = 'created')
                THEN GREATEST(0, ceil(extract(epoch FROM j.run_at - judged.moment) * 1000)) END,
  'job', ${JOB_SUMMARY})::text
FROM j JOIN judged ON judged.job_id = j.job_id`,
};
