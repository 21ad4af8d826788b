/**
 * SQL for triggers that record every change that needs an audit entry, no matter which statement makes the change. The changes are cancellation
 * requests, signals, retries, payload replacements, webhook key rotations, pauses, and concurrency limits.
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
  `CREATE FUNCTION watch_signal() RETURNS trigger LANGUAGE plpgsql AS $$
   BEGIN
     INSERT INTO watched_changes VALUES ('job.signal', CAST(NEW.job_id AS text));
     RETURN NULL;
   END $$`,
  `CREATE TRIGGER watch_signal AFTER INSERT ON job_signals FOR EACH ROW EXECUTE FUNCTION watch_signal()`,
  `CREATE FUNCTION watch_webhook_key() RETURNS trigger LANGUAGE plpgsql AS $$
   BEGIN
     IF TG_OP = 'INSERT' OR (OLD.generation, OLD.previous_until) IS DISTINCT FROM (NEW.generation, NEW.previous_until) THEN
       INSERT INTO watched_changes VALUES ('webhook_key.rotate', CAST(NEW.generation AS text));
     END IF;
     RETURN NULL;
   END $$`,
  `CREATE FUNCTION watch_pause() RETURNS trigger LANGUAGE plpgsql AS $$
   BEGIN
     IF TG_OP = 'INSERT' THEN
       INSERT INTO watched_changes VALUES (CASE NEW.kind WHEN 'type' THEN 'job_type' ELSE NEW.kind END || '.pause', NEW.name);
     ELSE
       INSERT INTO watched_changes VALUES (CASE OLD.kind WHEN 'type' THEN 'job_type' ELSE OLD.kind END || '.resume', OLD.name);
     END IF;
     RETURN NULL;
   END $$`,
  `CREATE FUNCTION watch_limit() RETURNS trigger LANGUAGE plpgsql AS $$
   BEGIN
     IF TG_OP = 'DELETE' THEN
       INSERT INTO watched_changes VALUES ('concurrency_limit.delete', OLD.concurrency_key);
     ELSE
       INSERT INTO watched_changes VALUES ('concurrency_limit.put', NEW.concurrency_key);
     END IF;
     RETURN NULL;
   END $$`,
  `CREATE TRIGGER watch_pause AFTER INSERT OR DELETE ON pauses FOR EACH ROW EXECUTE FUNCTION watch_pause()`,
  `CREATE TRIGGER watch_limit AFTER INSERT OR UPDATE OR DELETE ON concurrency_limits FOR EACH ROW EXECUTE FUNCTION watch_limit()`,
  `CREATE TRIGGER watch_job AFTER UPDATE ON jobs FOR EACH ROW EXECUTE FUNCTION watch_job()`,
  // This trigger fires on every statement that sets the payload, even to an unchanged value.
  `CREATE TRIGGER watch_payload AFTER UPDATE OF payload ON jobs FOR EACH ROW EXECUTE FUNCTION watch_payload()`,
  `CREATE TRIGGER watch_webhook_key AFTER INSERT OR UPDATE ON webhook_keys FOR EACH ROW EXECUTE FUNCTION watch_webhook_key()`,
];

const WATCHED = [
  ...[
    'job.cancel',
    'job.signal',
    'job.retry',
    'job.replace',
    'webhook_key.rotate',
    'queue.pause',
    'queue.resume',
    'job_type.pause',
    'job_type.resume',
  ],
  ...['concurrency_limit.put', 'concurrency_limit.delete'],
];

const ENTRIES = `SELECT action, subject FROM audit_entries WHERE action IN ('${WATCHED.join("', '")}')`;

/** Pairs of actions. The second action of each pair undoes the first. */
const UNDONE_BY = [
  ['job.cancel', 'job.retry'],
  ['queue.pause', 'queue.resume'],
  ['queue.resume', 'queue.pause'],
  ['job_type.pause', 'job_type.resume'],
  ['job_type.resume', 'job_type.pause'],
  ['concurrency_limit.put', 'concurrency_limit.delete'],
  ['concurrency_limit.delete', 'concurrency_limit.put'],
];

/**
 * If a response is lost, the client retries the request. If another request has undone the change in the meantime, the retry makes the change
 * again. The request and its retry share one audit entry.
 */
const MADE_AGAIN = UNDONE_BY.map(
  ([action, undoing]) => `
  action = '${action}' AND (
    SELECT count(DISTINCT e.action) FROM audit_entries e WHERE e.subject = silent.subject AND e.action IN ('${action}', '${undoing}')) = 2`,
).join(' OR ');

/** Selects children that were canceled with their parents. The cancellation has only one audit entry, whose subject is the parent. */
const CANCELED_WITH_PARENT = `
  action = 'job.cancel' AND EXISTS (
    SELECT FROM jobs c JOIN jobs p ON p.job_id = c.parent_job_id
    WHERE CAST(c.job_id AS text) = silent.subject AND c.ends_with_parent
      AND (p.status = 'canceled' OR EXISTS (
        SELECT FROM watched_changes w WHERE w.action = 'job.cancel' AND w.subject = CAST(p.job_id AS text))))`;

/** Selects a subject and a message for each change without an audit entry, and for each audit entry without a change. */
export const UNMATCHED_CHANGES = `
  SELECT subject, action || ' has no entry in the audit' FROM (SELECT action, subject FROM watched_changes EXCEPT ALL ${ENTRIES}) AS silent
  WHERE NOT (${MADE_AGAIN}) AND NOT (${CANCELED_WITH_PARENT})
  UNION ALL
  SELECT subject, action || ' is in the audit, and nothing was changed' FROM (${ENTRIES} EXCEPT ALL SELECT action, subject FROM watched_changes) AS made_up`;
