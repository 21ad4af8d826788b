-- Priorities, concurrency keys, rate limits and pauses (docs/decisions/0074-flow-control.md).

-- A job is *held* while a pause, a concurrency key or a rate limit keeps it from starting; `held_by` has the reason. A held job is *parked* if
-- it has no wake_at. A parked job has no message; the transaction that removes the reason wakes it. The previous release never claims a parked
-- job, because its run_at is in the far future; due_at keeps the time when the job was due.
ALTER TABLE jobs
  -- The fencing token, raised by every claim. A worker's writes apply only while it is still the number of its claim.
  ADD COLUMN fence bigint NOT NULL DEFAULT 0,
  ADD COLUMN priority smallint NOT NULL DEFAULT 5,
  ADD COLUMN concurrency_key text,
  ADD COLUMN concurrency_limit integer,
  ADD COLUMN rate_key text,
  -- At most rate_limit starts in rate_seconds, of which rate_burst may be at once.
  ADD COLUMN rate_limit integer,
  ADD COLUMN rate_seconds integer,
  ADD COLUMN rate_burst integer,
  ADD COLUMN held_by text,
  ADD COLUMN due_at timestamptz,
  -- The more urgent job that a worker has last run in place of this job.
  ADD COLUMN yielded_to uuid
--;
-- Existing rows satisfy all of these constraints. NOT VALID skips the check, which would lock the table while it reads all rows.
ALTER TABLE jobs
  ADD CONSTRAINT jobs_priority_check CHECK (priority BETWEEN 0 AND 9) NOT VALID,
  ADD CONSTRAINT jobs_concurrency_check
    CHECK ((concurrency_key IS NULL) = (concurrency_limit IS NULL) AND concurrency_limit >= 1) NOT VALID,
  ADD CONSTRAINT jobs_rate_check
    CHECK (num_nulls(rate_key, rate_limit, rate_seconds, rate_burst) IN (0, 4) AND rate_limit >= 1 AND rate_seconds >= 1 AND rate_burst >= 1)
    NOT VALID,
  ADD CONSTRAINT jobs_held_by_check CHECK (held_by IN ('pause', 'concurrency', 'rate')) NOT VALID,
  -- Replaces (status IN ('created', 'running')) = (wake_at IS NOT NULL), which does not allow parked jobs.
  ADD CONSTRAINT jobs_wake_at_check
    CHECK (CASE status
           WHEN 'created' THEN wake_at IS NOT NULL OR (held_by IS NOT NULL AND due_at IS NOT NULL)
           WHEN 'running' THEN wake_at IS NOT NULL
           ELSE wake_at IS NULL END) NOT VALID
--;
DO $body$
DECLARE
  old_check text;
BEGIN
  SELECT conname INTO STRICT old_check
  FROM pg_constraint
  WHERE conrelid = 'jobs'::regclass AND contype = 'c' AND conname <> 'jobs_wake_at_check'
    AND pg_get_constraintdef(oid) LIKE '%wake_at IS NOT NULL%';
  EXECUTE format('ALTER TABLE jobs DROP CONSTRAINT %I', old_check);
END
$body$
--;
-- The order in which parked jobs start: each step of priority is worth an hour of waiting, so no job waits forever.
CREATE FUNCTION start_rank(priority smallint, due_at timestamptz) RETURNS timestamp
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (due_at AT TIME ZONE 'UTC') + priority * interval '1 hour'
--;
-- How an open job uses its concurrency key: it uses a slot, it is parked until a slot is free, or neither. A job that was woken
-- to use a free slot already uses the slot, so that no other job takes it.
CREATE FUNCTION use_of_key(status text, held_by text, wake_at timestamptz) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
  WHEN status = 'running' THEN 'slot'
  WHEN held_by = 'concurrency' THEN CASE WHEN wake_at IS NULL THEN 'parked' ELSE 'slot' END
  ELSE 'none' END
--;
-- A tenant's paused queues and job types.
CREATE TABLE pauses (
  tenant      text NOT NULL,
  kind        text NOT NULL CHECK (kind IN ('queue', 'type')),
  name        text NOT NULL,
  create_time timestamptz NOT NULL DEFAULT now(),
  created_by  text,
  PRIMARY KEY (tenant, kind, name)
)
--;
-- Limits that an operator has set for concurrency keys. They override the limits that jobs were submitted with.
CREATE TABLE concurrency_limits (
  tenant          text NOT NULL,
  concurrency_key text NOT NULL,
  max_running     integer NOT NULL CHECK (max_running >= 0),
  update_time     timestamptz NOT NULL DEFAULT now(),
  updated_by      text,
  PRIMARY KEY (tenant, concurrency_key)
)
--;
-- The state of each rate limit in use: the generic cell rate algorithm's theoretical arrival time. A row whose time is past can be deleted.
CREATE TABLE rate_limits (
  tenant       text NOT NULL,
  rate_key     text NOT NULL,
  next_arrival timestamptz NOT NULL,
  PRIMARY KEY (tenant, rate_key)
)
--;
CREATE INDEX rate_limits_next_arrival ON rate_limits (next_arrival)
--;
-- The advisory lock of a concurrency key, or of a rate limit.
CREATE FUNCTION flow_lock(kind text, of_tenant text, of_key text) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE
RETURN hashtextextended(format('errand: %s %L of %L', kind, of_key, of_tenant), 0)
--;
-- Locks the concurrency keys and rate limits of some jobs until the transaction ends, in an order that all transactions share.
CREATE FUNCTION lock_flow_keys(ids uuid[]) RETURNS void
LANGUAGE plpgsql
SET plan_cache_mode TO force_generic_plan
SET enable_seqscan TO off
AS $body$
BEGIN
  PERFORM pg_advisory_xact_lock(keys.hash)
  FROM (
    SELECT flow_lock('concurrency key', tenant, concurrency_key) AS hash FROM jobs WHERE job_id = ANY (ids) AND concurrency_key IS NOT NULL
    UNION
    SELECT flow_lock('rate limit', tenant, rate_key) FROM jobs WHERE job_id = ANY (ids) AND rate_key IS NOT NULL
    ORDER BY hash
  ) AS keys;
END
$body$
--;
-- The number of free slots of a job's concurrency key, given that the jobs `starting` start in this transaction. The caller has locked the key.
CREATE FUNCTION free_slots(of_job jobs, starting uuid[]) RETURNS bigint
LANGUAGE plpgsql
SET plan_cache_mode TO force_generic_plan
SET enable_seqscan TO off
AS $body$
BEGIN
  RETURN COALESCE(
      (SELECT max_running FROM concurrency_limits l
       WHERE l.tenant = of_job.tenant AND l.concurrency_key = of_job.concurrency_key),
      of_job.concurrency_limit)
    - (SELECT count(*)
       FROM jobs j
       WHERE j.tenant = of_job.tenant AND j.concurrency_key = of_job.concurrency_key AND j.status IN ('created', 'running')
         AND use_of_key(j.status, j.held_by, j.wake_at) = 'slot' AND j.job_id <> of_job.job_id)
    - (SELECT count(*)
       FROM jobs j
       WHERE j.job_id = ANY (starting) AND j.tenant = of_job.tenant AND j.concurrency_key = of_job.concurrency_key
         AND use_of_key(j.status, j.held_by, j.wake_at) <> 'slot' AND j.job_id <> of_job.job_id);
END
$body$
--;
-- Ends the attempt of a running job whose lease has ended. Call it before the job's row changes, because the trigger of the history then reads the outcome.
CREATE FUNCTION lose_attempt(lost_id uuid) RETURNS void
LANGUAGE plpgsql
SET plan_cache_mode TO force_generic_plan
SET enable_seqscan TO off
AS $body$
BEGIN
  UPDATE job_attempts a
  SET end_time = clock_timestamp(), outcome = 'lost', message = 'The worker stopped without an answer.'
  FROM jobs j
  WHERE j.job_id = lost_id AND j.status = 'running' AND a.job_id = j.job_id AND a.attempt = j.attempt AND a.outcome IS NULL;
END
$body$
--;
-- Parks a job until nothing holds it any more. A running job whose lease has ended becomes `created` again.
CREATE FUNCTION park(parked_id uuid, reason text) RETURNS void
LANGUAGE plpgsql
SET plan_cache_mode TO force_generic_plan
SET enable_seqscan TO off
AS $body$
BEGIN
  PERFORM lose_attempt(parked_id);
  UPDATE jobs
  SET status = 'created', held_by = reason, due_at = COALESCE(due_at, run_at), run_at = '9999-12-31T00:00:00Z', wake_at = NULL,
      worker = NULL, lease_expires_at = NULL
  WHERE job_id = parked_id;
END
$body$
--;
-- Wakes parked jobs whose concurrency key has free slots: the jobs of the keys of `freed`, at most `most` of each key. They are due again,
-- and each now has a slot. The caller starts the jobs `starting` in the same transaction, and sends the messages of the woken jobs.
CREATE FUNCTION wake_parked(freed uuid[], starting uuid[], most integer)
RETURNS TABLE (woken_id uuid, woken_tenant text, woken_queue text)
LANGUAGE plpgsql
SET plan_cache_mode TO force_generic_plan
SET enable_seqscan TO off
AS $body$
DECLARE
  of_key record;
  parked jobs;
BEGIN
  -- The same order as in lock_flow_keys.
  PERFORM pg_advisory_xact_lock(keys.hash)
  FROM (
    SELECT DISTINCT flow_lock('concurrency key', tenant, concurrency_key) AS hash
    FROM jobs WHERE job_id = ANY (freed) AND concurrency_key IS NOT NULL
    ORDER BY hash
  ) AS keys;
  FOR of_key IN
    SELECT DISTINCT tenant, concurrency_key FROM jobs WHERE job_id = ANY (freed) AND concurrency_key IS NOT NULL
  LOOP
    FOR parked IN
      SELECT *
      FROM jobs j
      WHERE j.tenant = of_key.tenant AND j.concurrency_key = of_key.concurrency_key AND j.status IN ('created', 'running')
        AND use_of_key(j.status, j.held_by, j.wake_at) = 'parked'
        -- This parked job starts by its own message: the caller changes its row.
        AND j.job_id <> ALL (starting)
      ORDER BY start_rank(j.priority, j.due_at)
      LIMIT most
      -- A locked job is being claimed through its own message, or canceled.
      FOR UPDATE SKIP LOCKED
    LOOP
      EXIT WHEN free_slots(parked, starting) <= 0;
      UPDATE jobs SET run_at = due_at, wake_at = clock_timestamp() WHERE job_id = parked.job_id;
      woken_id := parked.job_id;
      woken_tenant := parked.tenant;
      woken_queue := parked.queue;
      RETURN NEXT;
    END LOOP;
  END LOOP;
END
$body$
--;
-- Wakes at most `most` parked jobs whose pause has ended, the first by rank first: those of a tenant's queue. The caller sends their messages.
CREATE FUNCTION wake_resumed(of_tenant text, of_queue text, most integer)
RETURNS TABLE (woken_id uuid, woken_tenant text, woken_queue text)
LANGUAGE plpgsql
SET plan_cache_mode TO force_generic_plan
SET enable_seqscan TO off
AS $body$
BEGIN
  -- The sweeper calls this each minute, and a paused queue may hold a million jobs.
  IF EXISTS (SELECT FROM pauses p WHERE p.tenant = of_tenant AND p.kind = 'queue' AND p.name = of_queue) THEN
    RETURN;
  END IF;
  RETURN QUERY
    WITH resumed AS (
      SELECT j.job_id
      FROM jobs j
      WHERE j.tenant = of_tenant AND j.held_by = 'pause' AND j.status = 'created'
        AND CASE j.held_by WHEN 'rate' THEN j.rate_key ELSE j.queue END = of_queue
        AND NOT EXISTS (SELECT FROM pauses p WHERE p.tenant = j.tenant AND p.kind = 'type' AND p.name = j.type)
      ORDER BY CASE j.held_by WHEN 'rate' THEN j.run_at AT TIME ZONE 'UTC' ELSE start_rank(j.priority, j.due_at) END
      LIMIT most
      FOR UPDATE SKIP LOCKED
    )
    UPDATE jobs j
    SET run_at = j.due_at, wake_at = clock_timestamp(), held_by = NULL
    FROM resumed
    WHERE j.job_id = resumed.job_id
    RETURNING j.job_id, j.tenant, j.queue;
END
$body$
--;
-- Holds a job if something keeps it from starting, and returns the reason. With 'rate', the job gets the time when it may start. The caller has
-- locked the job and its keys, and starts the jobs of `starting` in the same transaction.
CREATE FUNCTION hold_back(of_job jobs, starting uuid[]) RETURNS text
LANGUAGE plpgsql
SET plan_cache_mode TO force_generic_plan
SET enable_seqscan TO off
AS $body$
DECLARE
  moment CONSTANT timestamptz := clock_timestamp();
  spacing CONSTANT interval := make_interval(secs => of_job.rate_seconds::float8 / of_job.rate_limit);
  arrival timestamptz;
  last_start timestamptz;
  start_at timestamptz;
BEGIN
  -- A job whose lease has ended already has its slot.
  IF of_job.concurrency_key IS NOT NULL AND of_job.status = 'created' AND free_slots(of_job, starting) <= 0 THEN
    PERFORM park(of_job.job_id, 'concurrency');
    RETURN 'concurrency';
  END IF;
  IF of_job.rate_key IS NULL THEN
    RETURN NULL;
  END IF;

  -- The generic cell rate algorithm (https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm): `arrival` is its theoretical arrival time.
  SELECT next_arrival INTO arrival FROM rate_limits r WHERE r.tenant = of_job.tenant AND r.rate_key = of_job.rate_key;
  arrival := GREATEST(arrival, moment);
  start_at := arrival - (of_job.rate_burst - 1) * spacing;
  -- The last start time that was assigned to a waiting job of this limit. New jobs queue up behind it.
  SELECT j.run_at INTO last_start
  FROM jobs j
  WHERE j.tenant = of_job.tenant AND j.held_by = 'rate' AND j.status = 'created'
    AND CASE j.held_by WHEN 'rate' THEN j.rate_key ELSE j.queue END = of_job.rate_key
    AND j.job_id <> of_job.job_id
  -- As in the index jobs_held, which has that job at its end.
  ORDER BY CASE j.held_by WHEN 'rate' THEN j.run_at AT TIME ZONE 'UTC' ELSE start_rank(j.priority, j.due_at) END DESC
  LIMIT 1;
  IF start_at <= moment AND (of_job.held_by IS NOT NULL OR last_start IS NULL OR last_start < moment) THEN
    INSERT INTO rate_limits AS present (tenant, rate_key, next_arrival)
    VALUES (of_job.tenant, of_job.rate_key, arrival + spacing)
    ON CONFLICT (tenant, rate_key) DO UPDATE SET next_arrival = excluded.next_arrival;
    RETURN NULL;
  END IF;

  start_at := GREATEST(start_at, last_start + spacing, moment);
  PERFORM lose_attempt(of_job.job_id);
  UPDATE jobs
  SET status = 'created', held_by = 'rate', due_at = COALESCE(due_at, run_at), run_at = start_at,
      -- A message is delayed for at most 15 minutes, because SQS allows 120,000 messages in flight. For later starts, the sweeper sends a message in time.
      wake_at = CASE WHEN start_at <= moment + interval '15 minutes' THEN start_at ELSE start_at - interval '10 minutes' END,
      worker = NULL, lease_expires_at = NULL
  WHERE job_id = of_job.job_id;
  RETURN 'rate';
END
$body$
--;
-- Decides which jobs of a claim may start. The worker has locked them, and they are due or their lease has ended. Returns one row for each job
-- that does not simply start:
--
-- - `parked`: the job is now held. The function that removes the reason sends a message; for a start in more than 15 minutes, the sweeper does.
-- - `waiting`: a rate limit holds the job until `start_at`, within 15 minutes.
-- - `yielded`: the worker runs the more urgent `other_id` instead, or one of its `held` jobs (below).
-- - `held`: the worker already runs `other_id`. The response to its first claim was lost, so it claims again.
-- - `woken`: another job, of `other_tenant` and `other_queue`, that needs a message.
--
-- `freed` are jobs whose slots this transaction has freed. `yielded` are the more urgent jobs that were last run in place of jobs of this
-- claim, even if those jobs have since been canceled, or started by another worker. Without flow control, the function costs one query with a
-- cached plan.
CREATE FUNCTION start_jobs(offered uuid[], freed uuid[], yielded uuid[], by_worker text)
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
--;
-- The current version of a job, instead of the one when the statement began.
CREATE FUNCTION current_job(of_job uuid) RETURNS SETOF jobs
LANGUAGE plpgsql
SET plan_cache_mode TO force_generic_plan
SET enable_seqscan TO off
AS $body$
BEGIN
  RETURN QUERY SELECT * FROM jobs WHERE job_id = of_job;
END
$body$
--;
-- Wakes at most `most` jobs that are parked although nothing holds them: the function that removed the reason died before it woke them. Reads one
-- row for each concurrency key with parked jobs, for each queue with jobs that a pause holds, and two more for each tenant with held jobs.
CREATE FUNCTION wake_forgotten(most integer) RETURNS TABLE (woken_id uuid, woken_tenant text, woken_queue text)
LANGUAGE plpgsql
SET plan_cache_mode TO force_generic_plan
SET enable_seqscan TO off
AS $body$
DECLARE
  place record;
  woken integer;
BEGIN
  SELECT '' AS tenant, '' AS name INTO place;
  LOOP
    SELECT j.tenant, j.concurrency_key AS name, j.job_id INTO place
    FROM jobs j
    WHERE j.concurrency_key IS NOT NULL AND j.held_by = 'concurrency' AND j.status = 'created' AND j.wake_at IS NULL
      AND (j.tenant COLLATE "C", j.concurrency_key COLLATE "C") > (place.tenant, place.name)
    ORDER BY j.tenant COLLATE "C", j.concurrency_key COLLATE "C"
    LIMIT 1;
    EXIT WHEN NOT FOUND;
    -- This transaction takes the locks of many keys in another order than claims do, so it must not wait for a lock. The transaction that holds
    -- the lock of a key wakes the key's parked jobs.
    IF pg_try_advisory_xact_lock(flow_lock('concurrency key', place.tenant, place.name)) THEN
      RETURN QUERY SELECT w.* FROM wake_parked(ARRAY[place.job_id], '{}', most) AS w;
      GET DIAGNOSTICS woken = ROW_COUNT;
      most := most - woken;
      IF most <= 0 THEN
        RETURN;
      END IF;
    END IF;
  END LOOP;

  SELECT '' AS tenant, '' AS held_by, '' AS name INTO place;
  LOOP
    SELECT j.tenant, j.held_by, CASE j.held_by WHEN 'rate' THEN j.rate_key ELSE j.queue END AS name INTO place
    FROM jobs j
    WHERE j.held_by IS NOT NULL AND j.status = 'created'
      AND (j.tenant, j.held_by, CASE j.held_by WHEN 'rate' THEN j.rate_key ELSE j.queue END) > (place.tenant, place.held_by, place.name)
    ORDER BY j.tenant, j.held_by, CASE j.held_by WHEN 'rate' THEN j.rate_key ELSE j.queue END
    LIMIT 1;
    EXIT WHEN NOT FOUND;
    IF place.held_by = 'pause' THEN
      RETURN QUERY SELECT w.* FROM wake_resumed(place.tenant, place.name, most) AS w;
      GET DIAGNOSTICS woken = ROW_COUNT;
      most := most - woken;
      IF most <= 0 THEN
        RETURN;
      END IF;
    ELSE
      -- Past the other queues, or rate limits, whose jobs something else holds: there may be one for each job.
      SELECT place.tenant, CASE place.held_by WHEN 'concurrency' THEN 'pause' ELSE 'rates' END AS held_by, '' AS name INTO place;
    END IF;
  END LOOP;
END
$body$
