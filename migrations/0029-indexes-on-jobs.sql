-- The indexes on `jobs` of flow control, searches and batches. They are built CONCURRENTLY, while jobs run: otherwise a table of
-- several million jobs would be locked for seconds.

-- The due jobs of a tenant in a queue, the most urgent first.
CREATE INDEX CONCURRENTLY jobs_due ON jobs (tenant, queue, priority, run_at) WHERE status = 'created' AND wake_at IS NOT NULL
--;
CREATE INDEX CONCURRENTLY jobs_of_key ON jobs (tenant, concurrency_key, use_of_key(status, held_by, wake_at), start_rank(priority, due_at))
WHERE concurrency_key IS NOT NULL AND status IN ('created', 'running')
--;
-- The keys with parked jobs, for the sweeper. No other index has these collations, so the planner can't scan all open jobs instead.
CREATE INDEX CONCURRENTLY jobs_parked_of_key ON jobs (tenant COLLATE "C", concurrency_key COLLATE "C")
WHERE concurrency_key IS NOT NULL AND held_by = 'concurrency' AND status = 'created' AND wake_at IS NULL
--;
-- Held jobs, by reason. Jobs of a rate limit are in the order of their start times.
CREATE INDEX CONCURRENTLY jobs_held ON jobs (
  tenant, held_by, (CASE held_by WHEN 'rate' THEN rate_key ELSE queue END),
  (CASE held_by WHEN 'rate' THEN run_at AT TIME ZONE 'UTC' ELSE start_rank(priority, due_at) END))
WHERE held_by IS NOT NULL AND status = 'created'
--;
-- For lists filtered by message: only jobs that failed, were canceled or will be retried have a message. Of the indexes on
-- ids, only this and the next have this collation of the tenant, so the planner can't choose another index for these two searches.
CREATE INDEX CONCURRENTLY jobs_message ON jobs (tenant COLLATE "C", job_id) WHERE message IS NOT NULL
--;
-- For lists filtered by the time of creation.
CREATE INDEX CONCURRENTLY jobs_off_time ON jobs (tenant COLLATE "C", job_id) WHERE is_id_off_time(job_id, create_time)
--;
-- The jobs of a batch by state. It finds the running jobs, because the batch's counters count only ended jobs.
CREATE INDEX CONCURRENTLY jobs_batch ON jobs (tenant, batch_id, status, job_id) WHERE batch_id IS NOT NULL
--;
-- Held jobs by queue and reason, the oldest first. Jobs that flow control never held have no entry.
CREATE INDEX CONCURRENTLY jobs_held_in_queue ON jobs (tenant, queue, held_by, due_at)
WHERE status = 'created' AND (wake_at IS NULL OR held_by = 'rate')
