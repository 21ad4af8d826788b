-- The indexes on `jobs` of flow control, searches and batches. Each is built while jobs run: a table of some million jobs would be locked for
-- seconds otherwise.

-- The due jobs of a tenant in a queue, the most urgent first.
CREATE INDEX CONCURRENTLY jobs_due ON jobs (tenant, queue, priority, run_at) WHERE status = 'created' AND wake_at IS NOT NULL
--;
CREATE INDEX CONCURRENTLY jobs_of_key ON jobs (tenant, concurrency_key, use_of_key(status, held_by, wake_at), start_rank(priority, due_at))
WHERE concurrency_key IS NOT NULL AND status IN ('created', 'running')
--;
-- The keys with parked jobs, for the sweeper. No other index has these collations, so the planner does not walk through all open jobs instead.
CREATE INDEX CONCURRENTLY jobs_parked_of_key ON jobs (tenant COLLATE "C", concurrency_key COLLATE "C")
WHERE concurrency_key IS NOT NULL AND held_by = 'concurrency' AND status = 'created' AND wake_at IS NULL
--;
-- Held jobs, by what holds them. Those of a rate limit are in the order of their start times.
CREATE INDEX CONCURRENTLY jobs_held ON jobs (
  tenant, held_by, (CASE held_by WHEN 'rate' THEN rate_key ELSE queue END),
  (CASE held_by WHEN 'rate' THEN run_at AT TIME ZONE 'UTC' ELSE start_rank(priority, due_at) END))
WHERE held_by IS NOT NULL AND status = 'created'
--;
-- The lists by a part of the message: only jobs that failed, or were canceled, or try again have one. The collation of the tenant is that of two
-- searches, and no other index of the ids has it: the planner has no other way.
CREATE INDEX CONCURRENTLY jobs_message ON jobs (tenant COLLATE "C", job_id) WHERE message IS NOT NULL
--;
-- The lists by the time of creation.
CREATE INDEX CONCURRENTLY jobs_off_time ON jobs (tenant COLLATE "C", job_id) WHERE is_id_off_time(job_id, create_time)
--;
-- The batch's jobs in one state: its running jobs are counted, because the counters below leave out what has not ended.
CREATE INDEX CONCURRENTLY jobs_batch ON jobs (tenant, batch_id, status, job_id) WHERE batch_id IS NOT NULL
--;
-- The jobs that something holds, by what holds them, the oldest first. Jobs that flow control never held have no entry.
CREATE INDEX CONCURRENTLY jobs_held_in_queue ON jobs (tenant, queue, held_by, due_at)
WHERE status = 'created' AND (wake_at IS NULL OR held_by = 'rate')
