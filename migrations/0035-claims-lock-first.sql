-- The function of migration 0032, which locks the jobs in a statement of its own. The next statement takes its snapshot when it has the locks, so it
-- sees all that the transactions before it wrote. Before, a claim that waited for another claim's lock until that claim's lease had ended did not see the
-- other's row in job_attempts: the attempt was lost, and stayed open for ever.
CREATE OR REPLACE FUNCTION claim_jobs(wanted_jobs text, by_worker text, for_ms integer) RETURNS SETOF text
LANGUAGE plpgsql
SET plan_cache_mode TO force_generic_plan
SET enable_seqscan TO off
AS $body$
#variable_conflict use_column
BEGIN
  PERFORM FROM jobs j
  WHERE j.job_id = ANY (ARRAY(SELECT value::uuid FROM json_array_elements_text(wanted_jobs::json)))
  ORDER BY j.job_id
  FOR UPDATE;
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
          WHEN status = 'running' AND lease_expires_at > clock_timestamp() AND worker = by_worker THEN 'held'
          WHEN status = 'running' AND lease_expires_at > clock_timestamp() THEN 'leased'
          -- The cancellation of the parent died before it reached this job. A scalar subquery, so that the planner can't read all canceled jobs.
          WHEN ends_with_parent AND (SELECT parent.status FROM jobs parent WHERE parent.job_id = locked.parent_job_id) = 'canceled' THEN 'cancel'
          WHEN continues AND status = 'created' AND expires_at <= clock_timestamp() THEN 'expire'
          -- The job is parked, but a message arrived: the job may be able to start now.
          WHEN status = 'created' AND wake_at IS NULL THEN 'claim'
          -- The sweeper sends another message in time.
          WHEN status = 'created' AND run_at > clock_timestamp() AND wake_at < run_at THEN 'later'
          WHEN status = 'created' AND run_at > clock_timestamp() THEN 'waiting'
          WHEN status = 'created' THEN 'claim'
          WHEN cancel_requested_at IS NOT NULL THEN 'cancel'
          WHEN attempt >= max_attempts THEN 'lose'
          ELSE 'reclaim'
        END AS verdict
      FROM locked
    ),
    ended AS (
      UPDATE jobs j
      SET status = CASE judged.verdict WHEN 'cancel' THEN 'canceled' ELSE 'failed' END,
          message = CASE judged.verdict
                    WHEN 'cancel' THEN 'canceled by request'
                    WHEN 'expire' THEN format('exceeded max_duration_seconds of %s s', COALESCE(j.max_duration_seconds, 86400))
                    ELSE format('The worker stopped without an answer on attempt %s of %s.', j.attempt, j.max_attempts) END,
          end_time = judged.moment, worker = NULL, lease_expires_at = NULL, wake_at = NULL,
          run_at = CASE WHEN judged.wake_at IS NULL THEN judged.due_at ELSE judged.run_at END,
          held_by = NULL, continues = false, waits_for = NULL
      FROM judged
      WHERE j.job_id = judged.job_id AND judged.verdict IN ('cancel', 'expire', 'lose')
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
          attempt = CASE WHEN decided.continues THEN j.attempt ELSE j.attempt + 1 END,
          fence = j.fence + 1,
          worker = by_worker,
          start_time = COALESCE(j.start_time, decided.moment),
          run_at = CASE WHEN decided.wake_at IS NULL THEN decided.due_at ELSE decided.run_at END,
          held_by = NULL, due_at = NULL, continues = false, waits_for = NULL,
          progress = CASE WHEN decided.continues THEN j.progress END,
          progress_note = CASE WHEN decided.continues THEN j.progress_note END,
          end_time = NULL,
          lease_expires_at = decided.moment + for_ms * interval '1 ms',
          wake_at = decided.moment + for_ms * interval '1 ms'
      FROM decided
      WHERE j.job_id = decided.job_id AND decided.verdict IN ('claim', 'reclaim') AND decided.flow_verdict IS NULL
      RETURNING j.job_id, j.attempt, j.fence, decided.moment, decided.continues
    ),
    ended_attempts AS (
      UPDATE job_attempts a
      SET end_time = decided.moment,
          outcome = CASE decided.verdict WHEN 'expire' THEN 'timeout' ELSE 'lost' END,
          message = CASE decided.verdict
                    WHEN 'expire' THEN format('exceeded max_duration_seconds of %s s', COALESCE(decided.max_duration_seconds, 86400))
                    ELSE 'The worker stopped without an answer.' END
      FROM decided
      WHERE a.job_id = decided.job_id AND a.attempt = decided.attempt AND a.outcome IS NULL
        -- start_jobs has already ended the attempts of held jobs.
        AND (decided.status = 'running' AND decided.verdict IN ('reclaim', 'cancel', 'lose') AND decided.flow_verdict IS NULL
          OR decided.verdict = 'expire')
    ),
    new_attempts AS (
      INSERT INTO job_attempts (job_id, attempt, worker, start_time)
      SELECT job_id, attempt, by_worker, moment FROM claimed WHERE NOT continues
    ),
    ours AS (
      SELECT decided.*, COALESCE(claimed.attempt, decided.attempt) AS current_attempt, COALESCE(claimed.fence, decided.fence) AS current_fence,
        decided.verdict IN ('claim', 'reclaim', 'held') AND decided.flow_verdict IS NULL AS is_ours,
        ended.callback_job_id, ended.job_id IS NOT NULL AS is_ended
      FROM decided LEFT JOIN claimed USING (job_id) LEFT JOIN ended USING (job_id)
    ),
    with_steps AS (
      -- Null for a job's first claim, which reads nothing.
      SELECT ours.*, CASE WHEN is_ours AND fence > 0 THEN recorded_steps(job_id) END AS journal
      FROM ours
    ),
    answers AS (
      SELECT with_steps.*,
        sum(COALESCE(CASE WHEN payload_bytes <= 24 * 1024 THEN payload_bytes END, 0) + COALESCE(octet_length(journal), 0))
          OVER (ORDER BY job_id) AS answer_bytes,
        row_number() OVER (ORDER BY job_id) AS place
      FROM with_steps
    )
    SELECT json_build_object(
      'job_id', job_id,
      'verdict', CASE WHEN is_ours THEN 'claimed' WHEN flow_verdict IS NOT NULL THEN flow_verdict
                 WHEN is_ended THEN 'finished' WHEN verdict = 'later' THEN 'parked' ELSE verdict END,
      'in_ms', CASE COALESCE(flow_verdict, verdict)
        WHEN 'waiting' THEN ceil(extract(epoch FROM COALESCE(start_at, run_at) - clock_timestamp()) * 1000)
        WHEN 'leased' THEN ceil(extract(epoch FROM lease_expires_at - clock_timestamp()) * 1000)
      END,
      'waited_ms', CASE verdict WHEN 'claim' THEN GREATEST(0, round(extract(epoch FROM moment - COALESCE(due_at, run_at)) * 1000)) END,
      'lost', CASE WHEN status = 'running' AND verdict IN ('reclaim', 'cancel', 'lose') THEN json_build_object(
        'attempt', attempt,
        'status', CASE WHEN verdict = 'cancel' THEN 'canceled' WHEN verdict = 'lose' THEN 'failed'
                  WHEN flow_verdict IS NULL THEN 'running' ELSE 'created' END) END,
      'tenant', tenant,
      'type', type,
      'queue', queue,
      'callback_job_id', callback_job_id,
      'batch_id', CASE WHEN is_ended THEN batch_id END,
      -- Also of a job that had ended already, because its worker may have stopped before it woke the parent.
      'parent_job_id', CASE WHEN (is_ended OR verdict = 'finished') AND parent_job_id IS NOT NULL AND has_few_open_siblings(parent_job_id, parent_step)
                       THEN parent_job_id END,
      -- A job without an attempt has no children.
      'has_children', CASE WHEN fence > 0 AND (verdict = 'cancel' OR status = 'canceled')
                      THEN has_children_to_cancel(job_id) END,
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
      'steps', CASE WHEN answer_bytes <= 384 * 1024 THEN NULLIF(journal, '')::json END,
      'steps_in_parts', journal = '' OR (answer_bytes > 384 * 1024 AND journal IS NOT NULL),
      -- The number of the first log part of this claim: the earlier ones are of the attempt before its suspension.
      'log_part', CASE WHEN journal IS NOT NULL THEN (
        SELECT max(part) + 1 FROM job_log_parts written WHERE written.job_id = answers.job_id AND written.attempt = current_attempt) END,
      'payload_in_parts', payload_bytes > 24 * 1024 OR answer_bytes > 384 * 1024,
      'payload', CASE WHEN is_ours AND payload_bytes <= 24 * 1024 AND answer_bytes <= 384 * 1024 THEN payload END)::text
    FROM answers;
END
$body$
