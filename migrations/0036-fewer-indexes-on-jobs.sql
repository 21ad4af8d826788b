-- Fewer and narrower indexes on `jobs` (docs/decisions/0099-what-a-job-costs-the-database.md). Each status change writes an entry in every index, because
-- the status is in some of them.

-- A filter by object reads the rows, and examines a limited number of them. Without the status, a status change leaves the key as it was, and PostgreSQL
-- deletes the entries of dead row versions before it splits a page.
CREATE INDEX CONCURRENTLY jobs_of_object ON jobs (tenant, object_id, job_id) WHERE object_id IS NOT NULL
--;
DROP INDEX CONCURRENTLY jobs_object_id
--;
-- Lists without a status read jobs_status or jobs_type_status once for each status.
DROP INDEX CONCURRENTLY jobs_tenant
--;
DROP INDEX CONCURRENTLY jobs_type
