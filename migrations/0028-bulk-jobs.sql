-- The progress of each bulk job (docs/decisions/0078-bulk-changes.md).

-- A round changes jobs and advances the position in one statement, so a repeated round changes nothing. This is a separate table because a
-- round locks its row before the rows of other jobs. Locking the bulk job's row in `jobs` first would break the order of the ids.
CREATE TABLE bulk_runs (
  job_id   uuid PRIMARY KEY,
  -- The number of rounds so far.
  round    integer NOT NULL DEFAULT 0,
  -- The first and the last job that the rounds have examined. Null before the first round.
  first_id uuid,
  last_id  uuid,
  is_done  boolean NOT NULL DEFAULT false,
  matched  bigint NOT NULL DEFAULT 0,
  changed  bigint NOT NULL DEFAULT 0,
  skipped  bigint NOT NULL DEFAULT 0
)
--;
-- Not a foreign key, because each deletion of a job would then read this table.
CREATE FUNCTION delete_bulk_run() RETURNS trigger
LANGUAGE plpgsql AS $body$
BEGIN
  DELETE FROM bulk_runs WHERE job_id = OLD.job_id;
  RETURN NULL;
END
$body$
--;
CREATE TRIGGER delete_run_of_deleted_bulk_jobs AFTER DELETE ON jobs
FOR EACH ROW WHEN (OLD.type = 'bulk')
EXECUTE FUNCTION delete_bulk_run()
