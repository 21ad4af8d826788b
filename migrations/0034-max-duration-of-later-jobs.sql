-- The maximum duration of the jobs that schedules and batches submit.

-- Null: a day.
ALTER TABLE schedules ADD COLUMN max_duration_seconds integer CHECK (max_duration_seconds >= 1)
--;
-- As in 0024, with the maximum duration.
CREATE OR REPLACE FUNCTION submit_on_complete() RETURNS trigger
LANGUAGE plpgsql AS $body$
BEGIN
  INSERT INTO jobs
    (job_id, submission_id, tenant, type, queue, payload, max_attempts, timeout_seconds, max_duration_seconds, run_at, wake_at, callback,
     submitted_by, trace, priority, concurrency_key, concurrency_limit, rate_key, rate_limit, rate_seconds, rate_burst, tags, metadata)
  SELECT o.job_id, o.job_id, NEW.tenant, o.type, o.queue, COALESCE(o.payload, 'null'), o.max_attempts, o.timeout_seconds,
         o.max_duration_seconds,
         NEW.end_time, NEW.end_time, NULLIF(o.callback, 'null'), 'batch:' || NEW.batch_id, NULLIF(o.trace, 'null'),
         COALESCE(o.priority, 5), o.concurrency ->> 'key', (o.concurrency ->> 'limit')::int,
         o.rate_limit ->> 'key', (o.rate_limit ->> 'limit')::int, (o.rate_limit ->> 'per_seconds')::int, (o.rate_limit ->> 'burst')::int,
         o.tags, o.metadata
  FROM json_to_record(NEW.on_complete) AS o(
    job_id uuid, type text, queue text, payload json, max_attempts int, timeout_seconds int, max_duration_seconds int, callback jsonb,
    trace jsonb, priority smallint, concurrency jsonb, rate_limit jsonb, tags text[], metadata jsonb)
  ON CONFLICT (job_id) DO NOTHING;
  RETURN NULL;
END
$body$
