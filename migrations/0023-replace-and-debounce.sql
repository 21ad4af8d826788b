-- Submissions that replace a job which has not started (docs/decisions/0076-replace-and-debounce.md).

-- Whether the job's dedup window ends when the job starts. A constant default does not rewrite the table, and the previous release
-- keeps inserting without the column.
ALTER TABLE jobs ADD COLUMN debounced boolean NOT NULL DEFAULT false
--;
-- Whether a submission has replaced a job: its audit entry has the submission's id. A query in a volatile function has its own snapshot, so
-- after waiting for the job's lock it sees the other transaction's writes.
CREATE FUNCTION has_replaced(of_tenant text, replacement_id uuid) RETURNS boolean
LANGUAGE plpgsql AS $body$
BEGIN
  RETURN EXISTS (SELECT FROM audit_entries WHERE tenant = of_tenant AND entry_id = replacement_id);
END
$body$
