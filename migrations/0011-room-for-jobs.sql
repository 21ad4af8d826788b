-- The limit on a tenant's jobs in flight holds for jobs that are retried too.

-- How many more jobs a tenant may have in flight; negative where it has too many. The tenant's callers pass one by one, from here to the end
-- of their transactions: each counts what those before it have committed, for every query of a volatile function has a
-- snapshot of its own. An end that commits meanwhile is not seen; it only makes room.
CREATE FUNCTION room_for_jobs(of_tenant text, max_in_flight integer) RETURNS bigint
LANGUAGE plpgsql AS $body$
DECLARE
  room bigint;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('errand: jobs in flight of ' || of_tenant, 0));
  SELECT max_in_flight - COALESCE(sum(counted.jobs), 0) INTO room
  FROM job_counts counted
  WHERE counted.tenant = of_tenant AND counted.status IN ('created', 'running');
  RETURN room;
END
$body$
--;
-- As in migration 0008, with the count in one place.
CREATE OR REPLACE FUNCTION admit_jobs(of_tenant text, max_in_flight integer, offered uuid[]) RETURNS SETOF uuid
LANGUAGE plpgsql AS $body$
DECLARE
  room bigint;
BEGIN
  room := room_for_jobs(of_tenant, max_in_flight);
  RETURN QUERY SELECT present.job_id FROM jobs present WHERE present.job_id = ANY (offered);
  RETURN QUERY
    SELECT new.job_id
    FROM unnest(offered) WITH ORDINALITY AS new(job_id, place)
    WHERE NOT EXISTS (SELECT FROM jobs present WHERE present.job_id = new.job_id)
    ORDER BY new.place
    LIMIT GREATEST(room, 0);
END
$body$
