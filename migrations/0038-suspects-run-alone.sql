-- A job whose last attempt was lost may have ended its process, and may do so again. So it runs alone: otherwise the other jobs of the batch would lose their attempts with it, each
-- time (docs/decisions/0105-suspects-run-alone.md).

-- Whether an attempt ended without an answer.
CREATE FUNCTION attempt_was_lost(of_job uuid, of_attempt integer) RETURNS boolean
LANGUAGE plpgsql STABLE
SET plan_cache_mode TO force_generic_plan
SET enable_seqscan TO off
AS $body$
BEGIN
  RETURN EXISTS (SELECT FROM job_attempts a WHERE a.job_id = of_job AND a.attempt = of_attempt AND a.outcome = 'lost');
END
$body$
--;
-- The function of migration 0035. If one of the wanted jobs is a suspect, only that job starts. The others get the verdict `yielded`, with `put_off`.
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
    found AS (
      SELECT job_id, status, worker, attempt, clock_timestamp() AS moment,
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
    suspects AS (
      SELECT job_id, verdict
      FROM found
      WHERE CASE verdict
            WHEN 'reclaim' THEN true
            WHEN 'claim' THEN attempt > 0 AND attempt_was_lost(job_id, attempt)
            WHEN 'held' THEN attempt > 1 AND attempt_was_lost(job_id, attempt - 1)
            ELSE false END
    ),
    -- The job that runs alone. If this worker already runs other jobs, because the response to its first claim was lost, no suspect starts beside them.
    alone AS (
      SELECT job_id
      FROM suspects
      WHERE verdict = 'held' OR NOT EXISTS (SELECT FROM found WHERE verdict = 'held' OR status = 'created' AND worker = by_worker)
      ORDER BY verdict = 'held' DESC, job_id
      LIMIT 1
    ),
    judged AS (
      SELECT locked.*, found.moment,
        CASE
          WHEN found.verdict NOT IN ('claim', 'reclaim') OR job_id = (SELECT alone.job_id FROM alone) THEN found.verdict
          WHEN EXISTS (SELECT FROM alone) OR job_id IN (SELECT suspects.job_id FROM suspects) THEN 'put off'
          ELSE found.verdict
        END AS verdict
      FROM locked JOIN found USING (job_id)
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
                 WHEN is_ended THEN 'finished' WHEN verdict = 'later' THEN 'parked' WHEN verdict = 'put off' THEN 'yielded' ELSE verdict END,
      'put_off', CASE verdict WHEN 'put off' THEN true END,
      'alone', CASE WHEN is_ours AND job_id = (SELECT alone.job_id FROM alone) THEN true END,
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
-- The function of migration 0021, which now runs no suspect in place of a less urgent job.
CREATE OR REPLACE FUNCTION start_jobs(offered uuid[], freed uuid[], yielded uuid[], by_worker text)
RETURNS TABLE (own_id uuid, flow_verdict text, start_at timestamptz, other_id uuid, other_tenant text, other_queue text)
LANGUAGE plpgsql
SET plan_cache_mode TO force_generic_plan
SET enable_seqscan TO off
AS $body$
DECLARE
  moment CONSTANT timestamptz := clock_timestamp();
  paused uuid[];
  held uuid[] := '{}';
  own jobs;
  urgent jobs;
  urgent_of jsonb := '{}';
  urgent_ids uuid[] := '{}';
  -- The jobs that are already decided.
  gone uuid[] := '{}';
  starting uuid[] := '{}';
  dropped uuid[] := COALESCE(freed, '{}');
BEGIN
  IF yielded IS NOT NULL THEN
    -- Not locked, because each job's own message may hold its lock. No other transaction changes the job now.
    SELECT COALESCE(array_agg(j.job_id), '{}') INTO held
    FROM jobs j
    WHERE j.job_id = ANY (yielded) AND j.status = 'running' AND j.worker = by_worker AND j.lease_expires_at > moment;
    RETURN QUERY SELECT NULL::uuid, 'held', NULL::timestamptz, id, NULL::text, NULL::text FROM unnest(held) AS id;
  END IF;
  PERFORM
  FROM jobs j
  WHERE j.job_id = ANY (offered)
    AND (j.concurrency_key IS NOT NULL OR j.rate_key IS NOT NULL OR j.yielded_to = ANY (held)
      OR EXISTS (SELECT FROM pauses p WHERE p.tenant = j.tenant AND p.kind = 'queue' AND p.name = j.queue)
      OR EXISTS (SELECT FROM pauses p WHERE p.tenant = j.tenant AND p.kind = 'type' AND p.name = j.type)
      OR j.status = 'created' AND EXISTS (
        SELECT FROM jobs u
        WHERE u.tenant = j.tenant AND u.queue = j.queue AND u.priority < j.priority AND u.status = 'created' AND u.wake_at IS NOT NULL));
  IF NOT FOUND AND dropped = '{}' THEN
    RETURN;
  END IF;

  -- Waits for the end of a pause that is in progress, so that the end sees every job that is parked here.
  SELECT COALESCE(array_agg(DISTINCT found.job_id), '{}') INTO paused
  FROM (
    SELECT j.job_id
    FROM jobs j JOIN pauses p ON p.tenant = j.tenant AND (p.kind, p.name) IN (('queue', j.queue), ('type', j.type))
    WHERE j.job_id = ANY (offered)
    FOR SHARE OF p
  ) AS found;
  dropped := dropped || paused;

  -- A more urgent job for each job, beginning with the least urgent job.
  FOR own IN
    SELECT * FROM jobs j WHERE j.job_id = ANY (offered) AND j.job_id <> ALL (paused) AND j.status = 'created'
    ORDER BY j.priority DESC, COALESCE(j.due_at, j.run_at) DESC, j.job_id DESC
  LOOP
    IF own.worker = by_worker AND own.yielded_to = ANY (held) THEN
      RETURN QUERY SELECT own.job_id, 'yielded', NULL::timestamptz, NULL::uuid, NULL::text, NULL::text;
      gone := gone || own.job_id;
      CONTINUE;
    END IF;
    urgent := NULL;
    FOR level IN 0 .. own.priority - 1 LOOP
      EXIT WHEN urgent.job_id IS NOT NULL;
      SELECT * INTO urgent
      FROM jobs j
      WHERE j.tenant = own.tenant AND j.queue = own.queue AND j.priority = level AND j.status = 'created' AND j.wake_at IS NOT NULL
        -- Each step of priority is worth an hour of waiting.
        AND j.run_at <= LEAST(moment, COALESCE(own.due_at, own.run_at) + (own.priority - level) * interval '1 hour')
        AND j.job_id <> ALL (offered || urgent_ids)
        AND NOT EXISTS (SELECT FROM pauses p WHERE p.tenant = j.tenant AND p.kind = 'type' AND p.name = j.type)
        -- A suspect runs alone, by its own message.
        AND CASE WHEN j.attempt > 0 THEN NOT attempt_was_lost(j.job_id, j.attempt) ELSE true END
      ORDER BY j.run_at
      LIMIT 1
      FOR UPDATE SKIP LOCKED;
    END LOOP;
    IF urgent.job_id IS NOT NULL THEN
      urgent_ids := urgent_ids || urgent.job_id;
      urgent_of := urgent_of || jsonb_build_object(own.job_id, urgent.job_id);
    END IF;
  END LOOP;

  PERFORM lock_flow_keys(offered || urgent_ids || dropped);
  -- Park only now: parking a lost job locks the row that counts it, which a transaction that holds the lock of one of these keys may need next.
  PERFORM park(id, 'pause') FROM unnest(paused) AS id;
  RETURN QUERY SELECT id, 'parked', NULL::timestamptz, NULL::uuid, NULL::text, NULL::text FROM unnest(paused) AS id;
  FOR own IN
    SELECT * FROM jobs j WHERE j.job_id = ANY (offered) AND j.job_id <> ALL (paused || gone)
    ORDER BY jsonb_exists(urgent_of, j.job_id::text) DESC, j.priority, COALESCE(j.due_at, j.run_at), j.job_id
  LOOP
    SELECT * INTO urgent FROM jobs j WHERE j.job_id = (urgent_of ->> own.job_id::text)::uuid;
    IF FOUND AND hold_back(urgent, starting) IS NULL THEN
      starting := starting || urgent.job_id;
      UPDATE jobs SET yielded_to = urgent.job_id, worker = by_worker WHERE job_id = own.job_id;
      RETURN QUERY SELECT own.job_id, 'yielded', NULL::timestamptz, urgent.job_id, NULL::text, NULL::text;
    ELSE
      IF urgent.concurrency_key IS NOT NULL THEN dropped := dropped || urgent.job_id; END IF;
      IF hold_back(own, starting) IS NULL THEN
        starting := starting || own.job_id;
      ELSE
        dropped := dropped || own.job_id;
        RETURN QUERY
          SELECT j.job_id, CASE WHEN j.wake_at = j.run_at THEN 'waiting' ELSE 'parked' END, j.run_at, NULL::uuid, NULL::text, NULL::text
          FROM jobs j WHERE j.job_id = own.job_id;
      END IF;
    END IF;
  END LOOP;
  IF dropped <> '{}' THEN
    RETURN QUERY SELECT NULL::uuid, 'woken', NULL::timestamptz, w.woken_id, w.woken_tenant, w.woken_queue FROM wake_parked(dropped, starting, 10) AS w;
  END IF;
END
$body$
