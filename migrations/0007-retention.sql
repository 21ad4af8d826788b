-- What pruning needs (docs/decisions/0016-retention.md), and one list that had no index of its own.

-- Pruning's: the oldest end first.
CREATE INDEX jobs_end_time ON jobs (end_time) WHERE end_time IS NOT NULL
--;
CREATE INDEX messages_end_time ON messages (end_time) WHERE end_time IS NOT NULL
--;
-- The list by type and status: with one of the two alone, all jobs of that one may have to be read to find a few of both.
CREATE INDEX jobs_type_status ON jobs (tenant, type, status, job_id)
--;
-- How the last job ended, once it is pruned. Until then the job itself says so.
ALTER TABLE schedules ADD COLUMN last_outcome text
--;
-- Which schedule has a job as its last one.
CREATE INDEX schedules_last_job ON schedules (last_job_id) WHERE last_job_id IS NOT NULL
