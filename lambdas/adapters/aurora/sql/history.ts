import type { HistoryCounts } from '../../../job/history/read-history.ts';
import type { Statement } from '../data-api.ts';

/** A history row's count columns, in the order in which they are read. */
export const COUNTS = [
  'accepted',
  'resubmitted',
  'succeeded',
  'failed',
  'canceled',
  'started',
  'retried',
  'attempts_failed',
  'timed_out',
  'lost',
  'throttled',
] as const satisfies readonly (keyof HistoryCounts)[];

/**
 * A history row's durations, in the order in which they are read. Each duration has three columns: its histogram, sum and
 * maximum.
 */
export const DURATIONS = ['waiting', 'run', 'end_to_end'] as const;

/** Repeats a piece of SQL for each column, with `$` replaced by the column's name. */
function each(columns: readonly string[], sql: string): string {
  return columns.map((column) => sql.replaceAll('$', column)).join(', ');
}

const SUMS_OF_COUNTS = each(COUNTS, 'sum($)');
const SUMS_OF_DURATIONS = each(DURATIONS, 'sum($)::text, sum($_sum_ms), max($_max_ms)');

const COLUMNS = each(COUNTS, '$').concat(', ', each(DURATIONS, '$, $_sum_ms, $_max_ms'));
const MERGED = each(COUNTS, 'sum($)').concat(', ', each(DURATIONS, 'sum($), sum($_sum_ms), max($_max_ms)'));
const ADDED = each(COUNTS, '$ = present.$ + EXCLUDED.$').concat(
  ', ',
  each(
    DURATIONS,
    '$ = present.$ + EXCLUDED.$, $_sum_ms = present.$_sum_ms + EXCLUDED.$_sum_ms, $_max_ms = GREATEST(present.$_max_ms, EXCLUDED.$_max_ms)',
  ),
);

/**
 * `tenant` (text), `from`, `to` (integers: epoch seconds, multiples of `step`), `step` (integer: seconds), `group_by` (text:
 * `type`, `queue` or null), `type`, `queue` (text, or null for all), `after` (text or null), `limit` (integer). Returns one
 * row per step and series, ordered by time and series. Each row is an array: the time, the series, the values of COUNTS, and
 * three values for each of DURATIONS. With `after`, the first step includes only the series that follow `after`.
 *
 * Omits rows with a longer step than the chart's, because such a row covers several points of the chart. (The API rejects a
 * step that is shorter than the steps still kept for the start of the range.)
 */
export const READ_HISTORY: Statement = {
  name: 'read-history',
  isSlow: true,
  sql: `
WITH points AS (
  SELECT h.*,
    date_bin(:step::integer * interval '1 s', start_time, 'epoch') AS point,
    CASE :group_by WHEN 'type' THEN type WHEN 'queue' THEN queue ELSE '' END AS series
  FROM job_history h
  WHERE tenant = :tenant AND step_seconds <= :step::integer
    AND start_time >= to_timestamp(:from) AND start_time < to_timestamp(:to)
    AND (:type::text IS NULL OR type = :type) AND (:queue::text IS NULL OR queue = :queue)
)
SELECT json_build_array(
  extract(epoch FROM point)::bigint, series,
  ${SUMS_OF_COUNTS},
  ${SUMS_OF_DURATIONS})::text
FROM points
WHERE :after::text IS NULL OR point > to_timestamp(:from) OR series > :after
GROUP BY point, series
ORDER BY point, series
LIMIT :limit`,
};

/**
 * `step`, `next` (integers; `next` is null to delete), `before` (integer: epoch seconds), `limit` (integer). Merges the
 * oldest rows that cover `step` seconds into rows that cover `next` seconds. Concurrent runs never merge a row twice,
 * because each run merges only the rows that it has deleted itself. Returns one row with the number of merged rows, and
 * `oldest_ms`, the time of the oldest remaining row (null if no rows remain).
 */
export const ROLL_UP_HISTORY: Statement = {
  name: 'roll-up-history',
  isSlow: true,
  sql: `
WITH old AS MATERIALIZED (
  SELECT ctid AS place
  FROM job_history
  WHERE step_seconds = :step::integer AND start_time < to_timestamp(:before)
  ORDER BY start_time
  LIMIT :limit
),
deleted AS (
  DELETE FROM job_history h
  -- Select by row position (ctid), so that the planner can't scan the whole table to find the rows.
  WHERE h.ctid = ANY (ARRAY(SELECT place FROM old))
  RETURNING h.*
),
merged AS (
  INSERT INTO job_history AS present (tenant, start_time, step_seconds, type, queue, slot, ${COLUMNS})
  SELECT tenant, date_bin(:next::integer * interval '1 s', start_time, 'epoch') AS point, :next::integer, type, queue, 0,
    ${MERGED}
  FROM deleted
  WHERE :next::integer IS NOT NULL
  GROUP BY tenant, point, type, queue
  ORDER BY tenant, point, type, queue
  ON CONFLICT (tenant, start_time, type, queue, step_seconds, slot) DO UPDATE SET
    ${ADDED}
)
SELECT json_build_object(
  'rows', (SELECT count(*) FROM deleted),
  'oldest_ms', (
    SELECT extract(epoch FROM start_time)::bigint * 1000
    FROM job_history h
    WHERE step_seconds = :step::integer AND start_time >= to_timestamp(:before)
    ORDER BY start_time
    LIMIT 1))::text`,
};
