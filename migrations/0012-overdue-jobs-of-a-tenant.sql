-- The sweeper's look at each tenant's overdue jobs during a backlog: like jobs_wake_at, only jobs that are not terminal are in it. The
-- collation is that of one statement and no other index has it: the planner has no other way, whatever its statistics say.
CREATE INDEX jobs_wake_at_of_tenant ON jobs (tenant COLLATE "C", wake_at) WHERE wake_at IS NOT NULL
