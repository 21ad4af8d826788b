import type { Statement } from '../data-api.ts';
import { lengthOf } from './counted-rows.ts';

/**
 * `results` (text): a JSON array of {@link AttemptResult}. A result is recorded only if its attempt still runs the job, that
 * is, if the row still has the fence that was set by the attempt's claim. (Claims by the previous release raise only the
 * attempt number.) If a client has requested a cancellation in the meantime, a job that would be retried is canceled
 * instead. Each claim must raise the attempt number, so even a throttled attempt uses up a number. To compensate, the job's
 * `max_attempts` is raised by one.
 *
 * Returns one row per job with its state after the statement. If the job ended and its batch may now be completed, the row
 * also contains the batch. One of the rows contains `woken`, a list of the parked jobs that got the slots freed by this
 * statement.
 * Idempotent: a second execution changes nothing and returns the same rows, except for `recorded` and the batch. The
 * statement calls a function, defined in migration 0032, so that PostgreSQL keeps its plan.
 */
export const RECORD_RESULTS: Statement = { name: 'record-results', sql: `SELECT record_results(:results)` };

/**
 * `beats` (text): a JSON array of {@link Beat}. Writes the reported progress, and returns one row per job that must stop,
 * either because a client canceled the job (`canceled`), or because another attempt has taken it over (`superseded`).
 */
export const BEAT = beat('beat');

/**
 * Like BEAT, for beats that include `logs`. Locks the jobs, so that a slow statement can't write log parts after the
 * attempt's outcome.
 */
export const BEAT_WITH_LOGS = beat(
  'beat-with-logs',
  'running',
  `,
running AS (
  SELECT beats.*
  FROM beats JOIN jobs j USING (job_id)
  WHERE j.attempt = beats.attempt AND j.fence = beats.fence AND j.status = 'running'
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
  SELECT "jobId" AS job_id, attempt, fence, (progress ->> 'fraction')::float8 AS fraction, progress ->> 'note' AS note, logs
  FROM json_to_recordset(:beats::json) AS b("jobId" uuid, attempt int, fence bigint, progress jsonb, logs json)
  LIMIT ${lengthOf('beats')}
)${locks},
written AS (
  UPDATE jobs j
  SET progress = beat.fraction, progress_note = beat.note
  FROM ${source} AS beat
  WHERE j.job_id = beat.job_id AND j.attempt = beat.attempt AND j.fence = beat.fence AND j.status = 'running' AND beat.fraction IS NOT NULL
)${alsoWritten}
SELECT json_build_object(
  'job_id', j.job_id,
  'reason', CASE WHEN j.attempt = beats.attempt AND j.fence = beats.fence AND j.status = 'running' THEN 'canceled' ELSE 'superseded' END)::text
FROM beats JOIN jobs j USING (job_id)
WHERE j.attempt <> beats.attempt OR j.fence <> beats.fence OR j.status <> 'running' OR j.cancel_requested_at IS NOT NULL`,
  };
}

/**
 * Writes running attempts' log parts, and deletes parts beyond the limit.
 *
 * @param source a CTE with `job_id`, `attempt` and `logs` ({@link LogParts}) of each attempt; the jobs must be locked
 */
function logWrites(source: 'running'): string {
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
