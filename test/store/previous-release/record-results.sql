WITH offered AS (
  SELECT *
  FROM json_to_recordset(:results::json) AS o(
    "jobId" uuid, attempt int, status text, outcome text, message text, result json, progress jsonb, "retryInMs" int, failure json, logs json)
  LIMIT json_array_length(:results::json)
),
judged AS (
  SELECT j.job_id, clock_timestamp() AS moment, o.attempt, o.message, o.result, o.progress, o."retryInMs" AS retry_in_ms, o.outcome, o.failure, o.logs,
    CASE WHEN o.status = 'created' AND j.cancel_requested_at IS NOT NULL THEN 'canceled' ELSE o.status END AS next
  FROM jobs j JOIN offered o ON j.job_id = o."jobId"
  WHERE j.attempt = o.attempt AND j.status = 'running'
  ORDER BY j.job_id
  FOR UPDATE OF j
),
recorded AS (
  UPDATE jobs j
  SET status = judged.next,
      message = CASE judged.next WHEN 'canceled' THEN 'canceled by request' ELSE judged.message END,
      result = CASE judged.next WHEN 'success' THEN COALESCE(judged.result, 'null') END,
      end_time = CASE WHEN judged.next <> 'created' THEN judged.moment END,
      run_at = CASE judged.next WHEN 'created' THEN judged.moment + judged.retry_in_ms * interval '1 ms' ELSE j.run_at END,
      wake_at = CASE judged.next WHEN 'created' THEN judged.moment + judged.retry_in_ms * interval '1 ms' END,
      max_attempts = j.max_attempts + CASE WHEN judged.outcome = 'throttled' AND judged.next = 'created' THEN 1 ELSE 0 END,
      progress = COALESCE((judged.progress ->> 'fraction')::float8, j.progress),
      progress_note = CASE WHEN judged.progress ->> 'fraction' IS NULL THEN j.progress_note ELSE judged.progress ->> 'note' END,
      worker = NULL,
      lease_expires_at = NULL
  FROM judged
  WHERE j.job_id = judged.job_id
  RETURNING j.job_id, j.status, j.run_at, j.end_time, CASE WHEN j.end_time IS NOT NULL THEN j.callback ->> 'job_id' END AS callback_job_id
),
ended_attempts AS (
  UPDATE job_attempts a
  SET end_time = judged.moment, outcome = judged.outcome, message = judged.message, failure = judged.failure
  FROM judged
  WHERE a.job_id = judged.job_id AND a.attempt = judged.attempt AND a.outcome IS NULL
)
SELECT json_build_object(
  'job_id', j.job_id,
  'recorded', recorded.job_id IS NOT NULL,
  'status', COALESCE(recorded.status, j.status),
  'callback_job_id', recorded.callback_job_id,
  'lifetime_ms', round(extract(epoch FROM recorded.end_time - j.create_time) * 1000),
  'in_ms', GREATEST(0, ceil(extract(epoch FROM COALESCE(recorded.run_at, j.run_at) - clock_timestamp()) * 1000)))::text
FROM offered o JOIN jobs j ON j.job_id = o."jobId" LEFT JOIN recorded USING (job_id)
