import type { Statement } from '../data-api.ts';
import { INLINE_BYTES } from './job-document.ts';

/**
 * A CTE with the running job of a {@link StepWriter}: `job_id` (uuid), `attempt`, `fence` (integers). The job is locked, so
 * that its outcome can't be recorded until this statement has finished.
 */
const RUNNING = `
running AS MATERIALIZED (
  SELECT job_id
  FROM jobs
  WHERE job_id = :job_id::uuid AND attempt = :attempt::integer AND fence = :fence::bigint AND status = 'running'
  FOR NO KEY UPDATE
)`;

/** Whether a recorded step `s` may still change. */
const IS_OPEN = `s.status = 'waiting' OR s.kind = 'checkpoint'`;

/** Returns the assignment for a column when a step is written again: the new value, unless the step has ended. */
function unlessEnded(column: string): string {
  return `${column} = CASE WHEN ${IS_OPEN} THEN excluded.${column} ELSE s.${column} END`;
}

/**
 * The parameters of a {@link StepWriter}, and `step` (text): a {@link NewStep} as JSON. Records the step unless it has
 * already ended, and returns the recorded step, or no row if another attempt has taken over the job.
 *
 * For an ended step, the ON CONFLICT update changes nothing, but makes the statement return the row, even if another
 * statement has only just committed it.
 */
export const RECORD_STEP: Statement = {
  name: 'record-step',
  sql: `
WITH ${RUNNING},
offered AS (
  SELECT *
  FROM json_to_record(:step::json) AS o(
    step text, kind text, status text, failures int, "tookMs" float8, "dueInMs" float8, detail json, result json, message text)
),
recorded AS (
  INSERT INTO job_steps AS s (job_id, step, kind, status, failures, start_time, end_time, due_at, detail, result, message)
  SELECT running.job_id, step, kind, status, failures, clock_timestamp() - COALESCE("tookMs", 0) * interval '1 ms', CASE WHEN status <> 'waiting' THEN clock_timestamp() END,
    clock_timestamp() + "dueInMs" * interval '1 ms', COALESCE(detail, '{}'), CASE status WHEN 'success' THEN COALESCE(result, 'null') END, message
  FROM running CROSS JOIN offered
  ON CONFLICT (job_id, step) DO UPDATE SET
    ${['status', 'failures', 'end_time', 'due_at', 'detail', 'message'].map(unlessEnded).join(',\n    ')},
    -- A map's results are recorded after the map has ended.
    result = CASE WHEN ${IS_OPEN} OR (s.kind = 'map' AND s.result IS NULL) THEN excluded.result ELSE s.result END
  RETURNING s
)
SELECT step_document(recorded.s)::text FROM recorded`,
};

/**
 * The parameters of a {@link StepWriter}, `step`, `kind`, `detail` (text), and `for_ms` (a number, or null for no limit).
 * Begins a wait, or ends a wait whose condition is met. Returns the recorded step, or no row if another attempt has taken
 * over the job. The statement calls a function, defined in migration 0032.
 */
export const WAIT_FOR_STEP: Statement = {
  name: 'wait-for-step',
  sql: `
SELECT wait_for_step(
  :job_id::uuid, :attempt::integer, :fence::bigint, :step, :kind, :for_ms::float8, :detail::json)`,
};

/**
 * `job_id` (uuid), `step` (text). Returns a recorded step. A result of more than 24 KB is left out; see {@link
 * READ_RESULT_OF_STEP}.
 */
export const READ_STEP: Statement = {
  name: 'read-step',
  sql: `SELECT step_document(s)::text FROM job_steps s WHERE s.job_id = :job_id::uuid AND s.step = :step`,
};

/**
 * The number of characters per part. A character takes at most four bytes, so a part is at most 60,000 bytes, and fits into
 * a row (64 KB).
 */
const PART_CHARACTERS = 15_000;

/** `job_id` (uuid), `step` (text). Returns a step's result as text, in parts that each fit into a row. */
export const READ_RESULT_OF_STEP: Statement = {
  name: 'read-result-of-step',
  sql: `
WITH document AS MATERIALIZED (
  SELECT result::text AS text FROM job_steps WHERE job_id = :job_id::uuid AND step = :step
)
SELECT substr(document.text, part.start, ${PART_CHARACTERS})
FROM document, generate_series(1, length(document.text), ${PART_CHARACTERS}) AS part(start)
ORDER BY part.start`,
};

/**
 * The maximum size of a page of steps or outcomes, in bytes. A Data API response is limited to 1 MiB, and each quotation
 * mark takes two bytes because it is escaped.
 */
const PAGE_BYTES = 500_000;

/** The maximum number of rows per page. Apart from its strings, each row takes less than 1 KB. */
const PAGE_ROWS = 500;

/**
 * `job_id` (uuid), `after_place` (integer). Returns a job's recorded steps after the position `after_place` as `{"place",
 * "step"}`, in the order in which they were first recorded. Returns as many steps as fit into one response, or no row if
 * there are no more steps.
 */
export const READ_STEPS: Statement = {
  name: 'read-steps',
  sql: `
WITH page AS MATERIALIZED (
  SELECT s.place, step_document(s) AS step
  FROM job_steps s
  WHERE s.job_id = :job_id::uuid AND s.place > :after_place::bigint
  ORDER BY s.place
  LIMIT ${PAGE_ROWS}
),
sized AS (
  SELECT place, step, sum(octet_length(step::text)) OVER (ORDER BY place) AS bytes, row_number() OVER (ORDER BY place) AS number FROM page
)
SELECT json_build_object('place', place, 'step', step)::text FROM sized WHERE number = 1 OR bytes <= ${PAGE_BYTES} ORDER BY place`,
};

/** `job_id` (uuid), `step` (text). Returns the number of children that the step has submitted. */
export const COUNT_CHILDREN: Statement = {
  name: 'count-children',
  sql: `SELECT count(*)::text FROM jobs child WHERE child.parent_job_id = :job_id::uuid AND child.parent_step = :step`,
};

/**
 * `job_id` (uuid), `step` (text), `offset` (integer). Returns a step's children from `offset` on, in the order of their
 * items, as many as fit into one response. Results of more than 24 KB are left out (`result_in_parts`).
 */
export const READ_OUTCOMES: Statement = {
  name: 'read-outcomes',
  sql: `
WITH page AS MATERIALIZED (
  SELECT child.job_id, child.child_place, child.status, child.message, child.result_bytes
  FROM jobs child
  WHERE child.parent_job_id = :job_id::uuid AND child.parent_step = :step
  ORDER BY child.child_place, child.job_id
  OFFSET :offset::integer
  LIMIT ${PAGE_ROWS}
),
sized AS (
  SELECT *,
    sum(COALESCE(octet_length(message), 0) + CASE WHEN result_bytes <= ${INLINE_BYTES} THEN result_bytes ELSE 0 END)
      OVER (ORDER BY child_place, job_id) AS bytes,
    row_number() OVER (ORDER BY child_place, job_id) AS number
  FROM page
)
SELECT json_build_object(
  'job_id', job_id,
  'status', sized.status,
  'message', sized.message,
  'result', CASE WHEN j.result_bytes <= ${INLINE_BYTES} THEN j.result END,
  'result_in_parts', COALESCE(j.result_bytes > ${INLINE_BYTES}, false))::text
FROM sized JOIN jobs j USING (job_id)
WHERE number = 1 OR bytes <= ${PAGE_BYTES}
ORDER BY number`,
};
