import type { Statement } from '../data-api.ts';
import { familyFields } from './family-fields.ts';
import {
  CANCELED_JOB,
  JOB_WITHOUT_QUEUE,
  LOCKED_JOBS,
  LOST_ATTEMPT,
  LOST_JOB,
  WOKEN,
  wakeParked,
} from './locked-jobs.ts';

/**
 * `job_ids` (text): a JSON array of UUIDs from dead letters. Fails jobs with an expired lease and no attempts left
 * (`lost`), or cancels those whose cancellation a client has requested. Returns one row per existing job, with the data
 * for its new message. A parked job gets the verdict `finished`, because it doesn't need a message. `in_ms` is the time
 * until the job can be claimed. One of the rows contains `woken`, a list of the parked jobs that got the slots of lost
 * jobs.
 */
export const SETTLE_DEAD_LETTERS: Statement = {
  name: 'settle-dead-letters',
  sql: `
WITH ${LOCKED_JOBS},
judged AS (
  SELECT *, clock_timestamp() AS moment,
    CASE
      WHEN status IN ('success', 'failed', 'canceled') OR (status = 'created' AND wake_at IS NULL) THEN 'finished'
      WHEN status = 'running' AND lease_expires_at <= clock_timestamp() AND attempt >= max_attempts THEN 'lost'
      ELSE 'send_again'
    END AS verdict
  FROM locked
),
ended AS (
  UPDATE jobs j
  SET status = CASE WHEN judged.cancel_requested_at IS NULL THEN 'failed' ELSE 'canceled' END,
      message = CASE WHEN judged.cancel_requested_at IS NULL THEN ${LOST_JOB} ELSE ${CANCELED_JOB} END,
      end_time = judged.moment, worker = NULL, lease_expires_at = NULL, wake_at = NULL
  FROM judged
  WHERE j.job_id = judged.job_id AND judged.verdict = 'lost'
  RETURNING j.job_id, j.status, j.parent_job_id, j.parent_step, j.concurrency_key, j.callback ->> 'job_id' AS callback_job_id
),
lost_attempts AS (
  UPDATE job_attempts a
  SET end_time = judged.moment, outcome = 'lost', message = ${LOST_ATTEMPT}
  FROM judged
  WHERE a.job_id = judged.job_id AND a.attempt = judged.attempt AND a.outcome IS NULL AND judged.verdict = 'lost'
),${wakeParked('SELECT * FROM ended')}
SELECT json_build_object(
  'job_id', judged.job_id,
  'tenant', judged.tenant,
  'queue', judged.queue,
  'verdict', judged.verdict,
  'callback_job_id', ended.callback_job_id,
  'woken', CASE row_number() OVER (ORDER BY job_id) WHEN 1 THEN ${WOKEN} END,
  'batch_id', CASE WHEN verdict = 'lost' THEN batch_id END,${familyFields('ended', 'true')},
  'in_ms', GREATEST(0, ceil(extract(epoch FROM wake_at - clock_timestamp()) * 1000)))::text
FROM judged LEFT JOIN ended USING (job_id)`,
};

/**
 * `job_ids` (text): a JSON array of UUIDs of jobs whose queue was removed. Fails waiting jobs, whether or not they are due,
 * and jobs with an expired lease. A job with an expired lease is canceled instead if a client has requested its
 * cancellation. Returns one row per job that this statement ended.
 */
export const FAIL_WITHOUT_QUEUE: Statement = {
  name: 'fail-without-queue',
  sql: `
WITH ${LOCKED_JOBS},
judged AS (
  SELECT *, clock_timestamp() AS moment
  FROM locked
  WHERE status = 'created' OR (status = 'running' AND lease_expires_at <= clock_timestamp())
),
ended AS (
  UPDATE jobs j
  SET status = CASE WHEN judged.cancel_requested_at IS NULL THEN 'failed' ELSE 'canceled' END,
      message = CASE WHEN judged.cancel_requested_at IS NULL THEN ${JOB_WITHOUT_QUEUE} ELSE ${CANCELED_JOB} END,
      end_time = judged.moment, worker = NULL, lease_expires_at = NULL, wake_at = NULL,
      -- A trigger of migration 0030 ends the attempt of a suspended job.
      continues = false, waits_for = NULL
  FROM judged
  WHERE j.job_id = judged.job_id
  RETURNING j.job_id, j.status, j.parent_job_id, j.parent_step, j.concurrency_key, j.tenant, j.queue, j.batch_id,
    j.callback ->> 'job_id' AS callback_job_id
),
lost_attempts AS (
  UPDATE job_attempts a
  SET end_time = judged.moment, outcome = 'lost', message = ${LOST_ATTEMPT}
  FROM judged
  WHERE a.job_id = judged.job_id AND a.attempt = judged.attempt AND a.outcome IS NULL AND judged.status = 'running'
),${wakeParked('SELECT * FROM ended')}
SELECT json_build_object('job_id', job_id, 'tenant', tenant, 'queue', queue, 'batch_id', batch_id, 'callback_job_id', callback_job_id,${familyFields('ended', 'true')},
  'woken', CASE row_number() OVER (ORDER BY job_id) WHEN 1 THEN ${WOKEN} END)::text
FROM ended`,
};

/**
 * The new `wake_at` of a job that the sweeper has taken: the current time, or a waiting job's start time if that is later.
 * (The sweeper may take a job before its start time, so that its message arrives in time.)
 */
const PUT_OFF = `GREATEST(now(), CASE j.status WHEN 'created' THEN j.run_at END)`;

/**
 * `after_seconds`, `limit` (integers). Takes jobs that should have been claimed at least `after_seconds` ago, oldest first.
 * For the next `after_seconds`, no sweep takes these jobs again. Concurrent sweeps take different jobs. Returns one row
 * with each job's `[id, tenant]`, by queue. An entry takes at most 110 bytes, so 500 entries fit within the Data API's limit of 64 KB per row. The
 * row also contains `next_in_ms`, the time until an open job is next due or its lease expires, measured
 * before the jobs were taken. `next_in_ms` is negative if a job was overdue, and null if no jobs are open.
 */
export const TAKE_OVERDUE: Statement = {
  name: 'take-overdue',
  isSlow: true,
  sql: `
WITH overdue AS (
  SELECT job_id
  FROM jobs
  WHERE wake_at < now() - :after_seconds * interval '1 second'
  ORDER BY wake_at
  LIMIT :limit
  FOR UPDATE SKIP LOCKED
),
taken AS (
  UPDATE jobs j SET wake_at = ${PUT_OFF} FROM overdue WHERE j.job_id = overdue.job_id RETURNING j.job_id, j.tenant, j.queue
)
SELECT json_build_object(
  'jobs', (
    SELECT COALESCE(json_object_agg(queue, jobs), '{}')
    FROM (SELECT queue, json_agg(json_build_array(job_id, tenant)) AS jobs FROM taken GROUP BY queue) AS of_queues),
  'next_in_ms', (SELECT ceil(extract(epoch FROM min(wake_at) - now()) * 1000) FROM jobs WHERE wake_at IS NOT NULL))::text`,
};

/** The predicate of the index jobs_open_of_queue, which contains all jobs that have a `wake_at`. */
const IS_OPEN = `status IN ('created', 'running')`;

/** The order of the index jobs_open_of_queue. No other index has these collations. */
const INDEX_ORDER = `j.queue COLLATE "C", j.tenant COLLATE "C", j.wake_at`;

/**
 * `queues` (text): a JSON array of queues, `is_chosen` (boolean): whether to take jobs from these queues, or from all
 * others. `after_seconds`, `of_each`, `limit` (integers). Like {@link TAKE_OVERDUE}, but takes and postpones only the
 * `of_each` oldest jobs per tenant and queue. If there are more than `limit` such jobs, every tenant's first job is taken
 * before any tenant's second. Returns one row per job.
 *
 * Reads only a few jobs, even if a million are waiting. "queues" steps from one queue with an open job to the next, and
 * "tenants" from one tenant to the next. Each step is one look-up in jobs_open_of_queue, and one more look-up finds the
 * tenant's oldest jobs. The conditions and the order match that index, including its collations and predicate, so that the
 * planner can't use another index. With the index jobs_wake_at or jobs_status, the statement would read one tenant's
 * backlog to find another tenant's job. Only the chosen jobs are locked, and the conditions are rechecked on the locked
 * rows.
 */
export const TAKE_OVERDUE_OF_EACH_TENANT: Statement = {
  name: 'take-overdue-of-each-tenant',
  isSlow: true,
  sql: `
WITH RECURSIVE queues AS (
  (SELECT j.queue FROM jobs j WHERE ${IS_OPEN} ORDER BY ${INDEX_ORDER} LIMIT 1)
  UNION ALL
  SELECT (
    SELECT j.queue
    FROM jobs j
    WHERE ${IS_OPEN} AND (j.queue COLLATE "C") > queues.queue
    ORDER BY ${INDEX_ORDER}
    LIMIT 1)
  FROM queues
  WHERE queues.queue IS NOT NULL
),
tenants AS (
  SELECT chosen.queue, (
    SELECT j.tenant FROM jobs j WHERE ${IS_OPEN} AND (j.queue COLLATE "C") = chosen.queue ORDER BY ${INDEX_ORDER} LIMIT 1) AS tenant
  FROM queues chosen
  WHERE chosen.queue IS NOT NULL AND (chosen.queue IN (SELECT json_array_elements_text(:queues::json))) = :is_chosen
  UNION ALL
  SELECT tenants.queue, (
    SELECT j.tenant
    FROM jobs j
    WHERE ${IS_OPEN} AND (j.queue COLLATE "C") = tenants.queue
      AND (j.tenant COLLATE "C", j.wake_at) > (tenants.tenant, 'infinity'::timestamptz)
    ORDER BY ${INDEX_ORDER}
    LIMIT 1)
  FROM tenants
  WHERE tenants.tenant IS NOT NULL
),
candidates AS (
  SELECT oldest.job_id, oldest.wake_at,
    row_number() OVER (PARTITION BY tenants.queue, tenants.tenant ORDER BY oldest.wake_at) AS place,
    count(*) OVER (PARTITION BY tenants.queue, tenants.tenant) AS of_tenant
  FROM tenants CROSS JOIN LATERAL (
    SELECT j.job_id, j.wake_at
    FROM jobs j
    WHERE ${IS_OPEN} AND (j.queue COLLATE "C") = tenants.queue
      AND (j.tenant COLLATE "C", j.wake_at) >= (tenants.tenant, '-infinity'::timestamptz)
      AND (j.tenant COLLATE "C", j.wake_at) < (tenants.tenant, now() - :after_seconds * interval '1 second')
    ORDER BY ${INDEX_ORDER}
    LIMIT :of_each
  ) AS oldest
),
chosen AS (
  SELECT job_id FROM candidates ORDER BY of_tenant, place, wake_at LIMIT :limit
),
overdue AS (
  SELECT job_id, wake_at
  FROM jobs
  WHERE job_id = ANY (ARRAY(SELECT job_id FROM chosen))
  FOR UPDATE SKIP LOCKED
),
taken AS (
  UPDATE jobs j
  SET wake_at = ${PUT_OFF}
  FROM overdue
  WHERE j.job_id = overdue.job_id AND overdue.wake_at < now() - :after_seconds * interval '1 second'
  RETURNING j.job_id, j.tenant, j.queue
)
SELECT json_build_object('job_id', job_id, 'tenant', tenant, 'queue', queue)::text FROM taken`,
};

/** `limit` (integer). Wakes parked jobs whose wake-up was lost. Returns one row per job. */
export const WAKE_FORGOTTEN: Statement = {
  name: 'wake-forgotten',
  isSlow: true,
  sql: `
SELECT json_build_object('job_id', woken_id, 'tenant', woken_tenant, 'queue', woken_queue)::text
FROM wake_forgotten(:limit::integer)`,
};
