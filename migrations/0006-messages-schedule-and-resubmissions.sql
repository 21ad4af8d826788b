-- Two things: the request that last gave a job another run, and the schedule that sends messages.

-- Tells the repetition of a resubmission whose answer was lost from another one.
ALTER TABLE jobs ADD COLUMN resubmission_id uuid
--;
-- There from the start, and stopped until somebody starts it. The tenant and the attempts are the API's own. A run
-- has the default of JOB_TIMEOUT, or what the deployment has if that is shorter.
WITH next AS (
  SELECT nextval('schedule_revisions') AS revision
)
INSERT INTO schedules (tenant, name, rate, state, type, payload, max_attempts, timeout_seconds, revision, placed_revision)
-- A stopped schedule has no place in EventBridge Scheduler: that is as it should be already.
SELECT 'default', 'send-messages', '2 minutes', 'stopped', 'send_messages', '{}', 2, 46, revision, revision
FROM next
-- Somebody may have made one of this name.
ON CONFLICT (tenant, name) DO NOTHING
