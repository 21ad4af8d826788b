-- Signals and children of jobs with steps: what ends a wait. The tables are those of migration 0030.

-- Whether the parent may have to be woken after `ended` children of a step have ended in the calling statement: in its view, fewer than 100 other
-- children of the step are open. So of up to 100 statements that end the last children at the same moment, at least one says yes. In PL/pgSQL, so
-- that it is planned only when it is called.
CREATE FUNCTION has_few_open_siblings(of_parent uuid, of_step text, ended integer DEFAULT 1) RETURNS boolean
LANGUAGE plpgsql STABLE
SET plan_cache_mode TO force_generic_plan
SET enable_seqscan TO off
AS $body$
BEGIN
  RETURN (
    SELECT count(*) < 100 + ended
    FROM (
      SELECT FROM jobs child
      WHERE child.parent_job_id = of_parent AND child.parent_step = of_step AND child.status IN ('created', 'running')
      LIMIT 100 + ended
    ) AS open_children);
END
$body$
--;
-- Whether the cancellation of a job has children to cancel.
CREATE FUNCTION has_children_to_cancel(of_parent uuid) RETURNS boolean
LANGUAGE plpgsql STABLE
SET plan_cache_mode TO force_generic_plan
SET enable_seqscan TO off
AS $body$
BEGIN
  RETURN EXISTS (
    SELECT FROM jobs child
    WHERE child.parent_job_id = of_parent AND child.status IN ('created', 'running') AND child.ends_with_parent
      AND child.cancel_requested_at IS NULL);
END
$body$
--;
-- Whether a step is over that a suspended job waits for.
CREATE FUNCTION is_wait_over(of_job uuid) RETURNS boolean
LANGUAGE plpgsql
SET plan_cache_mode TO force_generic_plan
SET enable_seqscan TO off
AS $body$
BEGIN
  RETURN EXISTS (SELECT FROM job_steps s WHERE s.job_id = of_job AND s.awaited AND is_step_over(s));
END
$body$
--;
-- Wakes those of these jobs that are suspended until children have ended, and whose children have. The caller sends their messages.
--
-- The second statement has a snapshot from after the locks, so it sees a suspension that was recorded meanwhile. A suspension that is recorded
-- later sees the children's ends itself. Only locked jobs change, so the order of the locks is that of the ids.
CREATE FUNCTION wake_parents(ids uuid[]) RETURNS TABLE (woken_id uuid, woken_tenant text, woken_queue text)
LANGUAGE plpgsql
SET plan_cache_mode TO force_generic_plan
SET enable_seqscan TO off
AS $body$
DECLARE
  locked uuid[];
BEGIN
  SELECT array_agg(parents.job_id) INTO locked
  FROM (SELECT j.job_id FROM jobs j WHERE j.job_id = ANY (ids) ORDER BY j.job_id FOR NO KEY UPDATE) AS parents;
  RETURN QUERY
    UPDATE jobs j
    SET run_at = clock_timestamp(), wake_at = clock_timestamp(), waits_for = NULL
    WHERE j.job_id = ANY (locked) AND j.status = 'created' AND j.continues AND j.held_by IS NULL AND j.waits_for = 'children'
      AND j.run_at > clock_timestamp() AND is_wait_over(j.job_id)
    RETURNING j.job_id, j.tenant, j.queue;
END
$body$
--;
-- Stores a signal, and wakes the job if it is suspended until such a signal arrives. Returns null without such a job, or an object:
--
-- - `verdict`: `accepted`, `ended` if the job has ended, `full` if it has `most` signals.
-- - `status`: the job's.
-- - `is_new`: this request stored the signal, now or at its first execution, which the audit entry proves.
-- - `woken`: the job, if it needs a message.
--
-- The job's row is locked first. So a suspension is either recorded before, and seen here, or later, and sees the signal.
CREATE FUNCTION send_signal(
  of_tenant text, of_job uuid, signal_name text, signal_key text, signal_payload json, sender text, entry uuid, most integer) RETURNS json
LANGUAGE plpgsql
SET plan_cache_mode TO force_generic_plan
SET enable_seqscan TO off
AS $body$
DECLARE
  own record;
  is_new boolean;
BEGIN
  SELECT j.status, j.queue, j.end_time INTO own
  FROM jobs j WHERE j.job_id = of_job AND j.tenant = of_tenant
  FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;

  is_new := EXISTS (SELECT FROM audit_entries a WHERE a.tenant = of_tenant AND a.entry_id = entry);
  IF NOT is_new AND NOT EXISTS (SELECT FROM job_signals s WHERE s.job_id = of_job AND s.name = signal_name AND s.key = signal_key) THEN
    IF own.end_time IS NOT NULL THEN
      RETURN json_build_object('verdict', 'ended', 'status', own.status);
    END IF;
    IF (SELECT count(*) FROM job_signals s WHERE s.job_id = of_job) >= most THEN
      RETURN json_build_object('verdict', 'full');
    END IF;
    INSERT INTO job_signals (job_id, name, key, payload, sent_by) VALUES (of_job, signal_name, signal_key, signal_payload, sender);
    INSERT INTO audit_entries (tenant, entry_id, actor, action, subject) VALUES (of_tenant, entry, sender, 'job.signal', of_job::text);
    UPDATE jobs j
    SET run_at = clock_timestamp(), wake_at = clock_timestamp(), waits_for = NULL
    WHERE j.job_id = of_job AND j.status = 'created' AND j.continues AND j.held_by IS NULL AND j.waits_for IS NOT NULL
      AND j.run_at > clock_timestamp()
      AND EXISTS (
        SELECT FROM job_steps s
        WHERE s.job_id = of_job AND s.awaited AND s.status = 'waiting' AND s.kind = 'signal' AND s.detail ->> 'signal' = signal_name);
    is_new := true;
  END IF;
  RETURN (
    SELECT json_build_object(
      'verdict', 'accepted',
      'is_new', is_new,
      -- A repeated statement wakes the job again, because the message of the first may not have been sent.
      'woken', CASE WHEN is_new AND j.status = 'created' AND j.continues AND j.held_by IS NULL AND j.waits_for IS NULL
                      AND j.run_at <= clock_timestamp()
               THEN json_build_object('job_id', j.job_id, 'tenant', j.tenant, 'queue', j.queue) END)
    FROM jobs j WHERE j.job_id = of_job);
END
$body$
--;
-- Whether a job waits or runs. In PL/pgSQL, so that the planner looks for each job by its key instead of reading all unfinished jobs.
CREATE FUNCTION is_unfinished(of_job uuid) RETURNS boolean
LANGUAGE plpgsql STABLE
SET plan_cache_mode TO force_generic_plan
SET enable_seqscan TO off
AS $body$
BEGIN
  RETURN EXISTS (SELECT FROM jobs j WHERE j.job_id = of_job AND j.end_time IS NULL);
END
$body$
--;
-- What a suspended job waits for, the first 20 steps: see the schema in lambdas/job/job-schema.ts. In PL/pgSQL, so that it is planned only when it
-- is called: few jobs are suspended.
CREATE FUNCTION waits_of(of_job uuid, expires_at timestamptz) RETURNS json
LANGUAGE plpgsql STABLE
SET plan_cache_mode TO force_generic_plan
SET enable_seqscan TO off
AS $body$
BEGIN
  RETURN (
    SELECT json_agg(json_build_object(
      'step', s.step,
      'kind', CASE s.kind WHEN 'run' THEN 'retry' ELSE s.kind END,
      'until', iso_8601(LEAST(s.due_at, waits_of.expires_at)),
      'signal', CASE s.kind WHEN 'signal' THEN s.detail ->> 'signal' END,
      'child_job_id', CASE s.kind WHEN 'result' THEN s.detail ->> 'childJobId' END,
      'children', CASE s.kind WHEN 'map' THEN json_build_object(
        'ended', GREATEST(0, (s.detail ->> 'total')::int - (
          SELECT count(*) FROM jobs c WHERE c.parent_job_id = of_job AND c.parent_step = s.step AND c.status IN ('created', 'running'))),
        'total', (s.detail ->> 'total')::int) END) ORDER BY s.place)
    FROM (
      SELECT * FROM job_steps w WHERE w.job_id = of_job AND w.awaited AND w.status = 'waiting' ORDER BY w.place LIMIT 20
    ) AS s);
END
$body$
--;
-- The last parent that the sweeper has examined.
CREATE TABLE examined_parents (
  is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
  last_id uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000'
)
--;
INSERT INTO examined_parents DEFAULT VALUES
--;
-- The sweeper's safety net, for a function that died after it had ended children, or canceled their parent. Examines the next `most` parents: those
-- that are suspended until children have ended, and those with children that have not ended. Begins with the first again after the last. The caller
-- sends the messages of the woken parents, and cancels the children of the canceled parents. `is_last`: whether the last parent was examined.
--
-- The next parent of each kind is found by one look into an index, so children of the same parent are not read one by one.
CREATE FUNCTION examine_parents(most integer) RETURNS json
LANGUAGE plpgsql
SET plan_cache_mode TO force_generic_plan
SET enable_seqscan TO off
AS $body$
DECLARE
  place uuid;
  suspended uuid;
  with_children uuid;
  ended uuid[] := '{}';
  canceled uuid[] := '{}';
  woken json;
BEGIN
  -- Another sweep examines them.
  SELECT last_id INTO place FROM examined_parents FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN
    RETURN json_build_object('woken', '[]'::json, 'canceled', canceled, 'is_last', true);
  END IF;
  FOR number IN 1 .. most LOOP
    IF suspended IS NULL OR suspended <= place THEN
      suspended := (SELECT j.job_id FROM jobs j WHERE j.status = 'created' AND j.waits_for = 'children' AND j.job_id > place ORDER BY j.job_id LIMIT 1);
    END IF;
    IF with_children IS NULL OR with_children <= place THEN
      with_children := (
        SELECT c.parent_job_id FROM jobs c
        WHERE c.parent_job_id > place AND c.parent_job_id IS NOT NULL AND c.status IN ('created', 'running')
        ORDER BY c.parent_job_id, c.parent_step
        LIMIT 1);
    END IF;
    place := LEAST(suspended, with_children);
    EXIT WHEN place IS NULL;
    IF place = suspended AND is_wait_over(place) THEN
      ended := ended || place;
    END IF;
    IF place = with_children AND EXISTS (SELECT FROM jobs p WHERE p.job_id = place AND p.status = 'canceled') AND has_children_to_cancel(place) THEN
      canceled := canceled || place;
    END IF;
  END LOOP;
  UPDATE examined_parents SET last_id = COALESCE(place, '00000000-0000-0000-0000-000000000000');
  IF ended <> '{}' THEN
    woken := (SELECT json_agg(json_build_object('job_id', w.woken_id, 'tenant', w.woken_tenant, 'queue', w.woken_queue)) FROM wake_parents(ended) AS w);
  END IF;
  RETURN json_build_object('woken', COALESCE(woken, '[]'), 'canceled', canceled, 'is_last', place IS NULL);
END
$body$
