import type { JobDatabase } from '../helpers/aurora.ts';
import { WATCH_LIMITS } from '../helpers/watched-limits.ts';
import { RATES } from './flow-race-scenario.ts';

/** SQL for triggers that check the limits of concurrency keys, and record when each job with a rate limit started. */
export const WATCH_STARTS = [
  ...WATCH_LIMITS,
  'CREATE TABLE rate_starts (rate_key text NOT NULL, start_time timestamptz NOT NULL)',
  `CREATE FUNCTION note_rate_start() RETURNS trigger LANGUAGE plpgsql AS $body$
   BEGIN
     INSERT INTO rate_starts VALUES (NEW.rate_key, clock_timestamp());
     RETURN NULL;
   END $body$`,
  `CREATE TRIGGER note_rate_start AFTER INSERT OR UPDATE ON rate_limits FOR EACH ROW EXECUTE FUNCTION note_rate_start()`,
  'GRANT ALL ON rate_starts TO PUBLIC',
];

/**
 * SQL that makes more connections share a counter row. Normally, connections share a row only if their process ids are equal modulo 32.
 */
export const CROWD_THE_COUNTS = [
  `DO $body$ BEGIN EXECUTE replace(pg_get_functiondef('count_jobs'::regproc), '% 32', '% 2'); END $body$`,
];

/**
 * Selects jobs that are parked without a reason, or open without a message. Run this query only after all other statements have ended and no
 * message is left.
 */
export const FAULTS_AT_REST = `
WITH parked AS (SELECT * FROM jobs WHERE status = 'created' AND wake_at IS NULL)
SELECT job_id, held_by, concurrency_key, 'parked for a reason that is gone' AS fault
FROM parked p
WHERE CASE held_by
  WHEN 'pause' THEN NOT EXISTS (
    SELECT FROM pauses WHERE tenant = p.tenant AND ((kind = 'queue' AND name = p.queue) OR (kind = 'type' AND name = p.type)))
  WHEN 'concurrency' THEN
    (SELECT count(*) FROM jobs j
     WHERE j.tenant = p.tenant AND j.concurrency_key = p.concurrency_key
       AND use_of_key(j.status, j.held_by, j.wake_at) = 'slot')
    < COALESCE(
      (SELECT max_running FROM concurrency_limits l WHERE l.tenant = p.tenant AND l.concurrency_key = p.concurrency_key),
      p.concurrency_limit)
  ELSE true END
UNION ALL
SELECT job_id, held_by, concurrency_key, format('open without a message: %s', status)
FROM jobs WHERE wake_at IS NOT NULL`;

/** Selects attempts that were taken over from a worker that was still alive. */
export const LOST_BY_THE_LIVING = `SELECT * FROM job_attempts WHERE outcome = 'lost' AND worker LIKE 'living-%'`;

/** Returns the rate limits that were exceeded during the race. At most `limit + burst` jobs may start in any window. */
export async function faultsOfStarts(db: JobDatabase): Promise<string[]> {
  const faults = await db.sql<{ fault: string }>('SELECT fault FROM limit_faults');
  const windows = await db.sql<{ rate_key: keyof typeof RATES; starts: number }>(
    `SELECT rate_key, max(starts)::int AS starts
     FROM (
       SELECT rate_key,
         count(*) OVER (PARTITION BY rate_key ORDER BY start_time RANGE BETWEEN CURRENT ROW AND interval '1 s' FOLLOWING) AS starts
       FROM rate_starts) AS windows
     GROUP BY rate_key`,
  );
  return [
    ...faults.map(({ fault }) => fault),
    ...windows
      .filter(({ rate_key: key, starts }) => starts > RATES[key].limit + RATES[key].burst)
      .map(({ rate_key: key, starts }) => `${starts} jobs of the rate limit ${key} started within a second`),
  ];
}
