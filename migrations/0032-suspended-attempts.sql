-- Attempts that are suspended and continued (docs/decisions/0081-status-of-suspended-jobs.md).

-- A recorded step, as {@link RecordedStep} in lambdas/job/steps/step-store.ts. Its result is left out above 24 KB, because a row has at most 64 KB.
CREATE FUNCTION step_document(of_step job_steps) RETURNS json
LANGUAGE sql STABLE
RETURN json_build_object(
  'step', of_step.step,
  'kind', of_step.kind,
  'status', of_step.status,
  'failures', of_step.failures,
  'dueInMs', ceil(extract(epoch FROM of_step.due_at - clock_timestamp()) * 1000),
  'timedOut', of_step.timed_out,
  'detail', of_step.detail,
  'result', CASE WHEN of_step.result_bytes <= 24 * 1024 THEN of_step.result END,
  'isResultLeftOut', COALESCE(of_step.result_bytes > 24 * 1024, false),
  'message', of_step.message)
--;
-- The steps of a job, in the order of their first record. Null without steps; an empty string if they have more than 24 KB: the worker then
-- reads them separately.
CREATE FUNCTION recorded_steps(of_job uuid) RETURNS text
LANGUAGE plpgsql
SET plan_cache_mode TO force_generic_plan
SET enable_seqscan TO off
AS $body$
DECLARE
  bytes bigint;
BEGIN
  -- From the columns' sizes, before any large result is read. 200: the names of the fields.
  SELECT sum(200 + octet_length(step) + COALESCE(result_bytes, 0) + octet_length(detail::text) + COALESCE(octet_length(message), 0)) INTO bytes
  FROM job_steps WHERE job_id = of_job;
  IF bytes > 24 * 1024 THEN
    RETURN '';
  END IF;
  RETURN (SELECT json_agg(step_document(s) ORDER BY s.place)::text FROM job_steps s WHERE s.job_id = of_job);
END
$body$
--;
-- Whether the wait for a step is over: its time has come, or what it waits for has happened. The caller has locked the job, and then sees
-- every signal and every end of a child whose sender or waker has not yet come to this job.
CREATE FUNCTION is_step_over(awaited job_steps) RETURNS boolean
LANGUAGE plpgsql
SET plan_cache_mode TO force_generic_plan
SET enable_seqscan TO off
AS $body$
BEGIN
  IF awaited.status <> 'waiting' OR awaited.due_at <= clock_timestamp() THEN
    RETURN true;
  END IF;
  CASE awaited.kind
  WHEN 'signal' THEN
    RETURN EXISTS (SELECT FROM job_signals s WHERE s.job_id = awaited.job_id AND s.name = awaited.detail ->> 'signal' AND s.taken_by IS NULL);
  WHEN 'result' THEN
    RETURN COALESCE(
      (SELECT child.status IN ('success', 'failed', 'canceled') FROM jobs child WHERE child.job_id = (awaited.detail ->> 'childJobId')::uuid),
      true);
  WHEN 'map' THEN
    RETURN NOT EXISTS (
      SELECT FROM jobs child
      WHERE child.parent_job_id = awaited.job_id AND child.parent_step = awaited.step AND child.status IN ('created', 'running'));
  ELSE
    RETURN false;
  END CASE;
END
$body$
--;
-- Marks the steps that a suspended job waits for, and says what its row becomes. `until`: when the job goes on at the latest; `swept_at`: when
-- the sweeper sends its message. Without a step to wait for, or if the wait for any of them is over, the job goes on at once.
CREATE FUNCTION suspend(of_job uuid, moment timestamptz, continuation json)
RETURNS TABLE (until timestamptz, swept_at timestamptz, waits_for text, expires_at timestamptz)
LANGUAGE plpgsql
SET plan_cache_mode TO force_generic_plan
SET enable_seqscan TO off
AS $body$
#variable_conflict use_column
DECLARE
  wait record;
BEGIN
  SELECT COALESCE(j.expires_at, COALESCE(j.start_time, moment) + make_interval(secs => COALESCE(j.max_duration_seconds, 86400)))
  INTO suspend.expires_at
  FROM jobs j WHERE j.job_id = of_job;
  UPDATE job_steps s
  SET awaited = NOT s.awaited
  WHERE s.job_id = of_job AND s.awaited <> (s.step IN (SELECT json_array_elements_text(continuation -> 'steps')));
  SELECT
    count(*) = 0 OR count(*) < json_array_length(continuation -> 'steps') OR bool_or(is_step_over(s)) AS is_over,
    min(s.due_at) AS due_at,
    CASE WHEN bool_or(s.kind IN ('result', 'map')) THEN 'children' WHEN bool_or(s.kind = 'signal') THEN 'signal' ELSE 'time' END AS reason
  INTO wait
  FROM job_steps s WHERE s.job_id = of_job AND s.awaited;
  suspend.until := CASE WHEN wait.is_over THEN moment ELSE LEAST(wait.due_at, suspend.expires_at) END;
  suspend.waits_for := CASE WHEN NOT wait.is_over THEN wait.reason END;
  -- As in hold_back: a message is delayed for at most 15 minutes.
  suspend.swept_at := CASE WHEN suspend.until <= moment + interval '15 minutes' THEN suspend.until ELSE suspend.until - interval '10 minutes' END;
  RETURN NEXT;
END
$body$
--;
-- The function of migration 0025: the statement of lambdas/adapters/aurora/sql/claim-jobs.ts, which describes it. The claim of a suspended job
-- continues its attempt and raises only the fence. A job that was claimed before comes with its recorded steps.
CREATE OR REPLACE FUNCTION claim_jobs(wanted_jobs text, by_worker text, for_ms integer) RETURNS SETOF text
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
--;
-- The function of migration 0025: the statement of lambdas/adapters/aurora/sql/record-results.ts. Suspends the jobs whose result has a
-- `continuation`: {"steps": [the steps that they wait for]}.
CREATE OR REPLACE FUNCTION record_results(all_results text) RETURNS SETOF text
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
        "jobId" uuid, attempt int, fence bigint, status text, outcome text, message text, result json, progress jsonb, "retryInMs" int, failure json, logs json, continuation json)
      LIMIT json_array_length(all_results::json)
    ),
    judged AS (
      SELECT j.job_id, clock_timestamp() AS moment, o.attempt, o.message, o.result, o.progress, o."retryInMs" AS retry_in_ms, o.outcome, o.failure, o.logs, o.continuation,
        CASE WHEN o.status = 'created' AND j.cancel_requested_at IS NOT NULL THEN 'canceled' ELSE o.status END AS next
      FROM jobs j JOIN offered o ON j.job_id = o."jobId"
      WHERE j.attempt = o.attempt AND j.fence = o.fence AND j.status = 'running'
      ORDER BY j.job_id
      FOR UPDATE OF j
    ),
    -- After the locks, so that neither a signal nor the end of a child can come between the check and the suspension.
    suspended AS MATERIALIZED (
      SELECT judged.job_id, wait.*
      FROM judged CROSS JOIN LATERAL suspend(judged.job_id, judged.moment, judged.continuation) AS wait
      WHERE judged.continuation IS NOT NULL AND judged.next = 'created'
    ),
    recorded AS (
      UPDATE jobs j
      SET status = judged.next,
          message = CASE judged.next WHEN 'canceled' THEN 'canceled by request' ELSE judged.message END,
          result = CASE judged.next WHEN 'success' THEN COALESCE(judged.result, 'null') END,
          end_time = CASE WHEN judged.next <> 'created' THEN judged.moment END,
          run_at = CASE judged.next
                   WHEN 'created' THEN COALESCE(suspended.until, judged.moment + judged.retry_in_ms * interval '1 ms')
                   ELSE j.run_at END,
          wake_at = CASE judged.next
                    WHEN 'created' THEN COALESCE(suspended.swept_at, judged.moment + judged.retry_in_ms * interval '1 ms') END,
          continues = suspended.job_id IS NOT NULL,
          waits_for = suspended.waits_for,
          expires_at = COALESCE(suspended.expires_at, j.expires_at),
          max_attempts = j.max_attempts + CASE WHEN judged.outcome = 'throttled' AND judged.next = 'created' THEN 1 ELSE 0 END,
          progress = COALESCE((judged.progress ->> 'fraction')::float8, j.progress),
          progress_note = CASE WHEN judged.progress ->> 'fraction' IS NULL THEN j.progress_note ELSE judged.progress ->> 'note' END,
          worker = NULL,
          lease_expires_at = NULL,
          -- The previous release's claim does not reset these columns. A job that waits for its next attempt has no slot.
          held_by = NULL, due_at = NULL
      FROM judged LEFT JOIN suspended USING (job_id)
      WHERE j.job_id = judged.job_id
      RETURNING j.job_id, j.concurrency_key, j.status, j.run_at, j.wake_at, j.end_time, CASE WHEN j.end_time IS NOT NULL THEN j.callback ->> 'job_id' END AS callback_job_id
    ),
    ended_attempts AS (
      UPDATE job_attempts a
      SET end_time = judged.moment, failure = judged.failure,
          outcome = CASE judged.outcome WHEN 'suspended' THEN 'canceled' ELSE judged.outcome END,
          message = CASE judged.outcome WHEN 'suspended' THEN 'canceled by request' ELSE judged.message END
      FROM judged
      WHERE a.job_id = judged.job_id AND a.attempt = judged.attempt AND a.outcome IS NULL
        -- The attempt of a suspended job goes on.
        AND (judged.continuation IS NULL OR judged.next <> 'created')
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
      -- Parked, or suspended for longer than a message can wait.
      'is_parked', CASE
        WHEN recorded.job_id IS NULL AND j.status = 'created' AND (j.wake_at IS NULL OR (j.wake_at < j.run_at AND j.run_at > clock_timestamp())) THEN true
        WHEN recorded.status = 'created' AND recorded.wake_at < recorded.run_at THEN true END,
      'callback_job_id', recorded.callback_job_id,
      -- If at most 1,000 jobs were unfinished before this statement, the batch may be completed after it, and the worker looks for an on_complete
      -- job to wake. This allows for 100 workers that record ten jobs each at the same moment. With more workers, the sweeper wakes the job.
      'batch_id', CASE WHEN recorded.end_time IS NOT NULL AND j.batch_id IS NOT NULL
                  AND unfinished_jobs(j.tenant, j.batch_id) <= 1000 THEN j.batch_id END,
      'parent_job_id', CASE WHEN recorded.end_time IS NOT NULL AND j.parent_job_id IS NOT NULL
                       AND has_few_open_siblings(j.parent_job_id, j.parent_step) THEN j.parent_job_id END,
      'has_children', CASE WHEN recorded.status = 'canceled' THEN has_children_to_cancel(j.job_id) END,
      'woken', CASE row_number() OVER (ORDER BY j.job_id) WHEN 1 THEN (SELECT json_agg(json_build_object('job_id', woken_id, 'tenant', woken_tenant, 'queue', woken_queue)) FROM woken) END,
      'lifetime_ms', round(extract(epoch FROM recorded.end_time - j.create_time) * 1000),
      'in_ms', GREATEST(0, ceil(extract(epoch FROM COALESCE(recorded.run_at, j.run_at) - clock_timestamp()) * 1000)))::text
    FROM offered o JOIN jobs j ON j.job_id = o."jobId" LEFT JOIN recorded USING (job_id);
END
$body$
--;
-- Begins a wait of a running job, or ends it if it is over: the statement of lambdas/adapters/aurora/sql/steps.ts. A function, so that each of
-- its queries sees what was committed before the job was locked.
CREATE FUNCTION wait_for_step(of_job uuid, of_attempt integer, of_fence bigint, of_step text, of_kind text, for_ms double precision, of_detail json)
RETURNS SETOF text
LANGUAGE plpgsql
SET plan_cache_mode TO force_generic_plan
SET enable_seqscan TO off
AS $body$
DECLARE
  of_tenant text;
  awaited job_steps;
  received json;
  child record;
BEGIN
  SELECT j.tenant INTO of_tenant
  FROM jobs j WHERE j.job_id = of_job AND j.attempt = of_attempt AND j.fence = of_fence AND j.status = 'running'
  FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  INSERT INTO job_steps (job_id, step, kind, status, due_at, detail)
  VALUES (of_job, of_step, of_kind, 'waiting', clock_timestamp() + for_ms * interval '1 ms', of_detail)
  ON CONFLICT (job_id, step) DO NOTHING;
  SELECT * INTO awaited FROM job_steps s WHERE s.job_id = of_job AND s.step = of_step;

  IF awaited.status = 'waiting' AND awaited.kind = 'signal' THEN
    UPDATE job_signals s
    SET taken_by = of_step
    WHERE s.job_id = of_job AND (s.name, s.key) = (
      SELECT oldest.name, oldest.key
      FROM job_signals oldest
      WHERE oldest.job_id = of_job AND oldest.name = awaited.detail ->> 'signal' AND oldest.taken_by IS NULL
      ORDER BY oldest.place
      LIMIT 1)
    RETURNING s.payload INTO received;
    IF FOUND THEN
      UPDATE job_steps s SET status = 'success', end_time = clock_timestamp(), result = received
      WHERE s.job_id = of_job AND s.step = of_step;
    ELSIF awaited.due_at <= clock_timestamp() THEN
      UPDATE job_steps s SET status = 'success', end_time = clock_timestamp(), timed_out = true
      WHERE s.job_id = of_job AND s.step = of_step;
    END IF;
  ELSIF awaited.status = 'waiting' AND awaited.kind = 'result' THEN
    SELECT j.status, j.message, j.result INTO child
    FROM jobs j WHERE j.job_id = (awaited.detail ->> 'childJobId')::uuid AND j.tenant = of_tenant;
    IF NOT FOUND THEN
      UPDATE job_steps s SET status = 'failed', end_time = clock_timestamp(), message = 'The child job no longer exists.'
      WHERE s.job_id = of_job AND s.step = of_step;
    ELSIF child.status IN ('success', 'failed', 'canceled') THEN
      UPDATE job_steps s
      SET status = CASE child.status WHEN 'success' THEN 'success' ELSE 'failed' END, end_time = clock_timestamp(),
          message = child.message, result = child.result
      WHERE s.job_id = of_job AND s.step = of_step;
    END IF;
  ELSIF awaited.status = 'waiting' AND awaited.kind = 'map' AND is_step_over(awaited) THEN
    UPDATE job_steps s SET status = 'success', end_time = clock_timestamp() WHERE s.job_id = of_job AND s.step = of_step;
  END IF;

  RETURN QUERY SELECT step_document(s)::text FROM job_steps s WHERE s.job_id = of_job AND s.step = of_step;
END
$body$
