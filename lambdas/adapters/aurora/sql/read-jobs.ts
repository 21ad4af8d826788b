import type { Statement } from '../data-api.ts';
import { JOB_DOCUMENT, JOB_SUMMARY } from './job-document.ts';

/** `tenant` (text), `job_id` (uuid): one job, or no row. */
export const GET_JOB: Statement = {
  name: 'get-job',
  sql: `SELECT ${JOB_DOCUMENT}::text FROM jobs j WHERE j.job_id = :job_id::uuid AND j.tenant = :tenant`,
};

/** `tenant` (text), `job_id` (uuid): the attempts at a job, first to last, as one array; no row where there is no job. */
export const LIST_ATTEMPTS: Statement = {
  name: 'list-attempts',
  sql: `
SELECT COALESCE(json_agg(json_build_object(
         'attempt', a.attempt,
         'start_time', iso_8601(a.start_time),
         'end_time', iso_8601(a.end_time),
         'outcome', a.outcome,
         'message', a.message) ORDER BY a.attempt) FILTER (WHERE a.job_id IS NOT NULL), '[]')::text
FROM jobs j LEFT JOIN job_attempts a USING (job_id)
WHERE j.job_id = :job_id::uuid AND j.tenant = :tenant
GROUP BY j.job_id`,
};

/** The filters of a list, each with the index that serves it; `job_id` runs through all of them as the keyset. */
const FILTERS = {
  status: 'j.status = :status',
  type: 'j.type = :type',
  object_id: 'j.object_id = :object_id',
  before: 'j.job_id < :before::uuid',
} as const;

export type ListFilter = keyof typeof FILTERS;

/**
 * A page of jobs, newest first. Only the conditions that are asked for stand in the statement, so that Postgres plans
 * each combination with the index that fits it.
 *
 * `tenant` (text), `limit` (integer), and one parameter per filter.
 */
export function listJobs(filters: readonly ListFilter[]): Statement {
  const conditions = ['j.tenant = :tenant', ...filters.map((filter) => FILTERS[filter])];
  return {
    name: ['list-jobs', ...filters].join('-'),
    sql: `SELECT ${JOB_SUMMARY}::text FROM jobs j WHERE ${conditions.join(' AND ')} ORDER BY j.job_id DESC LIMIT :limit`,
  };
}
