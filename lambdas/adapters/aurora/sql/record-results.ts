import type { Statement } from '../data-api.ts';
import { lengthOf } from './counted-rows.ts';
import { CANCELED_JOB } from './locked-jobs.ts';

/**
 * With so few unfinished jobs before this statement, the batch may be completed after it: the worker then looks whether there is an
 * on_complete job to wake. This allows for 100 workers that record ten jobs each at the same moment. With more, the sweeper wakes it.
 */
const NEARLY_COMPLETE = 1000;

/**
 * `results` (text): a JSON array of {@link AttemptResult}. Each is written only where that attempt still runs the job: the
 * attempt's number is the fencing token. A retry becomes a cancellation where a client asked for one meanwhile. A throttled attempt
 * did nothing: it keeps its number, which must rise with each claim, and the job may have one attempt more.
 *
 * One row per job with its state after the statement, and the batch of a job that ended, if the batch is nearly complete. Run twice, the
 * second run changes nothing and answers the same but for `recorded` and the batch.
 */
export const RECORD_RESULTS = recordResults('record-results');

/** The same, for results of which some have `logs`. Most attempts log nothing, and Postgres plans each statement anew. */
export const RECORD_RESULTS_WITH_LOGS = recordResults('record-results-with-logs', logWrites('judged'));

function recordResults(name: string, alsoWritten = ''): Statement {
  return {
    name,
    sql: `
WITH offered AS (
  SELECT *
  FROM json_to_recordset(:results::json) AS o(
    "jobId" uuid, attempt int, status text, outcome text, message text, result json, progress jsonb, "retryInMs" int, failure json, logs json)
  LIMIT ${lengthOf('results')}
),
judged AS (
  SELECT j.job_id, clock_timestamp() AS moment, o.attempt, o.message, o.result, o.progress, o."retryInMs" AS retry_in_ms, o.outcome, o.failure, o.logs,
    CASE WHEN o.status = 'created' AND j.cancel_requested_at IS NOT NULL THEN 'canceled' ELSE o.status END AS next
  FROM jobs j JOIN offered o ON j.job_id = o."jobId"
  WHERE j.attempt = o.attempt AND j.status = 'running'
  ORDER BY j.job_id
  FOR UPDATE OF j
),
recorded AS (
  UPDATE jobs j
  SET status = judged.next,
      message = CASE judged.next WHEN 'canceled' THEN ${CANCELED_JOB} ELSE judged.message END,
      result = CASE judged.next WHEN 'success' THEN COALESCE(judged.result, 'null') END,
      end_time = CASE WHEN judged.next <> 'created' THEN judged.moment END,
      run_at = CASE judged.next WHEN 'created' THEN judged.moment + judged.retry_in_ms * interval '1 ms' ELSE j.run_at END,
      wake_at = CASE judged.next WHEN 'created' THEN judged.moment + judged.retry_in_ms * interval '1 ms' END,
      max_attempts = j.max_attempts + CASE WHEN judged.outcome = 'throttled' AND judged.next = 'created' THEN 1 ELSE 0 END,
      progress = COALESCE((judged.progress ->> 'fraction')::float8, j.progress),
      progress_note = CASE WHEN judged.progress ->> 'fraction' IS NULL THEN j.progress_note ELSE judged.progress ->> 'note' END,
      worker = NULL,
      lease_expires_at = NULL
  FROM judged
  WHERE j.job_id = judged.job_id
  RETURNING j.job_id, j.status, j.run_at, j.end_time, CASE WHEN j.end_time IS NOT NULL THEN j.callback ->> 'job_id' END AS callback_job_id
),
ended_attempts AS (
  UPDATE job_attempts a
  SET end_time = judged.moment, outcome = judged.outcome, message = judged.message, failure = judged.failure
  FROM judged
  WHERE a.job_id = judged.job_id AND a.attempt = judged.attempt AND a.outcome IS NULL
)${alsoWritten}
SELECT json_build_object(
  'job_id', j.job_id,
  'recorded', recorded.job_id IS NOT NULL,
  'status', COALESCE(recorded.status, j.status),
  'callback_job_id', recorded.callback_job_id,
  'batch_id', CASE WHEN recorded.end_time IS NOT NULL AND j.batch_id IS NOT NULL
              AND unfinished_jobs(j.tenant, j.batch_id) <= ${NEARLY_COMPLETE} THEN j.batch_id END,
  'lifetime_ms', round(extract(epoch FROM recorded.end_time - j.create_time) * 1000),
  'in_ms', GREATEST(0, ceil(extract(epoch FROM COALESCE(recorded.run_at, j.run_at) - clock_timestamp()) * 1000)))::text
FROM offered o JOIN jobs j ON j.job_id = o."jobId" LEFT JOIN recorded USING (job_id)`,
  };
}

/**
 * `beats` (text): a JSON array of {@link Beat}. Writes the progress that was reported, and answers one row per job that
 * must stop: a client asked for it (`canceled`), or the job is no longer run by that attempt (`superseded`).
 */
export const BEAT = beat('beat');

/**
 * The same, for beats of which some have `logs`. It locks the jobs, so that parts of a beat that was slow are not written after the outcome
 * of their attempt.
 */
export const BEAT_WITH_LOGS = beat(
  'beat-with-logs',
  'running',
  `,
running AS (
  SELECT beats.*
  FROM beats JOIN jobs j USING (job_id)
  WHERE j.attempt = beats.attempt AND j.status = 'running'
  ORDER BY job_id
  FOR NO KEY UPDATE OF j
)`,
  logWrites('running'),
);

function beat(name: string, source: 'beats' | 'running' = 'beats', locks = '', alsoWritten = ''): Statement {
  return {
    name,
    sql: `
WITH beats AS (
  SELECT "jobId" AS job_id, attempt, (progress ->> 'fraction')::float8 AS fraction, progress ->> 'note' AS note, logs
  FROM json_to_recordset(:beats::json) AS b("jobId" uuid, attempt int, progress jsonb, logs json)
  LIMIT ${lengthOf('beats')}
)${locks},
written AS (
  UPDATE jobs j
  SET progress = beat.fraction, progress_note = beat.note
  FROM ${source} AS beat
  WHERE j.job_id = beat.job_id AND j.attempt = beat.attempt AND j.status = 'running' AND beat.fraction IS NOT NULL
)${alsoWritten}
SELECT json_build_object(
  'job_id', j.job_id,
  'reason', CASE WHEN j.attempt = beats.attempt AND j.status = 'running' THEN 'canceled' ELSE 'superseded' END)::text
FROM beats JOIN jobs j USING (job_id)
WHERE j.attempt <> beats.attempt OR j.status <> 'running' OR j.cancel_requested_at IS NOT NULL`,
  };
}

/**
 * Writes the log parts of attempts that run, and deletes those that are no longer kept.
 *
 * @param source the attempts, whose jobs are locked: rows with `job_id`, `attempt`, `logs` ({@link LogParts})
 */
function logWrites(source: 'judged' | 'running'): string {
  return `,
new_log_parts AS (
  INSERT INTO job_log_parts (job_id, attempt, part, lines)
  SELECT source.job_id, source.attempt, (new.part ->> 'part')::int, new.part -> 'lines'
  FROM ${source} AS source CROSS JOIN LATERAL json_array_elements(source.logs -> 'parts') AS new(part)
  ON CONFLICT (job_id, attempt, part) DO NOTHING
),
old_log_parts AS (
  DELETE FROM job_log_parts p
  USING ${source} AS source
  WHERE p.job_id = source.job_id AND p.attempt = source.attempt AND p.part < (source.logs ->> 'keepFrom')::int
)`;
}
