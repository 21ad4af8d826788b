-- How many jobs there are, without counting them each time (docs/decisions/0012-statistics.md).

-- Whoever writes a job waits until they are counted and every further write is.
LOCK TABLE jobs IN SHARE ROW EXCLUSIVE MODE
--;
-- A sum of many small rows: `slot` spreads the writers, who would otherwise wait for each other's commit.
CREATE TABLE job_counts (
  tenant text NOT NULL,
  type   text NOT NULL,
  status text NOT NULL,
  slot   smallint NOT NULL,
  jobs   bigint NOT NULL,
  PRIMARY KEY (tenant, type, status, slot)
) WITH (fillfactor = 50) -- Room for the next version on the same page: nothing but `jobs` ever changes.
--;
INSERT INTO job_counts (tenant, type, status, slot, jobs)
SELECT tenant, type, status, 0, count(*) FROM jobs GROUP BY tenant, type, status
--;
-- Once a statement, however many jobs it writes; a statement that leaves every state as it is writes nothing here.
-- A connection keeps to its slot. Keys in order: two statements that meet in a slot wait for each other, not in a circle.
CREATE FUNCTION count_jobs() RETURNS trigger
LANGUAGE plpgsql AS $body$
DECLARE
  own_slot CONSTANT smallint := pg_backend_pid() % 32;
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO job_counts (tenant, type, status, slot, jobs)
    SELECT tenant, type, status, own_slot, count(*) FROM after_rows
    GROUP BY tenant, type, status ORDER BY tenant, type, status
    ON CONFLICT (tenant, type, status, slot) DO UPDATE SET jobs = job_counts.jobs + EXCLUDED.jobs;
  ELSIF TG_OP = 'UPDATE' THEN
    INSERT INTO job_counts (tenant, type, status, slot, jobs)
    SELECT tenant, type, status, own_slot, sum(change)
    FROM (
      SELECT tenant, type, status, 1 AS change FROM after_rows
      UNION ALL
      SELECT tenant, type, status, -1 FROM before_rows
    ) AS changes
    GROUP BY tenant, type, status HAVING sum(change) <> 0 ORDER BY tenant, type, status
    ON CONFLICT (tenant, type, status, slot) DO UPDATE SET jobs = job_counts.jobs + EXCLUDED.jobs;
  ELSE
    INSERT INTO job_counts (tenant, type, status, slot, jobs)
    SELECT tenant, type, status, own_slot, -count(*) FROM before_rows
    GROUP BY tenant, type, status ORDER BY tenant, type, status
    ON CONFLICT (tenant, type, status, slot) DO UPDATE SET jobs = job_counts.jobs + EXCLUDED.jobs;
  END IF;
  RETURN NULL;
END
$body$
--;
CREATE TRIGGER count_inserted_jobs AFTER INSERT ON jobs
REFERENCING NEW TABLE AS after_rows
FOR EACH STATEMENT EXECUTE FUNCTION count_jobs()
--;
CREATE TRIGGER count_updated_jobs AFTER UPDATE ON jobs
REFERENCING OLD TABLE AS before_rows NEW TABLE AS after_rows
FOR EACH STATEMENT EXECUTE FUNCTION count_jobs()
--;
CREATE TRIGGER count_deleted_jobs AFTER DELETE ON jobs
REFERENCING OLD TABLE AS before_rows
FOR EACH STATEMENT EXECUTE FUNCTION count_jobs()
--;
-- Whose head is the job that has waited longest. Holds only what no worker has claimed.
CREATE INDEX jobs_waiting ON jobs (tenant, run_at) WHERE status = 'created'
