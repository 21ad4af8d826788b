-- The collation of the tenant is that of two searches, and no other index of the ids has it: the planner has no other way.

-- The lists by a part of the message: only jobs that failed, or were canceled, or try again have one.
CREATE INDEX CONCURRENTLY jobs_message ON jobs (tenant COLLATE "C", job_id) WHERE message IS NOT NULL
--;
-- The lists by the time of creation, see is_id_off_time.
CREATE INDEX CONCURRENTLY jobs_off_time ON jobs (tenant COLLATE "C", job_id) WHERE is_id_off_time(job_id, create_time)
