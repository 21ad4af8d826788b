-- A tenant's limit on jobs in flight, judged where the jobs are written (docs/decisions/0021-tenants.md).

-- Which of the jobs that a tenant offers may be written: those that are there already, for whoever repeats a submission is not
-- to be refused for it, and of the others as many as fit, in the order given.
--
-- The tenant's submissions pass one by one, from here to the end of their transactions. Each query of a volatile function has a
-- snapshot of its own: what those before have written is counted. An end that commits meanwhile is not seen; it only makes room.
CREATE FUNCTION admit_jobs(of_tenant text, max_in_flight integer, offered uuid[]) RETURNS SETOF uuid
LANGUAGE plpgsql AS $body$
DECLARE
  room bigint;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('errand: jobs in flight of ' || of_tenant, 0));
  SELECT max_in_flight - COALESCE(sum(counted.jobs), 0) INTO room
  FROM job_counts counted
  WHERE counted.tenant = of_tenant AND counted.status IN ('created', 'running');
  RETURN QUERY SELECT present.job_id FROM jobs present WHERE present.job_id = ANY (offered);
  RETURN QUERY
    SELECT new.job_id
    FROM unnest(offered) WITH ORDINALITY AS new(job_id, place)
    WHERE NOT EXISTS (SELECT FROM jobs present WHERE present.job_id = new.job_id)
    ORDER BY new.place
    LIMIT GREATEST(room, 0);
END
$body$
