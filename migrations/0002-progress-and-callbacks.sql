-- What a running attempt reports of itself, and whom to tell when the job has ended.

ALTER TABLE jobs
  ADD COLUMN progress double precision CHECK (progress BETWEEN 0 AND 1),
  ADD COLUMN progress_note text,
  -- The job that tells the outcome, prepared by the submission: {"job_id", "url", "max_attempts", "timeout_seconds"}.
  ADD COLUMN callback jsonb
--;
-- Enqueues the job that tells the outcome, in the statement that records it, whichever that is: no crash can come between.
CREATE FUNCTION enqueue_callback() RETURNS trigger
LANGUAGE plpgsql AS $body$
BEGIN
  INSERT INTO jobs (job_id, submission_id, tenant, type, payload, max_attempts, timeout_seconds, run_at, wake_at)
  VALUES (
    CAST(NEW.callback ->> 'job_id' AS uuid),
    CAST(NEW.callback ->> 'job_id' AS uuid),
    NEW.tenant,
    'webhook',
    json_build_object(
      'url', NEW.callback ->> 'url',
      'body', json_build_object(
        'job_id', NEW.job_id,
        'object_id', NEW.object_id,
        'type', NEW.type,
        'status', NEW.status,
        'attempt', NEW.attempt,
        'message', NEW.message,
        'result', NEW.result,
        'create_time', iso_8601(NEW.create_time),
        'start_time', iso_8601(NEW.start_time),
        'end_time', iso_8601(NEW.end_time))),
    CAST(NEW.callback ->> 'max_attempts' AS integer),
    CAST(NEW.callback ->> 'timeout_seconds' AS integer),
    NEW.end_time,
    NEW.end_time)
  ON CONFLICT (job_id) DO NOTHING;
  RETURN NULL;
END
$body$
--;
CREATE TRIGGER enqueue_callback
AFTER UPDATE OF status ON jobs
FOR EACH ROW
WHEN (NEW.callback IS NOT NULL AND NEW.end_time IS NOT NULL AND OLD.end_time IS NULL)
EXECUTE FUNCTION enqueue_callback()
