WITH 
locked AS (
  SELECT j.*
  FROM jobs j JOIN (
    SELECT value::uuid AS id FROM json_array_elements_text(:job_ids::json) LIMIT json_array_length(:job_ids::json)
  ) AS wanted ON j.job_id = wanted.id
  ORDER BY j.job_id
  FOR UPDATE OF j
),
judged AS (
  SELECT *, clock_timestamp() AS moment,
    CASE
      WHEN status IN ('success', 'failed', 'canceled') THEN 'finished'
      WHEN status = 'created' AND run_at > clock_timestamp() THEN 'waiting'
      WHEN status = 'created' THEN 'claim'
      WHEN lease_expires_at > clock_timestamp() AND worker = :worker THEN 'held'
      WHEN lease_expires_at > clock_timestamp() THEN 'leased'
      WHEN cancel_requested_at IS NOT NULL THEN 'cancel'
      WHEN attempt >= max_attempts THEN 'lose'
      ELSE 'reclaim'
    END AS verdict
  FROM locked
),
claimed AS (
  UPDATE jobs j
  SET status = 'running',
      attempt = j.attempt + 1,
      worker = :worker,
      start_time = COALESCE(j.start_time, judged.moment),
      progress = NULL, progress_note = NULL,
      end_time = NULL,
      lease_expires_at = judged.moment + :lease_ms * interval '1 ms',
      wake_at = judged.moment + :lease_ms * interval '1 ms'
  FROM judged
  WHERE j.job_id = judged.job_id AND judged.verdict IN ('claim', 'reclaim')
  RETURNING j.job_id, j.attempt, judged.moment
),
ended AS (
  UPDATE jobs j
  SET status = CASE judged.verdict WHEN 'cancel' THEN 'canceled' ELSE 'failed' END,
      message = CASE judged.verdict WHEN 'cancel' THEN 'canceled by request'
                ELSE format('The worker stopped without an answer on attempt %s of %s.', j.attempt, j.max_attempts) END,
      end_time = judged.moment, worker = NULL, lease_expires_at = NULL, wake_at = NULL
  FROM judged
  WHERE j.job_id = judged.job_id AND judged.verdict IN ('cancel', 'lose')
  RETURNING j.job_id, j.callback ->> 'job_id' AS callback_job_id
),
lost_attempts AS (
  UPDATE job_attempts a
  SET end_time = judged.moment, outcome = 'lost', message = 'The worker stopped without an answer.'
  FROM judged
  WHERE a.job_id = judged.job_id AND a.attempt = judged.attempt AND a.outcome IS NULL
    AND judged.verdict IN ('reclaim', 'cancel', 'lose')
),
new_attempts AS (
  INSERT INTO job_attempts (job_id, attempt, worker, start_time)
  SELECT job_id, attempt, :worker, moment FROM claimed
),
answers AS (
  SELECT judged.*, COALESCE(claimed.attempt, judged.attempt) AS current_attempt,
    judged.verdict IN ('claim', 'reclaim', 'held') AS is_ours,
    ended.callback_job_id,
    sum(judged.payload_bytes) FILTER (WHERE judged.payload_bytes <= 24576)
      OVER (ORDER BY judged.job_id) AS answer_bytes
  FROM judged LEFT JOIN claimed USING (job_id) LEFT JOIN ended USING (job_id)
)
SELECT json_build_object(
  'job_id', job_id,
  'verdict', CASE WHEN is_ours THEN 'claimed' WHEN verdict IN ('cancel', 'lose') THEN 'finished' ELSE verdict END,
  'in_ms', CASE verdict
    WHEN 'waiting' THEN ceil(extract(epoch FROM run_at - clock_timestamp()) * 1000)
    WHEN 'leased' THEN ceil(extract(epoch FROM lease_expires_at - clock_timestamp()) * 1000)
  END,
  'waited_ms', CASE verdict WHEN 'claim' THEN GREATEST(0, round(extract(epoch FROM moment - run_at) * 1000)) END,
  'lost', CASE WHEN verdict IN ('reclaim', 'cancel', 'lose') THEN json_build_object(
    'attempt', attempt, 'status', CASE verdict WHEN 'cancel' THEN 'canceled' WHEN 'lose' THEN 'failed' ELSE 'running' END) END,
  'tenant', tenant,
  'type', type,
  'callback_job_id', callback_job_id,
  'attempt', current_attempt,
  'max_attempts', max_attempts,
  'timeout_seconds', timeout_seconds,
  'trace', trace,
  'signing', CASE WHEN is_ours AND type = 'webhook' THEN json_build_object(
    'kind', CASE WHEN outcome_of IS NULL THEN 'webhook' ELSE 'callback' END,
    'generations', COALESCE(
      (SELECT CASE WHEN k.previous_until > clock_timestamp() THEN json_build_array(k.generation, k.generation - 1)
              ELSE json_build_array(k.generation) END
       FROM webhook_keys k WHERE k.tenant = answers.tenant),
      '[1]')) END,
  'payload_in_parts', payload_bytes > 24576 OR answer_bytes > 393216,
  'payload', CASE WHEN is_ours AND payload_bytes <= 24576 AND answer_bytes <= 393216 THEN payload END)::text
FROM answers
