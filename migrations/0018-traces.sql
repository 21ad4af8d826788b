-- The trace that a job belongs to (docs/decisions/0069-traces.md): {"traceparent": …, "tracestate": …}, as W3C Trace Context writes them.
-- Null for a job without a trace, as in every row that the previous release writes. A column without a default does not rewrite the table.
ALTER TABLE jobs ADD COLUMN trace jsonb
--;
-- A callback continues the trace of the job that it reports.
CREATE OR REPLACE FUNCTION enqueue_callback() RETURNS trigger
LANGUAGE plpgsql AS $body$
BEGIN
  INSERT INTO jobs (job_id, submission_id, tenant, type, payload, max_attempts, timeout_seconds, run_at, wake_at, outcome_of, trace)
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
    NEW.end_time,
    NEW.job_id,
    NEW.trace)
  ON CONFLICT (job_id) DO NOTHING;
  RETURN NULL;
END
$body$
