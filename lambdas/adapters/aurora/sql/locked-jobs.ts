import { wantedIds } from './counted-rows.ts';

/**
 * The jobs that `job_ids` (text: a JSON array of UUIDs) names, as the rows `locked`, for a WITH clause. Rows are locked in
 * the order of their ids, so two statements that share jobs can't lock each other out. A locked row is the newest version,
 * whatever the statement's snapshot says: what is decided on it is current.
 */
export const LOCKED_JOBS = `
locked AS (
  SELECT j.*
  FROM jobs j JOIN ${wantedIds('job_ids')} ON j.job_id = wanted.id
  ORDER BY j.job_id
  FOR UPDATE OF j
)`;

/** The message of a job that a client canceled, whatever its last attempt came to. */
export const CANCELED_JOB = `'canceled by request'`;

/** The message of a job `j` whose lease has ended on its last attempt. */
export const LOST_JOB = `format('The worker stopped without an answer on attempt %s of %s.', j.attempt, j.max_attempts)`;

/** The message of a job `j` whose queue was removed. */
export const JOB_WITHOUT_QUEUE = `format('The queue "%s" no longer exists in this deployment: add it to \`queues\`, or submit the job again.', j.queue)`;

/** The message of an attempt whose lease has ended. */
export const LOST_ATTEMPT = `'The worker stopped without an answer.'`;
