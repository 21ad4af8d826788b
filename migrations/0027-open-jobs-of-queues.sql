-- How many jobs wait and run in each queue, without counting them each time (docs/decisions/0079-queues-in-the-api.md).

-- Locks out writers of jobs until the open jobs are counted by queue and the triggers count every further write.
LOCK TABLE jobs IN SHARE ROW EXCLUSIVE MODE
--;
-- The queue of jobs that wait or run. Empty for ended jobs, which are not reported by queue.
ALTER TABLE job_counts ADD COLUMN queue text NOT NULL DEFAULT ''
--;
ALTER TABLE job_counts DROP CONSTRAINT job_counts_pkey
--;
ALTER TABLE job_counts ADD PRIMARY KEY (tenant, type, status, queue, slot)
--;
DELETE FROM job_counts WHERE status IN ('created', 'running')
--;
INSERT INTO job_counts (tenant, type, status, queue, slot, jobs)
SELECT tenant, type, status, queue, 0, count(*) FROM jobs WHERE status IN ('created', 'running') GROUP BY tenant, type, status, queue
--;
-- The function of migration 0005, extended by the queue of open jobs.
CREATE OR REPLACE FUNCTION count_jobs() RETURNS trigger
LANGUAGE plpgsql AS $body$
DECLARE
  own_slot CONSTANT smallint := pg_backend_pid() % 32;
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO job_counts (tenant, type, status, queue, slot, jobs)
    SELECT tenant, type, status, CASE WHEN end_time IS NULL THEN queue ELSE '' END AS open_in, own_slot, count(*) FROM after_rows
    GROUP BY tenant, type, status, open_in ORDER BY tenant, type, status, open_in
    ON CONFLICT (tenant, type, status, queue, slot) DO UPDATE SET jobs = job_counts.jobs + EXCLUDED.jobs;
  ELSIF TG_OP = 'UPDATE' THEN
    INSERT INTO job_counts (tenant, type, status, queue, slot, jobs)
    SELECT tenant, type, status, open_in, own_slot, sum(change)
    FROM (
      SELECT tenant, type, status, CASE WHEN end_time IS NULL THEN queue ELSE '' END AS open_in, 1 AS change FROM after_rows
      UNION ALL
      SELECT tenant, type, status, CASE WHEN end_time IS NULL THEN queue ELSE '' END, -1 FROM before_rows
    ) AS changes
    GROUP BY tenant, type, status, open_in HAVING sum(change) <> 0 ORDER BY tenant, type, status, open_in
    ON CONFLICT (tenant, type, status, queue, slot) DO UPDATE SET jobs = job_counts.jobs + EXCLUDED.jobs;
  ELSE
    INSERT INTO job_counts (tenant, type, status, queue, slot, jobs)
    SELECT tenant, type, status, CASE WHEN end_time IS NULL THEN queue ELSE '' END AS open_in, own_slot, -count(*) FROM before_rows
    GROUP BY tenant, type, status, open_in ORDER BY tenant, type, status, open_in
    ON CONFLICT (tenant, type, status, queue, slot) DO UPDATE SET jobs = job_counts.jobs + EXCLUDED.jobs;
  END IF;
  RETURN NULL;
END
$body$
