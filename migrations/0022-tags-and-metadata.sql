-- Tags and metadata of jobs, and the search by them (docs/decisions/0075-tags-metadata-and-search.md).

-- Null for a job without tags, as in every row that the previous release writes.
ALTER TABLE jobs ADD COLUMN tags text[]
--;
-- A flat object of strings, numbers and booleans. Null for a job without metadata.
ALTER TABLE jobs ADD COLUMN metadata jsonb
--;
ALTER TABLE schedules ADD COLUMN tags text[]
--;
ALTER TABLE schedules ADD COLUMN metadata jsonb
--;
-- One row for each tag and each metadata pair of a job, so that the jobs with a tag can be read in the order of their ids. A GIN index has no
-- order. Only the triggers below write this table. A job without tags and metadata has no row here, and its deletion does not read this table.
CREATE TABLE job_terms (
  tenant text NOT NULL,
  -- A hash, because a value may be longer than an index key allows. Two terms may share a hash, so a search also compares the job's own tags and metadata.
  term   bigint NOT NULL,
  job_id uuid NOT NULL,
  PRIMARY KEY (tenant, term, job_id)
)
--;
CREATE FUNCTION tag_term(tag text) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN hashtextextended('tag:' || tag, 0)
--;
-- A key must not contain a colon.
CREATE FUNCTION metadata_term(key text, value text) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN hashtextextended('metadata:' || key || ':' || value, 0)
--;
-- The settings keep one plan per session: see record_history. The plan may stem from a time when the table was small, so a scan must be ruled out.
CREATE FUNCTION write_job_terms() RETURNS trigger
LANGUAGE plpgsql
SET plan_cache_mode TO force_generic_plan
SET enable_seqscan TO off
AS $body$
BEGIN
  IF TG_OP <> 'INSERT' THEN
    DELETE FROM job_terms
    WHERE tenant = OLD.tenant AND job_id = OLD.job_id AND term = ANY (ARRAY(
      SELECT tag_term(tag) FROM unnest(OLD.tags) AS tag
      UNION ALL
      SELECT metadata_term(key, value) FROM jsonb_each_text(OLD.metadata)));
  END IF;
  IF TG_OP <> 'DELETE' THEN
    INSERT INTO job_terms (tenant, term, job_id)
    SELECT NEW.tenant, tag_term(tag), NEW.job_id FROM unnest(NEW.tags) AS tag
    UNION
    SELECT NEW.tenant, metadata_term(key, value), NEW.job_id FROM jsonb_each_text(NEW.metadata);
  END IF;
  RETURN NULL;
END
$body$
--;
CREATE TRIGGER write_terms_of_inserted_jobs AFTER INSERT ON jobs
FOR EACH ROW WHEN (NEW.tags IS NOT NULL OR NEW.metadata IS NOT NULL)
EXECUTE FUNCTION write_job_terms()
--;
CREATE TRIGGER write_terms_of_updated_jobs AFTER UPDATE OF tags, metadata ON jobs
FOR EACH ROW WHEN (OLD.tags IS DISTINCT FROM NEW.tags OR OLD.metadata IS DISTINCT FROM NEW.metadata)
EXECUTE FUNCTION write_job_terms()
--;
CREATE TRIGGER delete_terms_of_deleted_jobs AFTER DELETE ON jobs
FOR EACH ROW WHEN (OLD.tags IS NOT NULL OR OLD.metadata IS NOT NULL)
EXECUTE FUNCTION write_job_terms()
--;
-- Whether the time in a job's id (a UUIDv7: the first 48 bits are milliseconds since 1970) is more than a minute away from its
-- creation. That is possible for a job that another job submitted, and for a callback: their ids are about as old as the other job. The jobs created
-- in a period are the jobs whose ids are of that period, give or take a minute, and some of the jobs selected here.
CREATE FUNCTION is_id_off_time(job_id uuid, create_time timestamptz) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN to_timestamp(CAST(CAST('x' || translate(left(CAST(job_id AS text), 13), '-', '') AS bit(48)) AS bigint) / 1000.0::float8) - create_time
  NOT BETWEEN interval '-1 minute' AND interval '1 minute'
