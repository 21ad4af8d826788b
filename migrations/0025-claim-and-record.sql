-- The worker's two statements, with all job columns of the previous migrations.

-- Claims jobs for a worker: the statement of lambdas/adapters/aurora/sql/claim-jobs.ts, which describes it. It is a function because
-- PostgreSQL keeps a function's plans for a session, and planning this statement takes longer than running it. Payloads of up to 24 KB are in the
-- result, at most 384 KB in total, which is far below the Data API's 1 MiB. The worker reads larger payloads separately.
CREATE FUNCTION claim_jobs(wanted_jobs text, by_worker text, for_ms integer) RETURNS SETOF text
LANGUAGE plpgsql
SET plan_cache_mode TO force_generic_plan
SET enable_seqscan TO off
AS $body$
#variable_conflict use_column
BEGIN
  RETURN QUERY
    WITH 
    locked AS (
      SELECT j.*
      FROM jobs j JOIN (
        SELECT value::uuid AS id FROM json_array_elements_text(wanted_jobs::json) LIMIT json_array_length(wanted_jobs::json)
      ) AS wanted ON j.job_id = wanted.id
      ORDER BY j.job_id
      FOR UPDATE OF j
    ),
    judged AS (
      SELECT *, clock_timestamp() AS moment,
        CASE
          WHEN status IN ('success', 'failed', 'canceled') THEN 'finished'
          -- The job is parked, but a message arrived: the job may be able to start now.
          WHEN status = 'created' AND wake_at IS NULL THEN 'claim'
          WHEN status = 'created' AND run_at > clock_timestamp() THEN 'waiting'
          WHEN status = 'created' THEN 'claim'
          WHEN lease_expires_at > clock_timestamp() AND worker = by_worker THEN 'held'
          WHEN lease_expires_at > clock_timestamp() THEN 'leased'
          WHEN cancel_requested_at IS NOT NULL THEN 'cancel'
          WHEN attempt >= max_attempts THEN 'lose'
          ELSE 'reclaim'
        END AS verdict
      FROM locked
    ),
    ended AS (
      UPDATE jobs j
      SET status = CASE judged.verdict WHEN 'cancel' THEN 'canceled' ELSE 'failed' END,
          message = CASE judged.verdict WHEN 'cancel' THEN 'canceled by request'
                    ELSE format('The worker stopped without an answer on attempt %s of %s.', j.attempt, j.max_attempts) END,
          end_time = judged.moment, worker = NULL, lease_expires_at = NULL, wake_at = NULL
      FROM judged
      WHERE j.job_id = judged.job_id AND judged.verdict IN ('cancel', 'lose')
      RETURNING j.job_id, j.concurrency_key, j.callback ->> 'job_id' AS callback_job_id
    ),
    flow AS MATERIALIZED (
      SELECT start.*
      FROM (
        SELECT array_agg(job_id) FILTER (WHERE verdict IN ('claim', 'reclaim')) AS ids,
          (SELECT array_agg(job_id) FROM ended WHERE concurrency_key IS NOT NULL) AS freed,
          array_agg(yielded_to) FILTER (WHERE yielded_to IS NOT NULL AND yielded_to NOT IN (SELECT job_id FROM judged)) AS yielded
        FROM judged
      ) AS offered CROSS JOIN LATERAL start_jobs(offered.ids, offered.freed, offered.yielded, by_worker) AS start
    ),
    urgent AS (
      SELECT u.*, clock_timestamp() AS moment, 'claim' AS verdict
      FROM flow JOIN jobs u ON u.job_id = flow.other_id
      WHERE flow.flow_verdict = 'yielded'
      FOR UPDATE OF u
    ),
    held_urgent AS (
      SELECT u.*, clock_timestamp() AS moment, 'held' AS verdict
      FROM flow CROSS JOIN LATERAL current_job(flow.other_id) AS u
      WHERE flow.flow_verdict = 'held'
    ),
    decided AS (
      SELECT judged.*, flow.flow_verdict, flow.start_at FROM judged LEFT JOIN flow ON flow.own_id = judged.job_id
      UNION ALL
      SELECT urgent.*, NULL, NULL FROM urgent
      UNION ALL
      SELECT held_urgent.*, NULL, NULL FROM held_urgent
    ),
    claimed AS (
      UPDATE jobs j
      SET status = 'running',
          attempt = j.attempt + 1,
          fence = j.fence + 1,
          worker = by_worker,
          start_time = COALESCE(j.start_time, decided.moment),
          run_at = CASE WHEN decided.wake_at IS NULL THEN decided.due_at ELSE decided.run_at END,
          held_by = NULL, due_at = NULL,
          progress = NULL, progress_note = NULL,
          end_time = NULL,
          lease_expires_at = decided.moment + for_ms * interval '1 ms',
          wake_at = decided.moment + for_ms * interval '1 ms'
      FROM decided
      WHERE j.job_id = decided.job_id AND decided.verdict IN ('claim', 'reclaim') AND decided.flow_verdict IS NULL
      RETURNING j.job_id, j.attempt, j.fence, decided.moment
    ),
    lost_attempts AS (
      UPDATE job_attempts a
      SET end_time = decided.moment, outcome = 'lost', message = 'The worker stopped without an answer.'
      FROM decided
      WHERE a.job_id = decided.job_id AND a.attempt = decided.attempt AND a.outcome IS NULL
        -- start_jobs has already ended the attempts of held jobs.
        AND decided.verdict IN ('reclaim', 'cancel', 'lose') AND decided.flow_verdict IS NULL
    ),
    new_attempts AS (
      INSERT INTO job_attempts (job_id, attempt, worker, start_time)
      SELECT job_id, attempt, by_worker, moment FROM claimed
    ),
    answers AS (
      SELECT decided.*, COALESCE(claimed.attempt, decided.attempt) AS current_attempt, COALESCE(claimed.fence, decided.fence) AS current_fence,
        decided.verdict IN ('claim', 'reclaim', 'held') AND decided.flow_verdict IS NULL AS is_ours,
        ended.callback_job_id,
        sum(decided.payload_bytes) FILTER (WHERE decided.payload_bytes <= 24 * 1024)
          OVER (ORDER BY decided.job_id) AS answer_bytes,
        row_number() OVER (ORDER BY decided.job_id) AS place
      FROM decided LEFT JOIN claimed USING (job_id) LEFT JOIN ended USING (job_id)
    )
    SELECT json_build_object(
      'job_id', job_id,
      'verdict', CASE WHEN is_ours THEN 'claimed' WHEN flow_verdict IS NOT NULL THEN flow_verdict
                 WHEN verdict IN ('cancel', 'lose') THEN 'finished' ELSE verdict END,
      'in_ms', CASE COALESCE(flow_verdict, verdict)
        WHEN 'waiting' THEN ceil(extract(epoch FROM COALESCE(start_at, run_at) - clock_timestamp()) * 1000)
        WHEN 'leased' THEN ceil(extract(epoch FROM lease_expires_at - clock_timestamp()) * 1000)
      END,
      'waited_ms', CASE verdict WHEN 'claim' THEN GREATEST(0, round(extract(epoch FROM moment - COALESCE(due_at, run_at)) * 1000)) END,
      'lost', CASE WHEN verdict IN ('reclaim', 'cancel', 'lose') THEN json_build_object(
        'attempt', attempt,
        'status', CASE WHEN verdict = 'cancel' THEN 'canceled' WHEN verdict = 'lose' THEN 'failed'
                  WHEN flow_verdict IS NULL THEN 'running' ELSE 'created' END) END,
      'tenant', tenant,
      'type', type,
      'queue', queue,
      'callback_job_id', callback_job_id,
      'batch_id', CASE WHEN verdict IN ('cancel', 'lose') THEN batch_id END,
      'attempt', current_attempt,
      'fence', current_fence,
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
      'woken', CASE place WHEN 1 THEN (
        SELECT json_agg(json_build_object('job_id', other_id, 'tenant', other_tenant, 'queue', other_queue)) FROM flow WHERE flow_verdict = 'woken') END,
      'payload_in_parts', payload_bytes > 24 * 1024 OR answer_bytes > 384 * 1024,
      'payload', CASE WHEN is_ours AND payload_bytes <= 24 * 1024 AND answer_bytes <= 384 * 1024 THEN payload END)::text
    FROM answers;
END
$body$
--;
-- Records how attempts ended: the statement of lambdas/adapters/aurora/sql/record-results.ts, as a function for the same reason.
CREATE FUNCTION record_results(all_results text) RETURNS SETOF text
LANGUAGE plpgsql
SET plan_cache_mode TO force_generic_plan
SET enable_seqscan TO off
AS $body$
#variable_conflict use_column
BEGIN
  RETURN QUERY
    WITH offered AS (
      SELECT *
      FROM json_to_recordset(all_results::json) AS o(
        "jobId" uuid, attempt int, fence bigint, status text, outcome text, message text, result json, progress jsonb, "retryInMs" int, failure json, logs json)
      LIMIT json_array_length(all_results::json)
    ),
    judged AS (
      SELECT j.job_id, clock_timestamp() AS moment, o.attempt, o.message, o.result, o.progress, o."retryInMs" AS retry_in_ms, o.outcome, o.failure, o.logs,
        CASE WHEN o.status = 'created' AND j.cancel_requested_at IS NOT NULL THEN 'canceled' ELSE o.status END AS next
      FROM jobs j JOIN offered o ON j.job_id = o."jobId"
      WHERE j.attempt = o.attempt AND j.fence = o.fence AND j.status = 'running'
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
          lease_expires_at = NULL,
          -- The previous release's claim does not reset these columns. A job that waits for its next attempt has no slot.
          held_by = NULL, due_at = NULL
      FROM judged
      WHERE j.job_id = judged.job_id
      RETURNING j.job_id, j.concurrency_key, j.status, j.run_at, j.end_time, CASE WHEN j.end_time IS NOT NULL THEN j.callback ->> 'job_id' END AS callback_job_id
    ),
    ended_attempts AS (
      UPDATE job_attempts a
      SET end_time = judged.moment, outcome = judged.outcome, message = judged.message, failure = judged.failure
      FROM judged
      WHERE a.job_id = judged.job_id AND a.attempt = judged.attempt AND a.outcome IS NULL
    ),
    woken AS MATERIALIZED (
      SELECT parked.*
      FROM (SELECT array_agg(job_id) AS ids FROM (SELECT * FROM recorded) AS jobs_of_keys WHERE concurrency_key IS NOT NULL HAVING count(*) > 0) AS freed
        CROSS JOIN LATERAL wake_parked(freed.ids, '{}', 10) AS parked
    ),
    new_log_parts AS (
      INSERT INTO job_log_parts (job_id, attempt, part, lines)
      SELECT source.job_id, source.attempt, (new.part ->> 'part')::int, new.part -> 'lines'
      FROM judged AS source CROSS JOIN LATERAL json_array_elements(source.logs -> 'parts') AS new(part)
      ON CONFLICT (job_id, attempt, part) DO NOTHING
    ),
    old_log_parts AS (
      DELETE FROM job_log_parts p
      USING judged AS source
      WHERE p.job_id = source.job_id AND p.attempt = source.attempt AND p.part < (source.logs ->> 'keepFrom')::int
    )
    SELECT json_build_object(
      'job_id', j.job_id,
      'recorded', recorded.job_id IS NOT NULL,
      'status', COALESCE(recorded.status, j.status),
      'is_parked', CASE WHEN recorded.job_id IS NULL AND j.status = 'created' AND j.wake_at IS NULL THEN true END,
      'callback_job_id', recorded.callback_job_id,
      -- If at most 1,000 jobs were unfinished before this statement, the batch may be completed after it, and the worker looks for an on_complete
      -- job to wake. This allows for 100 workers that record ten jobs each at the same moment. With more workers, the sweeper wakes the job.
      'batch_id', CASE WHEN recorded.end_time IS NOT NULL AND j.batch_id IS NOT NULL
                  AND unfinished_jobs(j.tenant, j.batch_id) <= 1000 THEN j.batch_id END,
      'woken', CASE row_number() OVER (ORDER BY j.job_id) WHEN 1 THEN (SELECT json_agg(json_build_object('job_id', woken_id, 'tenant', woken_tenant, 'queue', woken_queue)) FROM woken) END,
      'lifetime_ms', round(extract(epoch FROM recorded.end_time - j.create_time) * 1000),
      'in_ms', GREATEST(0, ceil(extract(epoch FROM COALESCE(recorded.run_at, j.run_at) - clock_timestamp()) * 1000)))::text
    FROM offered o JOIN jobs j ON j.job_id = o."jobId" LEFT JOIN recorded USING (job_id);
END
$body$
