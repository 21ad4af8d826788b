-- What happened to the jobs in each minute, for charts (docs/decisions/0070-history.md).

-- One row for each minute, type and queue in which something happened, and a further one for each writer that met another. The sweeper
-- merges old minutes into five minutes, then into hours, then into days.
CREATE TABLE job_history (
  tenant            text NOT NULL,
  start_time        timestamptz NOT NULL,
  step_seconds      integer NOT NULL CHECK (step_seconds IN (60, 300, 3600, 86400)),
  type              text NOT NULL,
  queue             text NOT NULL,
  -- The writer: see history_slot.
  slot              smallint NOT NULL,
  -- Jobs.
  accepted          bigint NOT NULL DEFAULT 0,
  resubmitted       bigint NOT NULL DEFAULT 0,
  succeeded         bigint NOT NULL DEFAULT 0,
  failed            bigint NOT NULL DEFAULT 0,
  canceled          bigint NOT NULL DEFAULT 0,
  -- Attempts.
  started           bigint NOT NULL DEFAULT 0,
  retried           bigint NOT NULL DEFAULT 0,
  attempts_failed   bigint NOT NULL DEFAULT 0,
  timed_out         bigint NOT NULL DEFAULT 0,
  lost              bigint NOT NULL DEFAULT 0,
  throttled         bigint NOT NULL DEFAULT 0,
  -- Each duration as a histogram (see histogram_of), and its sum and maximum in milliseconds.
  waiting           numeric NOT NULL DEFAULT 0,
  waiting_sum_ms    bigint NOT NULL DEFAULT 0,
  waiting_max_ms    bigint NOT NULL DEFAULT 0,
  run               numeric NOT NULL DEFAULT 0,
  run_sum_ms        bigint NOT NULL DEFAULT 0,
  run_max_ms        bigint NOT NULL DEFAULT 0,
  end_to_end        numeric NOT NULL DEFAULT 0,
  end_to_end_sum_ms bigint NOT NULL DEFAULT 0,
  end_to_end_max_ms bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant, start_time, type, queue, step_seconds, slot)
) WITH (fillfactor = 70) -- Room for the next version on the same page: an update never changes a key.
--;
-- The sweeper's: the oldest rows of a step.
CREATE INDEX job_history_step ON job_history (step_seconds, start_time)
--;
-- A histogram is one number with ten decimal digits for each bucket, so that adding numbers adds the buckets. This is the histogram of a
-- single duration: a 1 in the digits of its bucket. The upper bounds are in milliseconds (lambdas/job/history/histogram.ts).
CREATE FUNCTION histogram_of(duration_ms bigint) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (ARRAY[
  1e0, 1e10, 1e20, 1e30, 1e40, 1e50, 1e60, 1e70, 1e80, 1e90, 1e100, 1e110,
  1e120, 1e130, 1e140, 1e150, 1e160, 1e170, 1e180, 1e190, 1e200, 1e210, 1e220
]::numeric[])[1 + width_bucket(duration_ms, ARRAY[
  10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000,
  100000, 200000, 500000, 1000000, 2000000, 5000000, 10000000, 20000000, 50000000, 100000000
]::bigint[])]
--;
-- The lowest slot that no other transaction uses, until this one ends. So writers never wait for each other's rows, and at low
-- load there is one row per minute, type and queue. Beyond 64 concurrent writers, two may share a slot.
CREATE FUNCTION history_slot() RETURNS smallint
LANGUAGE plpgsql AS $body$
BEGIN
  FOR slot IN 0..63 LOOP
    IF pg_try_advisory_xact_lock(hashtext('errand: job_history'), slot) THEN
      RETURN slot;
    END IF;
  END LOOP;
  RETURN pg_backend_pid() % 64;
END
$body$
--;
-- Runs once per statement. A statement that changes no job's status, such as a heartbeat, or that is repeated, writes nothing here.
--
-- The settings keep one plan per session: planning for each call takes four times as long as the statement itself. The plan may be
-- from a time when job_attempts was small, so it must not scan that table.
CREATE FUNCTION record_history() RETURNS trigger
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
      -- An attempt that was lost ran until nobody knows when, and a throttled one did not run.
      CASE WHEN ended.outcome NOT IN ('lost', 'throttled')
        THEN GREATEST(0, extract(epoch FROM ended.end_time - ended.start_time) * 1000)::bigint END AS run_ms,
      -- A client may retry a job days after its end, which says nothing about the service.
      CASE WHEN later.end_time IS NOT NULL AND later.resubmission_id IS NULL
        THEN GREATEST(0, extract(epoch FROM later.end_time - later.create_time) * 1000)::bigint END AS end_to_end_ms
    FROM before_rows earlier
    JOIN after_rows later USING (job_id)
    LEFT JOIN LATERAL (
      SELECT a.outcome, a.start_time, a.end_time
      FROM job_attempts a
      WHERE earlier.status = 'running' AND a.job_id = earlier.job_id AND a.attempt = earlier.attempt
      LIMIT 1
    ) AS ended ON true
    WHERE earlier.status <> later.status OR earlier.attempt <> later.attempt
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
CREATE TRIGGER record_history_of_inserted_jobs AFTER INSERT ON jobs
REFERENCING NEW TABLE AS after_rows
FOR EACH STATEMENT EXECUTE FUNCTION record_history()
--;
CREATE TRIGGER record_history_of_updated_jobs AFTER UPDATE ON jobs
REFERENCING OLD TABLE AS before_rows NEW TABLE AS after_rows
FOR EACH STATEMENT EXECUTE FUNCTION record_history()
--;
-- Migration 0005's counts have the same need of one plan. This saves most of what the history costs.
ALTER FUNCTION count_jobs() SET plan_cache_mode TO force_generic_plan
