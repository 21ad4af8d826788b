-- Who changed what (docs/decisions/0071-audit.md).

-- The caller, job or schedule that submitted the job. A submission has no row in audit_entries, so it costs no second insert. Null for
-- jobs of earlier releases and for AUTH=none; a callback names its job in outcome_of.
ALTER TABLE jobs ADD COLUMN submitted_by text
--;
ALTER TABLE messages ADD COLUMN submitted_by text
--;
-- Every other change. Rows are never updated.
CREATE TABLE audit_entries (
  tenant      text NOT NULL,
  -- A UUIDv7, so that the newest entries are found in the order of the key, as jobs and messages are.
  entry_id    uuid NOT NULL,
  create_time timestamptz NOT NULL DEFAULT now(),
  -- Null for AUTH=none.
  actor       text,
  action      text NOT NULL,
  -- The id of the job, the name of the schedule, or the generation of the webhook key.
  subject     text NOT NULL,
  PRIMARY KEY (tenant, entry_id)
)
--;
-- The list of one job's entries.
CREATE INDEX audit_entries_subject ON audit_entries (tenant, subject, entry_id)
--;
-- For pruning: the oldest entry first.
CREATE INDEX audit_entries_create_time ON audit_entries (create_time)
