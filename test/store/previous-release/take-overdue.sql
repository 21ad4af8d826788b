WITH overdue AS (
  SELECT job_id
  FROM jobs
  WHERE wake_at < now() - :after_seconds * interval '1 second'
  ORDER BY wake_at
  LIMIT :limit
  FOR UPDATE SKIP LOCKED
),
taken AS (
  UPDATE jobs j SET wake_at = now() FROM overdue WHERE j.job_id = overdue.job_id RETURNING j.job_id, j.tenant, j.queue
)
SELECT json_build_object(
  'jobs', (
    SELECT COALESCE(json_object_agg(queue, jobs), '{}')
    FROM (SELECT queue, json_agg(json_build_array(job_id, tenant)) AS jobs FROM taken GROUP BY queue) AS of_queues),
  'next_in_ms', (SELECT ceil(extract(epoch FROM min(wake_at) - now()) * 1000) FROM jobs WHERE wake_at IS NOT NULL))::text
