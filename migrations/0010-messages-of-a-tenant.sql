-- A run of send_messages takes the messages of its own tenant (docs/messages.md).

-- The take's: a tenant's oldest first. The collation is that of one statement and no other index has it: the planner has no other
-- way, whatever its statistics say. The previous release takes by messages_due; a later migration drops that index.
CREATE INDEX messages_due_of_tenant ON messages (tenant COLLATE "C", message_id) INCLUDE (due_at) WHERE due_at IS NOT NULL
--;
-- Until now the schedule of the tenant `default` sent the messages of all. Each tenant that has messages gets the same schedule, and
-- like the first one (migration 0006) it is stopped until somebody starts it.
WITH next AS (
  SELECT tenant, nextval('schedule_revisions') AS revision
  FROM (SELECT DISTINCT tenant FROM messages) AS senders
)
INSERT INTO schedules (tenant, name, rate, state, type, payload, max_attempts, timeout_seconds, revision, placed_revision)
SELECT tenant, 'send-messages', '2 minutes', 'stopped', 'send_messages', '{}', 2, 46, revision, revision
FROM next
-- `default` has one, or somebody deleted it.
WHERE tenant <> 'default'
ON CONFLICT (tenant, name) DO NOTHING
