-- The priority and limits of the jobs that a schedule submits: {priority, concurrency, rate_limit}, as a submission has them. Null for
-- priority 5 and no limits.
ALTER TABLE schedules ADD COLUMN flow jsonb
