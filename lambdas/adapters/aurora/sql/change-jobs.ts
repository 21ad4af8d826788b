import type { Statement } from '../data-api.ts';
import { auditEntry } from './audit-entry.ts';
import { familyFields } from './family-fields.ts';
import { JOB_DOCUMENT } from './job-document.ts';
import { CANCELED_JOB, WOKEN, wakeParked } from './locked-jobs.ts';
import { BULK_JOB_TYPE } from '../../../job/catalogue.ts';

/**
 * The column assignments for the cancellation of a job `j`. `before` is the job's locked row; its status is `created` or
 * `running`.
 */
export const CANCELED_COLUMNS = `
      status = CASE before.status WHEN 'created' THEN 'canceled' ELSE before.status END,
      message = CASE before.status WHEN 'created' THEN ${CANCELED_JOB} ELSE before.message END,
      end_time = CASE before.status WHEN 'created' THEN clock_timestamp() END,
      wake_at = CASE before.status WHEN 'created' THEN NULL ELSE before.wake_at END,
      lease_expires_at = before.lease_expires_at,
      run_at = CASE WHEN before.wake_at IS NULL THEN before.due_at ELSE before.run_at END, held_by = NULL,
      -- A trigger of migration 0030 ends the attempt of a suspended job.
      continues = false, waits_for = NULL,
      cancel_requested_at = COALESCE(before.cancel_requested_at, clock_timestamp())`;

/**
 * Returns the column assignments for a client's retry of a job `j`.
 *
 * @param requestId SQL for the request's id (uuid), also used as the id of the job that sends the next callback
 */
export function resubmittedColumns(requestId: string): string {
  return `
      status = 'created',
      max_attempts = GREATEST(j.max_attempts, j.attempt + 1),
      run_at = clock_timestamp(), wake_at = clock_timestamp(), lease_expires_at = NULL, held_by = NULL, due_at = NULL,
      end_time = NULL, message = NULL, result = NULL, cancel_requested_at = NULL,
      progress = NULL, progress_note = NULL, continues = false, waits_for = NULL,
      expires_at = CASE WHEN j.expires_at IS NOT NULL
                   THEN clock_timestamp() + make_interval(secs => COALESCE(j.max_duration_seconds, 86400)) END,
      -- A new job will send the next outcome.
      callback = j.callback || jsonb_build_object('job_id', ${requestId}),
      resubmission_id = ${requestId}`;
}

/**
 * CTEs that reset the steps of the jobs in `changed`, which a client is retrying. A retry repeats only the unfinished and
 * failed steps, and runs on the current version of the code, even if the job was pinned to another version. An elapsed
 * sleep counts as ended, even though it is still recorded as waiting.
 *
 * When the code repeats a failed step, or a `map` with a failed child, it may take a different path than before. All
 * steps recorded after the failed step or `map` therefore become optional.
 */
export const FORGOTTEN_STEPS = `
forgotten_steps AS (
  DELETE FROM job_steps s USING changed
  WHERE s.job_id = changed.job_id AND s.status <> 'success' AND NOT (s.kind = 'sleep' AND s.due_at <= clock_timestamp())
),
turns AS (
  SELECT s.job_id, min(s.place) AS place
  FROM job_steps s JOIN changed USING (job_id)
  WHERE s.status = 'failed' OR (s.kind = 'map' AND s.status = 'success' AND s.result IS NULL)
  GROUP BY s.job_id
),
kept_steps AS (
  UPDATE job_steps s
  SET detail = ((s.detail::jsonb - 'version')
      || CASE WHEN s.place > turns.place THEN '{"isOptional": true}' ELSE '{}' END::jsonb)::json
  FROM changed LEFT JOIN turns USING (job_id)
  WHERE s.job_id = changed.job_id AND s.status = 'success' AND (s.detail ->> 'version' IS NOT NULL OR s.place > turns.place)
)`;

/**
 * `tenant` (text), `job_id` (uuid), and the parameters of {@link auditEntry}. Cancels a waiting job, or asks a running job
 * to stop. Returns the job in its new state. `applied` is false if the job had already ended. Only the first request to stop
 * a running job changes the job, so only that request gets an audit entry.
 *
 * The statement decides based on the locked row (`before`), which is current. The update itself starts from the row in the
 * statement's snapshot, and evaluates conditions and constraints on that row. While this statement was waiting for the lock,
 * another statement may have changed the row. Conditions therefore refer to `before`, and the update sets every column that
 * a constraint uses.
 */
export const CANCEL_JOB: Statement = {
  name: 'cancel-job',
  sql: `
WITH before AS (
  SELECT * FROM jobs WHERE job_id = :job_id::uuid AND tenant = :tenant FOR UPDATE
),
changed AS (
  UPDATE jobs j
  SET ${CANCELED_COLUMNS}
  FROM before
  WHERE j.job_id = before.job_id AND before.status IN ('created', 'running')
  RETURNING j.*
),${auditEntry('job_id::text', 'changed JOIN before USING (job_id) WHERE before.cancel_requested_at IS NULL')},${wakeParked(`SELECT * FROM before WHERE status = 'created' AND held_by = 'concurrency' AND wake_at IS NOT NULL AND EXISTS (SELECT FROM changed)`)},
j AS (
  SELECT true AS applied, changed.* FROM changed
  UNION ALL
  SELECT false AS applied, before.* FROM before WHERE NOT EXISTS (SELECT FROM changed)
)
SELECT json_build_object('applied', applied, 'woken', ${WOKEN}, ${familyFields('j', 'j.end_time IS NOT NULL')},
  'job', ${JOB_DOCUMENT})::text FROM j`,
};

/** Whether this deployment has the queue of a job `j`. `queues` (text) is a JSON array of the deployment's queues. */
export const HAS_QUEUE = `j.queue IN (SELECT json_array_elements_text(:queues::json))`;

/**
 * `tenant` (text), `job_id`, `request_id` (uuid), `max_in_flight` (integer, 0 for no limit), `queues` (text), a JSON array
 * of the deployment's queues; and the parameters of {@link auditEntry}. Returns a failed or canceled job to `created`, with
 * at least one attempt left. The job's attempt numbers continue from the last attempt's. Returns the job in its new
 * state.
 * `applied` is false if the job is in any other state, if its queue is missing (`is_without_queue` is true), or if the
 * tenant has reached its limit on jobs in flight (`is_beyond_limit` is true).
 *
 * Each request has a new `request_id`, which becomes the id of the job that sends the next callback, and identifies a
 * repeated request. A repeated request changes nothing and counts as applied, even if the job's state has changed since, or
 * the tenant has reached its limit.
 *
 * The tenant's lock is taken before the row's lock, as in a submission: "admission" takes the tenant's lock, and the row is
 * locked only when it is joined to "admission".
 */
export const RESUBMIT_JOB: Statement = {
  name: 'resubmit-job',
  sql: `
WITH admission AS MATERIALIZED (
  SELECT CASE WHEN :max_in_flight::integer = 0 THEN true
         ELSE room_for_jobs(:tenant, :max_in_flight::integer) > 0 END AS has_room
),
before AS (
  SELECT jobs.*
  FROM admission CROSS JOIN jobs
  WHERE job_id = :job_id::uuid AND tenant = :tenant
  FOR UPDATE OF jobs
),
changed AS (
  UPDATE jobs j
  SET ${resubmittedColumns(':request_id::uuid')}
  FROM before CROSS JOIN admission
  WHERE j.job_id = before.job_id AND before.status IN ('failed', 'canceled')
    AND before.resubmission_id IS DISTINCT FROM :request_id::uuid
    -- A client may be allowed to retry jobs but not to delete them, and a bulk job may delete jobs. So bulk jobs can't be
    -- retried.
    AND before.type <> '${BULK_JOB_TYPE}'
    AND admission.has_room AND ${HAS_QUEUE}
  RETURNING j.*
),${FORGOTTEN_STEPS},${auditEntry('job_id::text', 'changed')},
j AS (
  SELECT true AS applied, changed.* FROM changed
  UNION ALL
  SELECT before.resubmission_id IS NOT DISTINCT FROM :request_id::uuid AS applied, before.* FROM before WHERE NOT EXISTS (SELECT FROM changed)
)
SELECT json_build_object(
  'applied', applied,
  'is_without_queue', NOT applied AND j.status IN ('failed', 'canceled') AND NOT ${HAS_QUEUE},
  'is_beyond_limit', NOT applied AND j.status IN ('failed', 'canceled') AND ${HAS_QUEUE},
  'job', ${JOB_DOCUMENT})::text
FROM j`,
};
