import type { Statement } from '../data-api.ts';

/**
 * `tenant` (text). Returns one row with the counts by type and status, and the job that has been waiting the longest.
 * Only a few rows are read: the counts come from summary rows, and the longest-waiting job is the first entry in an
 * index. Jobs are ordered by
 * `run_at`, because the sweeper postpones `wake_at`.
 */
export const COUNT_JOBS: Statement = {
  name: 'count-jobs',
  isSlow: true,
  sql: `
SELECT json_build_object(
  'counts', (
    SELECT COALESCE(json_agg(json_build_object('type', type, 'status', status, 'jobs', jobs)), '[]')
    FROM (
      SELECT type, status, sum(jobs)::bigint AS jobs
      FROM job_counts
      WHERE tenant = :tenant
      GROUP BY type, status
      HAVING sum(jobs) <> 0
      ORDER BY type, status
    ) AS sums),
  'oldest_waiting', (
    SELECT json_build_object(
      'job_id', job_id,
      'type', type,
      'run_at', iso_8601(run_at),
      'age_seconds', round(extract(epoch FROM now() - run_at), 3))
    FROM jobs
    WHERE tenant = :tenant AND status = 'created' AND run_at <= now()
    ORDER BY run_at
    LIMIT 1))::text`,
};

/** Succeeds whenever the database responds. */
export const PING: Statement = { name: 'ping', sql: `SELECT 'true'` };
