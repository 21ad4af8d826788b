-- What pruning needs (docs/decisions/0016-retention.md), and lists that stay quick on a million jobs.

-- Pruning's: the oldest end first.
CREATE INDEX jobs_end_time ON jobs (end_time) WHERE end_time IS NOT NULL
--;
CREATE INDEX messages_end_time ON messages (end_time) WHERE end_time IS NOT NULL
--;
-- How the last job ended, once it is pruned. Until then the job itself says so.
ALTER TABLE schedules ADD COLUMN last_outcome text
--;
-- Which schedule has a job as its last one.
CREATE INDEX schedules_last_job ON schedules (last_job_id) WHERE last_job_id IS NOT NULL
--;
-- The list by type and status: with one of the two alone, all jobs of that one may have to be read to find a few of both.
CREATE INDEX jobs_type_status ON jobs (tenant, type, status, job_id)
--;
-- What stands behind the id is not for the order: a filter is judged in the index, and no row is read that does not pass.
DROP INDEX jobs_object_id
--;
CREATE INDEX jobs_object_id ON jobs (tenant, object_id, job_id, status, type) WHERE object_id IS NOT NULL
--;
-- A plan that fits any parameters takes each type for as frequent as the others, and looks for jobs of a rare one among all.
-- To plan each time costs about a millisecond.
DO $body$
BEGIN
  EXECUTE format('ALTER DATABASE %I SET plan_cache_mode = force_custom_plan', current_database());
END
$body$
