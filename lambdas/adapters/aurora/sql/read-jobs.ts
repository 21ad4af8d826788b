import type { Statement } from '../data-api.ts';
import { JOB_DOCUMENT, JOB_SUMMARY } from './job-document.ts';
import { directionOf, examinedJobs, jobConditions, type JobSearch } from './job-filter.ts';

/** `tenant` (text), `job_id` (uuid). Returns one job, or no row. */
export const GET_JOB: Statement = {
  name: 'get-job',
  sql: `SELECT ${JOB_DOCUMENT}::text FROM jobs j WHERE j.job_id = :job_id::uuid AND j.tenant = :tenant`,
};

/** `tenant` (text), `job_id` (uuid). Returns one job's type, or no row. */
export const GET_TYPE: Statement = {
  name: 'get-type',
  sql: `SELECT to_json(j.type)::text FROM jobs j WHERE j.job_id = :job_id::uuid AND j.tenant = :tenant`,
};

/** `tenant` (text), `job_id` (uuid). Returns one job's status, or no row. */
export const GET_STATUS: Statement = {
  name: 'get-status',
  sql: `SELECT to_json(j.status)::text FROM jobs j WHERE j.job_id = :job_id::uuid AND j.tenant = :tenant`,
};

/**
 * The number of characters per part. A character takes at most four bytes, so a part is at most 60,000 bytes, and fits into
 * a row (64 KB).
 */
const PART_CHARACTERS = 15_000;

/**
 * `job_id` (uuid). Returns a job's payload or result as text, in parts that each fit into a row. The JSON is converted to
 * text only once, not once per part.
 */
export function readParts(column: 'payload' | 'result'): Statement {
  return {
    name: `read-parts-of-${column}`,
    sql: `
WITH document AS MATERIALIZED (
  SELECT ${column}::text AS text FROM jobs WHERE job_id = :job_id::uuid
)
SELECT substr(document.text, part.start, ${PART_CHARACTERS})
FROM document, generate_series(1, length(document.text), ${PART_CHARACTERS}) AS part(start)
ORDER BY part.start`,
  };
}

/**
 * The maximum number of attempts in a list. The list contains the latest attempts. A job exceeds this number only after
 * many retries by clients.
 */
const MAX_LISTED_ATTEMPTS = 200;

/**
 * The number of attempts, counted from the latest, that are listed with their stack and log. An attempt takes at most 20
 * KB with its stack and log, and at most 3.2 KB without them. All listed attempts therefore fit into one Data API
 * response (1 MiB, https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/data-api.limitations.html).
 */
const MAX_LISTED_FAILURES = 20;

/**
 * `tenant` (text), `job_id` (uuid). Returns a job's attempts, newest first. If there are no attempts, returns one row with a
 * null `attempt`. Returns no row if the job does not exist.
 */
export const LIST_ATTEMPTS: Statement = {
  name: 'list-attempts',
  sql: `
SELECT json_build_object(
  'attempt', a.attempt,
  'start_time', iso_8601(a.start_time),
  'end_time', iso_8601(a.end_time),
  'outcome', a.outcome,
  'message', a.message,
  'stack', CASE WHEN a.attempt > j.attempt - ${MAX_LISTED_FAILURES} THEN a.failure -> 'stack' END,
  'log', COALESCE(CASE WHEN a.attempt > j.attempt - ${MAX_LISTED_FAILURES} THEN a.failure -> 'log' END, '[]'))::text
FROM jobs j LEFT JOIN job_attempts a USING (job_id)
WHERE j.job_id = :job_id::uuid AND j.tenant = :tenant
ORDER BY a.attempt DESC
LIMIT ${MAX_LISTED_ATTEMPTS}`,
};

/**
 * The maximum number of log parts per response. Each part takes at most 60 KB, so all of them fit into one Data API response
 * (1 MiB).
 */
export const LOG_PARTS_AT_ONCE = 12;

/**
 * `tenant` (text), `job_id` (uuid), `attempt`, `part` (integers), `only_attempt` (integer, 0 for all attempts). Returns the
 * parts of a job's log after part `part` of attempt `attempt`, oldest first. If there are no later parts, returns one row
 * with a null `part`. Returns no row if the job does not exist.
 */
export const READ_LOG: Statement = {
  name: 'read-log',
  sql: `
SELECT json_build_object('status', j.status, 'attempt', p.attempt, 'part', p.part, 'lines', p.lines)::text
FROM jobs j LEFT JOIN LATERAL (
  SELECT * FROM job_log_parts
  WHERE job_id = j.job_id AND (attempt, part) > (:attempt::integer, :part::integer)
    AND (:only_attempt::integer = 0 OR attempt = :only_attempt::integer)
  ORDER BY attempt, part
  LIMIT ${LOG_PARTS_AT_ONCE}
) AS p ON true
WHERE j.job_id = :job_id::uuid AND j.tenant = :tenant
ORDER BY p.attempt, p.part`,
};

/** The maximum number of jobs that a search examines per page. */
export const MAX_EXAMINED_JOBS = 1_000;

/**
 * The maximum total size of a page's jobs, in bytes after the Data API has escaped them. The limit leaves room for the
 * rest of the response; a whole response is limited to 1 MiB.
 */
const MAX_PAGE_BYTES = 1_040_000;

/**
 * Returns a page of the jobs that a search finds, in the search's order. The first row is `{"found": count, "examined_to":
 * id}`; the other rows are the jobs. There may be fewer job rows than `found`, because the response's size is limited.
 * `examined_to` is the last examined job, or null if the page is full or there are no more jobs.
 *
 * The statement contains only the filter's conditions, so that Postgres plans each combination with the best index. Postgres
 * reads `examined` on demand, so it stops reading as soon as the page is full.
 *
 * `tenant` (text), `examined`, `limit` (integers), and the search's parameters.
 */
export function listJobs(search: JobSearch): Statement {
  const direction = directionOf(search.order);
  const conditions = jobConditions(search.filter).sql;
  const condition = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';
  return {
    name: 'list-jobs',
    isSlow: true,
    sql: `
WITH examined AS MATERIALIZED (
${examinedJobs(search)}
),
found AS MATERIALIZED (
  SELECT j.job_id, ${JOB_SUMMARY}::text AS document
  FROM examined j
  ${condition}
  ORDER BY j.job_id ${direction}
  LIMIT :limit
),
page AS (
  SELECT document, sum(octet_length(to_json(document)::text)) OVER (ORDER BY job_id ${direction}) AS bytes FROM found
),
answer AS (
  SELECT 0 AS bytes, json_build_object(
    'found', (SELECT count(*) FROM found),
    'examined_to', CASE WHEN (SELECT count(*) FROM found) < :limit
                   THEN (SELECT job_id FROM examined ORDER BY job_id ${direction} OFFSET :examined - 1 LIMIT 1) END)::text AS document
  UNION ALL
  SELECT bytes, document FROM page WHERE bytes <= ${MAX_PAGE_BYTES}
)
SELECT document FROM answer ORDER BY bytes`,
  };
}
