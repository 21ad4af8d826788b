import type { Cloud } from './cloud.ts';
import { sql } from './embedded.ts';

/**
 * Compares the recorded history with the jobs and attempts, and returns one line per difference. The comparison is valid only if none of the pruned
 * jobs had ever run.
 */
export async function wrongHistory(cloud: Cloud): Promise<string[]> {
  const rows = await sql(
    cloud,
    `WITH recorded AS (
       SELECT sum(accepted + resubmitted - succeeded - failed - canceled) AS in_flight, sum(succeeded) AS succeeded,
         sum(started) AS started, sum(attempts_failed) AS failed, sum(timed_out) AS timeout, sum(lost) AS lost,
         sum(throttled) AS throttled
       FROM job_history
     ),
     present AS (
       SELECT count(*) FILTER (WHERE status IN ('created', 'running')) AS in_flight,
         count(*) FILTER (WHERE status = 'success') AS succeeded
       FROM jobs
     ),
     attempts AS (
       SELECT count(*) AS started, count(*) FILTER (WHERE outcome = 'failed') AS failed,
         count(*) FILTER (WHERE outcome = 'timeout') AS timeout, count(*) FILTER (WHERE outcome = 'lost') AS lost,
         count(*) FILTER (WHERE outcome = 'throttled') AS throttled
       FROM job_attempts
     )
     SELECT key || ' in the history: ' || value || ', in the rows: ' || (expected ->> key)
     FROM (SELECT to_jsonb(present) || to_jsonb(attempts) AS expected FROM present, attempts) AS rows,
       recorded, jsonb_each_text(to_jsonb(recorded))
     WHERE value IS DISTINCT FROM (expected ->> key)`,
  );
  return rows.map(([line = '']) => line);
}
