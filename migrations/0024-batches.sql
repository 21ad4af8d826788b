-- Batches: jobs that are counted together, and one job that is submitted when all of them have ended (docs/decisions/0077-batches.md).

-- The batch that a job was submitted with; null for most jobs. A column without a default does not rewrite the table.
ALTER TABLE jobs ADD COLUMN batch_id text
--;
CREATE TABLE batches (
  tenant      text NOT NULL,
  batch_id    text NOT NULL,
  create_time timestamptz NOT NULL DEFAULT now(),
  -- From this time on, the batch accepts no further jobs.
  close_time  timestamptz,
  -- When the batch was closed and every job had ended. Never changes again, even if a job is retried.
  end_time    timestamptz,
  -- Counters of all jobs that were submitted with the batch, including pruned jobs. The remaining jobs wait or run.
  jobs        bigint NOT NULL DEFAULT 0,
  succeeded   bigint NOT NULL DEFAULT 0,
  failed      bigint NOT NULL DEFAULT 0,
  canceled    bigint NOT NULL DEFAULT 0,
  -- The job that is submitted at end_time: {"job_id", "type", "queue", "payload", "max_attempts", "timeout_seconds", "callback", "trace"}.
  -- json and not jsonb, as in jobs, so that the payload is returned as it was sent.
  on_complete json,
  PRIMARY KEY (tenant, batch_id),
  CHECK (end_time IS NULL OR close_time IS NOT NULL)
) WITH (fillfactor = 50) -- Leaves room for the next row version on the same page (HOT updates): no index has the counters.
--;
-- The list: newest first.
CREATE INDEX batches_create_time ON batches (tenant, create_time, batch_id)
--;
-- For pruning: the oldest first.
CREATE INDEX batches_expiry ON batches ((COALESCE(end_time, create_time)))
--;
-- Ends the batch in the statement that closes it or that ends its last job, whichever comes later.
CREATE FUNCTION end_batch() RETURNS trigger
LANGUAGE plpgsql AS $body$
BEGIN
  NEW.end_time := clock_timestamp();
  RETURN NEW;
END
$body$
--;
CREATE TRIGGER end_batch
BEFORE INSERT OR UPDATE ON batches
FOR EACH ROW
WHEN (NEW.close_time IS NOT NULL AND NEW.end_time IS NULL AND NEW.succeeded + NEW.failed + NEW.canceled >= NEW.jobs)
EXECUTE FUNCTION end_batch()
--;
-- Submits a batch's on_complete job in the statement that ends the batch, so no crash can separate the two. The job's id was chosen earlier.
CREATE FUNCTION submit_on_complete() RETURNS trigger
LANGUAGE plpgsql AS $body$
BEGIN
  INSERT INTO jobs
    (job_id, submission_id, tenant, type, queue, payload, max_attempts, timeout_seconds, run_at, wake_at, callback, submitted_by, trace,
     priority, concurrency_key, concurrency_limit, rate_key, rate_limit, rate_seconds, rate_burst, tags, metadata)
  SELECT o.job_id, o.job_id, NEW.tenant, o.type, o.queue, COALESCE(o.payload, 'null'), o.max_attempts, o.timeout_seconds,
         NEW.end_time, NEW.end_time, NULLIF(o.callback, 'null'), 'batch:' || NEW.batch_id, NULLIF(o.trace, 'null'),
         COALESCE(o.priority, 5), o.concurrency ->> 'key', (o.concurrency ->> 'limit')::int,
         o.rate_limit ->> 'key', (o.rate_limit ->> 'limit')::int, (o.rate_limit ->> 'per_seconds')::int, (o.rate_limit ->> 'burst')::int,
         o.tags, o.metadata
  FROM json_to_record(NEW.on_complete) AS o(
    job_id uuid, type text, queue text, payload json, max_attempts int, timeout_seconds int, callback jsonb, trace jsonb,
    priority smallint, concurrency jsonb, rate_limit jsonb, tags text[], metadata jsonb)
  ON CONFLICT (job_id) DO NOTHING;
  RETURN NULL;
END
$body$
--;
CREATE TRIGGER submit_on_complete_of_new
AFTER INSERT ON batches
FOR EACH ROW
WHEN (NEW.end_time IS NOT NULL AND NEW.on_complete IS NOT NULL)
EXECUTE FUNCTION submit_on_complete()
--;
CREATE TRIGGER submit_on_complete
AFTER UPDATE ON batches
FOR EACH ROW
WHEN (NEW.end_time IS NOT NULL AND OLD.end_time IS NULL AND NEW.on_complete IS NOT NULL)
EXECUTE FUNCTION submit_on_complete()
--;
-- Counts the jobs of batches within the statement that writes, ends, retries or deletes them. This holds for every statement.
--
-- A batch's row is locked from here to the end of the transaction. So statements that end jobs of one batch are serialized, and the later
-- statement sees the counts of the earlier one. To avoid deadlocks, every statement locks jobs before batches, and batches in the order of
-- their keys. That requires one pass over all rows of the statement. A statement-level trigger would slow down jobs without a batch (5 to 8 % of
-- a claim or record). So the trigger fires for each row that concerns a batch, and the first of these rows does the work for all.
CREATE FUNCTION count_jobs_of_batches() RETURNS trigger
LANGUAGE plpgsql
SET plan_cache_mode TO force_generic_plan
SET enable_seqscan TO off
AS $body$
DECLARE
  change record;
  is_closed boolean;
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.job_id <> (SELECT job_id FROM after_rows WHERE batch_id IS NOT NULL LIMIT 1) THEN RETURN NULL; END IF;
    FOR change IN
      SELECT tenant, batch_id, count(*) AS jobs
      FROM after_rows WHERE batch_id IS NOT NULL
      GROUP BY tenant, batch_id ORDER BY tenant, batch_id
    LOOP
      INSERT INTO batches AS present (tenant, batch_id, jobs)
      VALUES (change.tenant, change.batch_id, change.jobs)
      ON CONFLICT (tenant, batch_id) DO UPDATE SET jobs = present.jobs + EXCLUDED.jobs
      RETURNING present.close_time IS NOT NULL INTO is_closed;
      IF is_closed THEN
        -- See BATCH_CLOSED in lambdas/adapters/aurora/submission-store.ts. The statement writes no job at all.
        RAISE EXCEPTION 'The batch is closed.' USING ERRCODE = 'ERBAT';
      END IF;
    END LOOP;
    RETURN NULL;
  END IF;

  IF TG_OP = 'DELETE' THEN
    IF OLD.job_id <> (SELECT job_id FROM before_rows WHERE batch_id IS NOT NULL AND end_time IS NULL LIMIT 1) THEN RETURN NULL; END IF;
    -- The batch no longer waits for a job that was deleted before its end.
    FOR change IN
      SELECT tenant, batch_id, count(*) AS jobs
      FROM before_rows WHERE batch_id IS NOT NULL AND end_time IS NULL
      GROUP BY tenant, batch_id ORDER BY tenant, batch_id
    LOOP
      UPDATE batches b SET jobs = b.jobs - change.jobs WHERE b.tenant = change.tenant AND b.batch_id = change.batch_id;
    END LOOP;
    RETURN NULL;
  END IF;

  IF NEW.job_id <> COALESCE(
    (SELECT job_id FROM after_rows WHERE batch_id IS NOT NULL AND end_time IS NOT NULL LIMIT 1),
    (SELECT job_id FROM before_rows WHERE batch_id IS NOT NULL AND end_time IS NOT NULL LIMIT 1))
  THEN RETURN NULL; END IF;
  FOR change IN
    SELECT tenant, batch_id,
      COALESCE(sum(one) FILTER (WHERE status = 'success'), 0) AS succeeded,
      COALESCE(sum(one) FILTER (WHERE status = 'failed'), 0) AS failed,
      COALESCE(sum(one) FILTER (WHERE status = 'canceled'), 0) AS canceled
    FROM (
      SELECT tenant, batch_id, status, 1 AS one FROM after_rows WHERE batch_id IS NOT NULL AND end_time IS NOT NULL
      UNION ALL
      SELECT tenant, batch_id, status, -1 FROM before_rows WHERE batch_id IS NOT NULL AND end_time IS NOT NULL
    ) AS ends
    GROUP BY tenant, batch_id ORDER BY tenant, batch_id
  LOOP
    CONTINUE WHEN change.succeeded = 0 AND change.failed = 0 AND change.canceled = 0;
    UPDATE batches b
    SET succeeded = b.succeeded + change.succeeded, failed = b.failed + change.failed, canceled = b.canceled + change.canceled
    WHERE b.tenant = change.tenant AND b.batch_id = change.batch_id;
  END LOOP;
  RETURN NULL;
END
$body$
--;
CREATE TRIGGER count_inserted_jobs_of_batches
AFTER INSERT ON jobs
REFERENCING NEW TABLE AS after_rows
FOR EACH ROW
WHEN (NEW.batch_id IS NOT NULL)
EXECUTE FUNCTION count_jobs_of_batches()
--;
CREATE TRIGGER count_ended_jobs_of_batches
AFTER UPDATE ON jobs
REFERENCING OLD TABLE AS before_rows NEW TABLE AS after_rows
FOR EACH ROW
WHEN (NEW.batch_id IS NOT NULL AND (NEW.end_time IS NOT NULL OR OLD.end_time IS NOT NULL))
EXECUTE FUNCTION count_jobs_of_batches()
--;
CREATE TRIGGER count_deleted_jobs_of_batches
AFTER DELETE ON jobs
REFERENCING OLD TABLE AS before_rows
FOR EACH ROW
WHEN (OLD.batch_id IS NOT NULL AND OLD.end_time IS NULL)
EXECUTE FUNCTION count_jobs_of_batches()
--;
-- The number of unfinished jobs of a batch, as the calling statement sees it. In PL/pgSQL and not in SQL, so that it is planned only when it is called.
CREATE FUNCTION unfinished_jobs(of_tenant text, of_batch text) RETURNS bigint
LANGUAGE plpgsql STABLE AS $body$
BEGIN
  RETURN (SELECT jobs - succeeded - failed - canceled FROM batches WHERE tenant = of_tenant AND batch_id = of_batch);
END
$body$
