-- What proves whose webhook a request is, and of what kind (docs/decisions/0035-webhook-keys.md).

-- Each tenant's webhooks are signed with a key that is derived from its tenant and generation. A tenant without a row is in
-- generation 1.
CREATE TABLE webhook_keys (
  tenant         text PRIMARY KEY,
  generation     integer NOT NULL CHECK (generation >= 2),
  rotate_time    timestamptz NOT NULL,
  -- Until then the key of the generation before signs too.
  previous_until timestamptz NOT NULL
)
--;
-- The job whose outcome this one tells. Only the trigger below writes it: no submission can claim to be a callback.
ALTER TABLE jobs ADD COLUMN outcome_of uuid
--;
CREATE OR REPLACE FUNCTION enqueue_callback() RETURNS trigger
LANGUAGE plpgsql AS $body$
BEGIN
  INSERT INTO jobs (job_id, submission_id, tenant, type, payload, max_attempts, timeout_seconds, run_at, wake_at, outcome_of)
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
    NEW.job_id)
  ON CONFLICT (job_id) DO NOTHING;
  RETURN NULL;
END
$body$
--;
-- The callbacks that the previous version has enqueued and that may still be sent. Their ids were the server's choice. A job that
-- was retried since names its next callback instead, so an earlier one of its callbacks stays an ordinary webhook.
UPDATE jobs told
SET outcome_of = ended.job_id
FROM jobs ended
WHERE ended.callback IS NOT NULL AND ended.end_time IS NOT NULL
  AND told.job_id::text = ended.callback ->> 'job_id'
  AND told.tenant = ended.tenant AND told.type = 'webhook' AND told.status <> 'success'
