import { MOST_COUNTED } from '../../../job/flow/concurrency-keys.ts';
import { HOLDS, type Hold } from '../../../job/flow/queue-report.ts';
import type { Statement } from '../data-api.ts';

/**
 * The condition for held jobs, which is identical to the predicate of the index jobs_held_in_queue. A job that was woken to
 * take a free slot is no longer held.
 */
const HELD = `status = 'created' AND (wake_at IS NULL OR held_by = 'rate')`;

/** Returns SQL for the number of jobs in a queue that are held for this reason. */
function countHeldBy(reason: Hold): string {
  return `'${reason}', (
        SELECT count(*)
        FROM (
          SELECT FROM jobs j
          WHERE j.tenant = :tenant AND j.queue = counted.queue AND j.held_by = '${reason}' AND ${HELD}
          LIMIT ${MOST_COUNTED}
        ) AS of_reason)`;
}

/**
 * `tenant` (text). Returns one row with the tenant's pauses, and, for each queue with open jobs, the counts and the oldest
 * waiting job. The counts come from the few rows in `job_counts`; held jobs are counted in an index. The oldest waiting job
 * is found through two indexes: one gives the first job of each priority, the other the first job held for each reason.
 */
export const REPORT_QUEUES: Statement = {
  name: 'report-queues',
  isSlow: true,
  sql: `
WITH counted AS MATERIALIZED (
  SELECT queue,
    COALESCE(sum(jobs) FILTER (WHERE status = 'created'), 0)::bigint AS waiting,
    COALESCE(sum(jobs) FILTER (WHERE status = 'running'), 0)::bigint AS running
  FROM job_counts
  WHERE tenant = :tenant AND status IN ('created', 'running')
  GROUP BY queue
  HAVING sum(jobs) > 0
)
SELECT json_build_object(
  'queues', (
    SELECT COALESCE(json_agg(json_build_object(
      'queue', queue,
      'waiting', waiting,
      'running', running,
      'held', json_build_object(${HOLDS.map(countHeldBy).join(', ')}),
      'oldest_waiting', (
        SELECT json_build_object(
          'job_id', job_id,
          'type', type,
          'due_at', iso_8601(due_at),
          'age_seconds', round(extract(epoch FROM now() - due_at), 3),
          'held_by', held_by)
        FROM (
          SELECT head.*
          FROM generate_series(0, 9) AS level, LATERAL (
            SELECT job_id, type, COALESCE(due_at, run_at) AS due_at, NULL AS held_by
            FROM jobs j
            WHERE j.tenant = :tenant AND j.queue = counted.queue AND j.priority = level AND j.status = 'created' AND j.wake_at IS NOT NULL
              AND j.run_at <= now()
            ORDER BY j.run_at
            LIMIT 1
          ) AS head
          UNION ALL
          SELECT head.*
          FROM unnest(ARRAY['${HOLDS.join("', '")}']) AS reason, LATERAL (
            SELECT job_id, type, due_at, held_by
            FROM jobs j
            WHERE j.tenant = :tenant AND j.queue = counted.queue AND j.held_by = reason AND ${HELD}
            ORDER BY j.due_at
            LIMIT 1
          ) AS head
        ) AS heads
        ORDER BY due_at
        LIMIT 1)
    ) ORDER BY queue), '[]')
    FROM counted),
  'pauses', (
    SELECT COALESCE(json_agg(json_build_object(
      'kind', kind, 'name', name, 'paused_at', iso_8601(create_time), 'paused_by', created_by) ORDER BY kind, name), '[]')
    FROM pauses
    WHERE tenant = :tenant))::text`,
};
