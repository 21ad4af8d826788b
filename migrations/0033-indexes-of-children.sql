-- The indexes on `jobs` of parents and children. Jobs without a parent are in none of them.

-- The children of a job.
CREATE INDEX CONCURRENTLY jobs_children ON jobs (parent_job_id, job_id) WHERE parent_job_id IS NOT NULL
--;
-- The children of a step, in the order of their items.
CREATE INDEX CONCURRENTLY jobs_children_of_step ON jobs (parent_job_id, parent_step, child_place) WHERE parent_job_id IS NOT NULL
--;
-- The children that have not ended, by step.
CREATE INDEX CONCURRENTLY jobs_open_children ON jobs (parent_job_id, parent_step)
WHERE parent_job_id IS NOT NULL AND status IN ('created', 'running')
--;
-- The jobs that are suspended until children have ended, for the sweeper.
CREATE INDEX CONCURRENTLY jobs_suspended_parents ON jobs (job_id) WHERE status = 'created' AND waits_for = 'children'
