-- Jobs of several steps: their recorded steps, signals and children.

-- A suspended job is `created` and `continues`: its next claim continues the same attempt. Its run_at is the latest time to go on.
ALTER TABLE jobs
  ADD COLUMN continues boolean NOT NULL DEFAULT false,
  -- Why a suspended job still waits. Null if it continues at once.
  ADD COLUMN waits_for text,
  -- Null: a day.
  ADD COLUMN max_duration_seconds integer,
  -- When the job's maximum duration ends. Set by the first suspension.
  ADD COLUMN expires_at timestamptz,
  -- Not a foreign key: the end of a child must never wait for the parent's row, and a parent can be deleted before its children.
  ADD COLUMN parent_job_id uuid,
  ADD COLUMN parent_step text,
  -- The index of the item that the parent's `map` submitted this job for.
  ADD COLUMN child_place integer,
  -- Whether the cancellation of the parent cancels this job.
  ADD COLUMN ends_with_parent boolean NOT NULL DEFAULT false
--;
-- Existing rows satisfy all of these constraints. NOT VALID skips the check, which would lock the table while it reads all rows.
ALTER TABLE jobs
  ADD CONSTRAINT jobs_waits_for_check CHECK (waits_for IN ('time', 'signal', 'children')) NOT VALID,
  ADD CONSTRAINT jobs_max_duration_check CHECK (max_duration_seconds >= 1) NOT VALID,
  ADD CONSTRAINT jobs_parent_check CHECK ((parent_job_id IS NULL) = (parent_step IS NULL)) NOT VALID
--;
CREATE TABLE job_steps (
  job_id       uuid NOT NULL REFERENCES jobs ON DELETE CASCADE,
  step         text NOT NULL,
  -- The order in which steps were first recorded.
  place        bigint GENERATED ALWAYS AS IDENTITY,
  kind         text NOT NULL CHECK (kind IN ('run', 'sleep', 'signal', 'approval', 'submit', 'result', 'map', 'checkpoint')),
  status       text NOT NULL CHECK (status IN ('waiting', 'success', 'failed')),
  -- How many calls of the step's function have failed.
  failures     integer NOT NULL DEFAULT 0,
  start_time   timestamptz NOT NULL DEFAULT clock_timestamp(),
  end_time     timestamptz,
  -- When the wait, or the back-off of a failed call, is over.
  due_at       timestamptz,
  timed_out    boolean NOT NULL DEFAULT false,
  -- Whether the job is, or was last, suspended until this step is over.
  awaited      boolean NOT NULL DEFAULT false,
  detail       json NOT NULL DEFAULT '{}',
  result       json,
  result_bytes integer GENERATED ALWAYS AS (octet_length(result::text)) STORED,
  message      text,
  PRIMARY KEY (job_id, step)
)
--;
-- The signals that were sent to a job. A step takes the oldest of its name.
CREATE TABLE job_signals (
  job_id      uuid NOT NULL REFERENCES jobs ON DELETE CASCADE,
  name        text NOT NULL,
  key         text NOT NULL,
  place       bigint GENERATED ALWAYS AS IDENTITY,
  payload     json NOT NULL,
  create_time timestamptz NOT NULL DEFAULT clock_timestamp(),
  sent_by     text,
  -- The step that received the signal.
  taken_by    text,
  PRIMARY KEY (job_id, name, key)
)
--;
-- The key of the HMAC of approval links. gen_random_uuid() has 122 random bits.
CREATE TABLE approval_key (
  is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
  secret  bytea NOT NULL CHECK (octet_length(secret) = 32)
)
--;
INSERT INTO approval_key (secret) SELECT sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))
--;
-- Jobs that wait for a signal or for children are counted separately, because they don't count toward the tenant's limit on jobs in flight.
ALTER TABLE job_counts
  ADD COLUMN waits boolean NOT NULL DEFAULT false,
  DROP CONSTRAINT job_counts_pkey,
  ADD PRIMARY KEY (tenant, type, status, queue, waits, slot)
--;
-- The function of migration 0027, with `waits`, and with the setting of migration 0019.
CREATE OR REPLACE FUNCTION count_jobs() RETURNS trigger
LANGUAGE plpgsql
SET plan_cache_mode TO force_generic_plan AS $body$
DECLARE
  own_slot CONSTANT smallint := pg_backend_pid() % 32;
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO job_counts (tenant, type, status, queue, waits, slot, jobs)
    SELECT tenant, type, status, CASE WHEN end_time IS NULL THEN queue ELSE '' END AS open_in, COALESCE(status = 'created' AND waits_for IN ('signal', 'children'), false) AS waits,
      own_slot, count(*)
    FROM after_rows
    GROUP BY tenant, type, status, open_in, waits ORDER BY tenant, type, status, open_in, waits
    ON CONFLICT (tenant, type, status, queue, waits, slot) DO UPDATE SET jobs = job_counts.jobs + EXCLUDED.jobs;
  ELSIF TG_OP = 'UPDATE' THEN
    INSERT INTO job_counts (tenant, type, status, queue, waits, slot, jobs)
    SELECT tenant, type, status, open_in, waits, own_slot, sum(change)
    FROM (
      SELECT tenant, type, status, CASE WHEN end_time IS NULL THEN queue ELSE '' END AS open_in, COALESCE(status = 'created' AND waits_for IN ('signal', 'children'), false) AS waits,
        1 AS change
      FROM after_rows
      UNION ALL
      SELECT tenant, type, status, CASE WHEN end_time IS NULL THEN queue ELSE '' END, COALESCE(status = 'created' AND waits_for IN ('signal', 'children'), false),
        -1
      FROM before_rows
    ) AS changes
    GROUP BY tenant, type, status, open_in, waits HAVING sum(change) <> 0 ORDER BY tenant, type, status, open_in, waits
    ON CONFLICT (tenant, type, status, queue, waits, slot) DO UPDATE SET jobs = job_counts.jobs + EXCLUDED.jobs;
  ELSE
    INSERT INTO job_counts (tenant, type, status, queue, waits, slot, jobs)
    SELECT tenant, type, status, CASE WHEN end_time IS NULL THEN queue ELSE '' END AS open_in, COALESCE(status = 'created' AND waits_for IN ('signal', 'children'), false) AS waits,
      own_slot, -count(*)
    FROM before_rows
    GROUP BY tenant, type, status, open_in, waits ORDER BY tenant, type, status, open_in, waits
    ON CONFLICT (tenant, type, status, queue, waits, slot) DO UPDATE SET jobs = job_counts.jobs + EXCLUDED.jobs;
  END IF;
  RETURN NULL;
END
$body$
--;
-- The function of migration 0011, without the jobs that wait for a signal or for children.
CREATE OR REPLACE FUNCTION room_for_jobs(of_tenant text, max_in_flight integer) RETURNS bigint
LANGUAGE plpgsql AS $body$
DECLARE
  room bigint;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('errand: jobs in flight of ' || of_tenant, 0));
  SELECT max_in_flight - COALESCE(sum(counted.jobs), 0) INTO room
  FROM job_counts counted
  WHERE counted.tenant = of_tenant AND counted.status IN ('created', 'running') AND NOT counted.waits;
  RETURN room;
END
$body$
--;
-- Ends the attempt of a suspended job that ends, whichever statement ends the job. The statement may have ended the attempt itself.
CREATE FUNCTION end_suspended_attempt() RETURNS trigger
LANGUAGE plpgsql
SET plan_cache_mode TO force_generic_plan
SET enable_seqscan TO off
AS $body$
BEGIN
  UPDATE job_attempts a
  SET end_time = NEW.end_time, outcome = CASE NEW.status WHEN 'canceled' THEN 'canceled' ELSE 'failed' END, message = NEW.message
  WHERE a.job_id = NEW.job_id AND a.attempt = NEW.attempt AND a.outcome IS NULL;
  RETURN NULL;
END
$body$
--;
CREATE TRIGGER end_suspended_attempt AFTER UPDATE ON jobs
FOR EACH ROW WHEN (OLD.continues AND OLD.status = 'created' AND NEW.end_time IS NOT NULL)
EXECUTE FUNCTION end_suspended_attempt()
--;
-- The function of migration 0019, without suspensions.
CREATE OR REPLACE FUNCTION record_history() RETURNS trigger
LANGUAGE plpgsql
SET plan_cache_mode TO force_generic_plan
SET enable_seqscan TO off
AS $body$
DECLARE
  own_slot CONSTANT smallint := history_slot();
  moment CONSTANT timestamptz := clock_timestamp();
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO job_history AS present (tenant, start_time, step_seconds, type, queue, slot, accepted)
    SELECT tenant, date_trunc('minute', create_time, 'UTC') AS minute, 60, type, queue, own_slot, count(*)
    FROM after_rows
    GROUP BY tenant, minute, type, queue
    ORDER BY tenant, minute, type, queue
    ON CONFLICT (tenant, start_time, type, queue, step_seconds, slot)
    DO UPDATE SET accepted = present.accepted + EXCLUDED.accepted;
    RETURN NULL;
  END IF;

  INSERT INTO job_history AS present (
    tenant, start_time, step_seconds, type, queue, slot,
    resubmitted, succeeded, failed, canceled, started, retried, attempts_failed, timed_out, lost, throttled,
    waiting, waiting_sum_ms, waiting_max_ms, run, run_sum_ms, run_max_ms, end_to_end, end_to_end_sum_ms, end_to_end_max_ms)
  SELECT
    tenant, minute, 60, type, queue, own_slot,
    count(*) FILTER (WHERE was IN ('failed', 'canceled')),
    count(*) FILTER (WHERE status = 'success'),
    count(*) FILTER (WHERE status = 'failed'),
    count(*) FILTER (WHERE status = 'canceled'),
    count(*) FILTER (WHERE status = 'running'),
    count(*) FILTER (WHERE was = 'running' AND status IN ('created', 'running')),
    count(*) FILTER (WHERE outcome = 'failed'),
    count(*) FILTER (WHERE outcome = 'timeout'),
    count(*) FILTER (WHERE outcome = 'lost'),
    count(*) FILTER (WHERE outcome = 'throttled'),
    COALESCE(sum(histogram_of(waiting_ms)), 0), COALESCE(sum(waiting_ms), 0), COALESCE(max(waiting_ms), 0),
    COALESCE(sum(histogram_of(run_ms)), 0), COALESCE(sum(run_ms), 0), COALESCE(max(run_ms), 0),
    COALESCE(sum(histogram_of(end_to_end_ms)), 0), COALESCE(sum(end_to_end_ms), 0), COALESCE(max(end_to_end_ms), 0)
  FROM (
    SELECT later.tenant, later.type, later.queue, earlier.status AS was, later.status, ended.outcome,
      date_trunc('minute', COALESCE(later.end_time, moment), 'UTC') AS minute,
      CASE WHEN earlier.status = 'created' AND later.status = 'running'
        THEN GREATEST(0, extract(epoch FROM moment - later.run_at) * 1000)::bigint END AS waiting_ms,
      -- The end of a lost attempt's run is unknown, a throttled attempt did not run, and an attempt that was suspended waited most of its time.
      CASE WHEN ended.outcome NOT IN ('lost', 'throttled') AND earlier.expires_at IS NULL
        THEN GREATEST(0, extract(epoch FROM ended.end_time - ended.start_time) * 1000)::bigint END AS run_ms,
      -- A client may retry a job days after its end, which says nothing about the service.
      CASE WHEN later.end_time IS NOT NULL AND later.resubmission_id IS NULL
        THEN GREATEST(0, extract(epoch FROM later.end_time - later.create_time) * 1000)::bigint END AS end_to_end_ms
    FROM before_rows earlier
    JOIN after_rows later USING (job_id)
    LEFT JOIN LATERAL (
      SELECT a.outcome, a.start_time, a.end_time
      FROM job_attempts a
      WHERE (earlier.status = 'running' OR earlier.continues) AND a.job_id = earlier.job_id AND a.attempt = earlier.attempt
      LIMIT 1
    ) AS ended ON true
    WHERE (earlier.status <> later.status OR earlier.attempt <> later.attempt)
      -- A suspension is not a retry, and the job's next claim does not start an attempt.
      AND NOT (later.continues AND earlier.status = 'running')
      AND NOT (earlier.continues AND later.status = 'running')
  ) AS changes
  GROUP BY tenant, minute, type, queue
  ORDER BY tenant, minute, type, queue
  ON CONFLICT (tenant, start_time, type, queue, step_seconds, slot) DO UPDATE SET
    resubmitted = present.resubmitted + EXCLUDED.resubmitted,
    succeeded = present.succeeded + EXCLUDED.succeeded,
    failed = present.failed + EXCLUDED.failed,
    canceled = present.canceled + EXCLUDED.canceled,
    started = present.started + EXCLUDED.started,
    retried = present.retried + EXCLUDED.retried,
    attempts_failed = present.attempts_failed + EXCLUDED.attempts_failed,
    timed_out = present.timed_out + EXCLUDED.timed_out,
    lost = present.lost + EXCLUDED.lost,
    throttled = present.throttled + EXCLUDED.throttled,
    waiting = present.waiting + EXCLUDED.waiting,
    waiting_sum_ms = present.waiting_sum_ms + EXCLUDED.waiting_sum_ms,
    waiting_max_ms = GREATEST(present.waiting_max_ms, EXCLUDED.waiting_max_ms),
    run = present.run + EXCLUDED.run,
    run_sum_ms = present.run_sum_ms + EXCLUDED.run_sum_ms,
    run_max_ms = GREATEST(present.run_max_ms, EXCLUDED.run_max_ms),
    end_to_end = present.end_to_end + EXCLUDED.end_to_end,
    end_to_end_sum_ms = present.end_to_end_sum_ms + EXCLUDED.end_to_end_sum_ms,
    end_to_end_max_ms = GREATEST(present.end_to_end_max_ms, EXCLUDED.end_to_end_max_ms);
  RETURN NULL;
END
$body$
--;
-- The function of migration 0021, without rate limits of suspended jobs.
CREATE OR REPLACE FUNCTION hold_back(of_job jobs, starting uuid[]) RETURNS text
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
  -- A rate limit counts attempts, and a suspended job continues the attempt that was counted.
  IF of_job.rate_key IS NULL OR of_job.continues THEN
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
