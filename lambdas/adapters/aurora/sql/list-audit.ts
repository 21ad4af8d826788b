import type { Statement } from '../data-api.ts';

/**
 * `tenant` (text); `before` (exclusive) and `since` (uuid), the bounds of the ids; `actor`, `action`, `job_id` (text),
 * filters or null; `scanned`, `limit` (integers). The first row is `{"scanned_to": id}`: the last scanned entry, or null if
 * there are no more entries. The other rows are the entries, newest first.
 *
 * All entries of an action are in one table, so a query for an action reads only that table: the planner knows the
 * parameters, and drops the branches with a false condition. There is no index on the actor, because such an index would
 * slow down every submission. Instead, the statement scans the newest `scanned` entries, whether or not they match the
 * filters.
 */
export const LIST_AUDIT: Statement = {
  name: 'list-audit',
  isSlow: true,
  sql: `
WITH candidates AS (
  (SELECT job_id AS entry_id, create_time, COALESCE(submitted_by, 'job:' || outcome_of) AS actor, 'job.submit' AS action,
          job_id::text AS subject
   FROM jobs
   WHERE COALESCE(:action::text, 'job.submit') = 'job.submit'
     AND tenant = :tenant AND job_id < :before::uuid AND job_id >= :since::uuid
     AND (:job_id::text IS NULL OR job_id = :job_id::uuid)
   ORDER BY job_id DESC
   LIMIT :scanned)
  UNION ALL
  (SELECT message_id AS entry_id, create_time, submitted_by, 'message.create', message_id::text AS subject
   FROM messages
   WHERE COALESCE(:action::text, 'message.create') = 'message.create' AND :job_id::text IS NULL
     AND tenant = :tenant AND message_id < :before::uuid AND message_id >= :since::uuid
   ORDER BY message_id DESC
   LIMIT :scanned)
  UNION ALL
  (SELECT entry_id, create_time, actor, action, subject
   FROM audit_entries
   WHERE COALESCE(:action::text, '') NOT IN ('job.submit', 'message.create')
     AND tenant = :tenant AND entry_id < :before::uuid AND entry_id >= :since::uuid
     -- A schedule's name may look like a job id.
     AND (:job_id::text IS NULL OR (subject = :job_id AND action LIKE 'job.%'))
   ORDER BY entry_id DESC
   LIMIT :scanned)
),
scanned AS (
  SELECT * FROM candidates ORDER BY entry_id DESC LIMIT :scanned
),
found AS (
  SELECT *
  FROM scanned
  WHERE (:actor::text IS NULL OR actor = :actor) AND (:action::text IS NULL OR action = :action)
  ORDER BY entry_id DESC
  LIMIT :limit
),
answer AS (
  SELECT 0 AS place, NULL::uuid AS entry_id, json_build_object(
    'scanned_to', (SELECT entry_id FROM scanned ORDER BY entry_id DESC OFFSET :scanned - 1 LIMIT 1)) AS document
  UNION ALL
  SELECT 1, entry_id, json_build_object(
    'entry_id', entry_id,
    'create_time', iso_8601(create_time),
    'actor', actor,
    'action', action,
    'subject', subject)
  FROM found
)
SELECT document::text FROM answer ORDER BY place, entry_id DESC`,
};
