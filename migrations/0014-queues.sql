-- Several queues, each with workers of its own (docs/decisions/0046-queues.md).

-- The queue that wakes a worker for the job. A constant default does not rewrite the table (PostgreSQL 11 and later), and the previous
-- release, which has one queue, keeps inserting without the column. Callbacks take the default too: see enqueue_callback.
ALTER TABLE jobs ADD COLUMN queue text NOT NULL DEFAULT 'default'
--;
-- The sweeper's look at single queues, and at each tenant's overdue jobs in them. Its collation is that of one statement and no other
-- index has it: the planner has no other way, whatever its statistics say. It replaces jobs_open_of_tenant, without which the
-- previous release's sweep during a backlog reads more rows, for the minutes of a deployment.
CREATE INDEX jobs_open_of_queue ON jobs (queue COLLATE "C", tenant COLLATE "C", wake_at) WHERE status IN ('created', 'running')
--;
DROP INDEX jobs_open_of_tenant
