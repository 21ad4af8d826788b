/**
 * SQL that notes every change that the audit must have an entry for, in the database itself and past the statements that are under test:
 * requests to cancel a job, retries, replacements of a payload, and rotations of a webhook key.
 */
export const WATCH_CHANGES = [
  `CREATE TABLE watched_changes (action text NOT NULL, subject text NOT NULL)`,
  `CREATE FUNCTION watch_job() RETURNS trigger LANGUAGE plpgsql AS $$
   BEGIN
     IF OLD.cancel_requested_at IS NULL AND NEW.cancel_requested_at IS NOT NULL THEN
       INSERT INTO watched_changes VALUES ('job.cancel', CAST(NEW.job_id AS text));
     END IF;
     IF OLD.resubmission_id IS DISTINCT FROM NEW.resubmission_id THEN
       INSERT INTO watched_changes VALUES ('job.retry', CAST(NEW.job_id AS text));
     END IF;
     RETURN NULL;
   END $$`,
  `CREATE FUNCTION watch_payload() RETURNS trigger LANGUAGE plpgsql AS $$
   BEGIN
     INSERT INTO watched_changes VALUES ('job.replace', CAST(NEW.job_id AS text));
     RETURN NULL;
   END $$`,
  `CREATE FUNCTION watch_webhook_key() RETURNS trigger LANGUAGE plpgsql AS $$
   BEGIN
     IF TG_OP = 'INSERT' OR (OLD.generation, OLD.previous_until) IS DISTINCT FROM (NEW.generation, NEW.previous_until) THEN
       INSERT INTO watched_changes VALUES ('webhook_key.rotate', CAST(NEW.generation AS text));
     END IF;
     RETURN NULL;
   END $$`,
  `CREATE TRIGGER watch_job AFTER UPDATE ON jobs FOR EACH ROW EXECUTE FUNCTION watch_job()`,
  // For every statement that sets the payload, even to the same value.
  `CREATE TRIGGER watch_payload AFTER UPDATE OF payload ON jobs FOR EACH ROW EXECUTE FUNCTION watch_payload()`,
  `CREATE TRIGGER watch_webhook_key AFTER INSERT OR UPDATE ON webhook_keys FOR EACH ROW EXECUTE FUNCTION watch_webhook_key()`,
];

const ENTRIES = `SELECT action, subject FROM audit_entries WHERE action IN ('job.cancel', 'job.retry', 'job.replace', 'webhook_key.rotate')`;

/** Rows of a subject and a sentence: the changes without an entry, and the entries without a change. */
export const UNMATCHED_CHANGES = `
  SELECT subject, action || ' has no entry in the audit' FROM (SELECT action, subject FROM watched_changes EXCEPT ALL ${ENTRIES}) AS silent
  UNION ALL
  SELECT subject, action || ' is in the audit, and nothing was changed' FROM (${ENTRIES} EXCEPT ALL SELECT action, subject FROM watched_changes) AS made_up`;
