import type { Statement } from '../data-api.ts';
import { JOB_SUMMARY } from './job-document.ts';
import { lengthOf, wantedIds } from './counted-rows.ts';

/** The rows in `jobs` (text), a JSON array of {@link NewJob}. */
const OFFERED_JOBS = `
  SELECT *
  FROM json_to_recordset(:jobs::json) AS n(
    job_id uuid, submission_id uuid, tenant text, object_id text, type text, queue text, payload json,
    max_attempts int, timeout_seconds int, delay_seconds int, callback jsonb, submitted_by text, trace jsonb,
    priority smallint, concurrency jsonb, rate_limit jsonb, debounced boolean, batch_id text, tags text[], metadata jsonb,
    max_duration_seconds int, parent_job_id uuid, parent_step text, child_place int, ends_with_parent boolean)
  LIMIT ${lengthOf('jobs')}`;

/** Writes the rows in `new`. */
const WRITE_NEW_JOBS = `
j AS (
  INSERT INTO jobs AS present
    (job_id, submission_id, tenant, object_id, type, queue, payload, max_attempts, timeout_seconds, run_at, wake_at, callback,
     submitted_by, trace, priority, concurrency_key, concurrency_limit, rate_key, rate_limit, rate_seconds, rate_burst, debounced,
     batch_id, tags, metadata, max_duration_seconds, parent_job_id, parent_step, child_place, ends_with_parent)
  SELECT job_id, submission_id, tenant, object_id, type, queue, COALESCE(payload, 'null'), max_attempts, timeout_seconds,
         now() + make_interval(secs => delay_seconds), now() + make_interval(secs => delay_seconds),
         NULLIF(callback, 'null'), submitted_by, NULLIF(trace, 'null'), COALESCE(priority, 5),
         concurrency ->> 'key', (concurrency ->> 'limit')::int,
         rate_limit ->> 'key', (rate_limit ->> 'limit')::int, (rate_limit ->> 'per_seconds')::int, (rate_limit ->> 'burst')::int,
         COALESCE(debounced, false),
         batch_id, tags, metadata, max_duration_seconds, parent_job_id, parent_step, child_place, COALESCE(ends_with_parent, false)
  FROM new
  ORDER BY job_id
  ON CONFLICT (job_id) DO UPDATE SET job_id = excluded.job_id
  RETURNING present.*
)
SELECT json_build_object('inserted', j.submission_id = new.submission_id, 'job', ${JOB_SUMMARY})::text
FROM j JOIN new USING (job_id)`;

/**
 * `jobs` (text): a JSON array of {@link NewJob}. Inserts the jobs in the array that don't exist yet, and returns every job in the array. A repeated
 * statement returns the same jobs.
 *
 * For an existing job, the ON CONFLICT update changes nothing, but makes the statement return the row. A SELECT would not
 * see rows that another submission committed after this statement began.
 */
export const INSERT_JOBS: Statement = {
  name: 'insert-jobs',
  sql: `
WITH new AS (${OFFERED_JOBS}
),${WRITE_NEW_JOBS}`,
};

/**
 * `jobs` (text) as for {@link INSERT_JOBS}, `max_in_flight` (integer). Like INSERT_JOBS, but neither writes nor returns jobs
 * that would exceed their tenant's limit of `max_in_flight` unfinished jobs.
 */
export const INSERT_JOBS_THAT_FIT: Statement = {
  name: 'insert-jobs-that-fit',
  sql: `
WITH offered AS (${OFFERED_JOBS}
),
admitted AS MATERIALIZED (
  SELECT admit_jobs(of_tenant.tenant, :max_in_flight::integer, of_tenant.job_ids) AS job_id
  FROM (SELECT tenant, array_agg(job_id) AS job_ids FROM offered GROUP BY tenant) AS of_tenant
),
new AS (
  SELECT offered.* FROM offered JOIN admitted USING (job_id)
),${WRITE_NEW_JOBS}`,
};

/** `tenant` (text), `job_ids` (text): a JSON array of UUIDs. Returns the jobs that exist. */
export const FIND_JOBS: Statement = {
  name: 'find-jobs',
  sql: `
SELECT ${JOB_SUMMARY}::text
FROM jobs j JOIN ${wantedIds('job_ids')} ON j.job_id = wanted.id
WHERE j.tenant = :tenant`,
};
