-- The lists by a part of the message: only jobs that failed, or were canceled, or try again have one.
CREATE INDEX CONCURRENTLY jobs_message ON jobs (tenant, job_id) WHERE message IS NOT NULL
--;
-- The lists by the time of creation, see is_id_off_time.
CREATE INDEX CONCURRENTLY jobs_off_time ON jobs (tenant, job_id) WHERE is_id_off_time(job_id, create_time)
