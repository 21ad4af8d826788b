import { wantedIds } from './counted-rows.ts';

/**
 * A CTE, `locked`, which locks the rows of the jobs in `job_ids` (text: a JSON array of UUIDs). Rows are locked in id order,
 * so two statements that share jobs can't deadlock. A locked row is always the newest version, even if the statement's
 * snapshot is older, so decisions must be based on the locked rows.
 */
export const LOCKED_JOBS = `
locked AS (
  SELECT j.*
  FROM jobs j JOIN ${wantedIds('job_ids')} ON j.job_id = wanted.id
  ORDER BY j.job_id
  FOR UPDATE OF j
)`;

/**
 * Returns CTEs that wake parked jobs, for a statement that frees slots of concurrency keys. The rows in `woken` have the
 * columns of wake_parked in migration 0021.
 *
 * @param source a SELECT of the `job_id` and `concurrency_key` of the jobs that freed their slot
 * @param mostOfKey SQL for the maximum number of jobs to wake per key, which must not be lower than the number of slots that
 * the statement can free per key
 */
export function wakeParked(source: string, mostOfKey = '10'): string {
  return `
woken AS MATERIALIZED (
  SELECT parked.*
  FROM (SELECT array_agg(job_id) AS ids FROM (${source}) AS jobs_of_keys WHERE concurrency_key IS NOT NULL HAVING count(*) > 0) AS freed
    CROSS JOIN LATERAL wake_parked(freed.ids, '{}', ${mostOfKey}) AS parked
)`;
}

/** The rows of {@link wakeParked} as JSON; null if no jobs were woken. */
export const WOKEN = `(SELECT json_agg(json_build_object('job_id', woken_id, 'tenant', woken_tenant, 'queue', woken_queue)) FROM woken)`;

/** The message of a job that a client canceled, regardless of its last attempt's outcome. */
export const CANCELED_JOB = `'canceled by request'`;

/** The message of a job `j` whose lease expired on its last attempt. */
export const LOST_JOB = `format('The worker stopped without an answer on attempt %s of %s.', j.attempt, j.max_attempts)`;

/** The message of a job `j` whose queue was removed. */
export const JOB_WITHOUT_QUEUE = `format('The queue "%s" no longer exists in this deployment: add it to \`queues\`, or submit the job again.', j.queue)`;

/** The message of an attempt whose lease expired. */
export const LOST_ATTEMPT = `'The worker stopped without an answer.'`;
