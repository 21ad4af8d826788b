-- Replaces the index of migration 0012, which the planner passed over for jobs_wake_at where it expected few overdue jobs: both hold
-- the rows with a wake_at. These are the jobs that are created or running, which only this index asks for.
DROP INDEX jobs_wake_at_of_tenant
--;
CREATE INDEX jobs_open_of_tenant ON jobs (tenant COLLATE "C", wake_at) WHERE status IN ('created', 'running')
