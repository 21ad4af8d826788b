import { CHANGED_STATUSES, type BulkAction } from '../../../job/bulk/bulk-change.ts';
import { BULK_JOB_TYPE } from '../../../job/catalogue.ts';
import { DEFAULT_QUEUE } from '../../../job/definition.ts';
import type { JobFilter } from '../../../job/job-filter.ts';
import type { Statement } from '../data-api.ts';
import { CANCELED_COLUMNS, FORGOTTEN_STEPS, HAS_QUEUE, resubmittedColumns } from './change-jobs.ts';
import { examinedJobs, jobConditions, type JobSearch } from './job-filter.ts';
import { wakeParked } from './locked-jobs.ts';

/**
 * `tenant` (text), `job_id` (uuid). Returns a bulk job's progress (see {@link positionOf}) and its `create_time`. The
 * first execution inserts the job's row into `bulk_runs`.
 */
export const BEGIN_BULK: Statement = {
  name: 'begin-bulk',
  sql: `
WITH run AS (
  INSERT INTO bulk_runs AS present (job_id)
  SELECT job_id FROM jobs WHERE job_id = :job_id::uuid AND tenant = :tenant
  ON CONFLICT (job_id) DO UPDATE SET job_id = excluded.job_id
  RETURNING *
)
SELECT json_build_object('position', ${positionOf('run')}, 'create_time', iso_8601(jobs.create_time))::text
FROM run JOIN jobs USING (job_id)`,
};

/** Returns SQL that formats a row of `bulk_runs` as JSON. */
function positionOf(table: string): string {
  const columns = ['round', 'first_id', 'last_id', 'is_done', 'matched', 'changed', 'skipped'];
  return `json_build_object(${columns.map((column) => `'${column}', ${table}.${column}`).join(', ')})`;
}

/**
 * Returns SQL for a bulk job's filter. The condition excludes bulk jobs, because a bulk job that changed itself or another
 * bulk job could leave its work half done.
 */
function passes(filter: JobFilter): string {
  return [...jobConditions(filter).sql, `j.type <> '${BULK_JOB_TYPE}'`].join(' AND ');
}

function examined(search: JobSearch): string {
  return `
examined AS MATERIALIZED (
  SELECT j.job_id, ${passes(search.filter)} AS passes FROM (${examinedJobs(search)}) AS j
)`;
}

/**
 * `tenant` (text), `examined` (integer), and the search's parameters. Examines the next `examined` jobs. Returns one row
 * with the number of matches and the last examined job, which is null if there are no more jobs.
 */
export function countBulk(search: JobSearch): Statement {
  return {
    name: 'count-bulk',
    isSlow: true,
    sql: `
WITH ${examined(search)}
SELECT json_build_object(
  'matched', count(*) FILTER (WHERE passes),
  'continue_after', (SELECT job_id FROM examined ORDER BY job_id OFFSET :examined - 1 LIMIT 1))::text
FROM examined`,
  };
}

/** The parts of a round's SQL that depend on the action. */
interface Change {
  /** SQL for whether the action can change a locked job `j` that is in one of the action's states. */
  readonly isPossible: string;
  /** SQL for the maximum number of jobs to change; null for no limit. */
  readonly room: string;
  /** CTEs that change the jobs in `before`. The CTE `changed` returns the `job_id` of each changed job. */
  readonly changed: string;
  /** Selects the `job_id` and `queue` of the jobs that are now due; undefined if the action never makes jobs due. */
  readonly wakeUps?: string;
  /** Whether the action ends jobs. */
  readonly endsJobs?: boolean;
}

/**
 * The jobs in `before` that held a slot of their concurrency key. Reading them must wait until `changed` is complete,
 * because wake_parked must see the changed jobs.
 */
const FREED = `
  SELECT before.*
  FROM (SELECT count(*) FROM changed) AS after_changes CROSS JOIN before
  WHERE status = 'created' AND held_by = 'concurrency' AND wake_at IS NOT NULL`;

/** The batches of the jobs that ended in this round. */
const BATCHES = `(
    SELECT COALESCE(json_agg(DISTINCT batch_id), '[]') FROM changed WHERE end_time IS NOT NULL AND batch_id IS NOT NULL)`;

/**
 * The parents to wake after the round, and the canceled jobs with children to cancel. Each list is in its own row, because a
 * row is limited to 64 KB.
 */
const FAMILIES = `
UNION ALL
SELECT json_build_object('parents', json_agg(parent_job_id))::text
FROM (
  SELECT parent_job_id
  FROM changed WHERE end_time IS NOT NULL AND parent_job_id IS NOT NULL
  GROUP BY parent_job_id, parent_step
  HAVING has_few_open_siblings(parent_job_id, parent_step, count(*)::int)
) AS steps
UNION ALL
SELECT json_build_object('canceled', json_agg(job_id))::text
FROM changed WHERE status = 'canceled' AND has_children_to_cancel(job_id)`;

/** A new UUIDv7 for each row, with the timestamp of the parameter `new_id`. */
const NEW_ID = `(left(:new_id, 18) || right(gen_random_uuid()::text, 18))::uuid`;

const CHANGES: Readonly<Record<BulkAction, Change>> = {
  cancel: {
    isPossible: `j.status = 'created' OR j.cancel_requested_at IS NULL`,
    room: 'NULL::bigint',
    changed: `
changed AS (
  UPDATE jobs j
  SET ${CANCELED_COLUMNS}
  FROM before
  WHERE j.job_id = before.job_id
  RETURNING j.job_id, j.status, j.parent_job_id, j.parent_step, j.end_time, j.batch_id, CASE WHEN j.end_time IS NOT NULL THEN (j.callback ->> 'job_id')::uuid END AS callback_job_id
),${wakeParked(FREED, ':examined::integer')}`,
    wakeUps: `
    SELECT callback_job_id AS job_id, '${DEFAULT_QUEUE}' AS queue FROM changed WHERE callback_job_id IS NOT NULL
    UNION ALL
    SELECT woken_id, woken_queue FROM woken`,
    endsJobs: true,
  },
  retry: {
    isPossible: HAS_QUEUE,
    room: `CASE WHEN :max_in_flight::integer > 0 THEN GREATEST(0, room_for_jobs(:tenant, :max_in_flight::integer)) END`,
    changed: `
changed AS (
  UPDATE jobs j
  SET ${resubmittedColumns('before.new_id')}
  FROM before
  WHERE j.job_id = before.job_id
  RETURNING j.job_id, j.queue
),${FORGOTTEN_STEPS}`,
    wakeUps: 'SELECT job_id, queue FROM changed',
  },
  delete: {
    isPossible: 'true',
    room: 'NULL::bigint',
    changed: `
kept_outcomes AS (
  UPDATE schedules s SET last_outcome = before.status FROM before WHERE s.last_job_id = before.job_id
),
changed AS (
  DELETE FROM jobs j
  USING before
  WHERE j.job_id = before.job_id
  RETURNING j.job_id
)`,
  },
};

/**
 * Runs one round of a bulk job: examines the next `examined` jobs, changes those that match the filter, and advances the
 * position past all examined jobs.
 *
 * The statement first locks the job's row in `bulk_runs`. The row's round number shows whether the round is still due. A
 * repeated statement, or a statement of a superseded attempt, therefore changes nothing. A round is atomic, because it is a
 * single statement. A bulk job never changes the same job twice.
 *
 * The jobs to lock are selected only by id. If the statement also had a condition on the tenant, PostgreSQL might read all
 * of the tenant's jobs.
 *
 * The tenant's lock is taken before any job's lock, as in a submission. Jobs are locked in id order, and the filter is
 * rechecked on the locked rows. A retry stops before the first job that would exceed the tenant's limit.
 *
 * `tenant`, `job_id` (text, a UUID), `new_id` (text, a UUIDv7), `audit_action` (text), `round`, `examined` (integers); for
 * a retry `max_in_flight` (integer, 0 for no limit) and `queues` (text), a JSON array of the deployment's queues; and the
 * search's parameters. The first row contains the new `position`; `wake_ups`, the `[id, queue]` of jobs that are now due;
 * `is_without_room`, which is true if the tenant's limit kept a matching job from being retried; and `batches`, the ids of
 * the ended jobs' batches. A cancellation returns two more rows: {@link FAMILIES}.
 */
export function changeJobs(action: BulkAction, search: JobSearch): Statement {
  const {
    isPossible,
    room,
    changed,
    wakeUps = 'SELECT NULL AS job_id, NULL AS queue WHERE false',
    endsJobs = false,
  } = CHANGES[action];
  const states = CHANGED_STATUSES[action].map((status) => `'${status}'`).join(', ');
  return {
    name: `bulk-${action}`,
    isSlow: true,
    sql: `
WITH run AS MATERIALIZED (
  SELECT * FROM bulk_runs WHERE job_id = :job_id::uuid AND round = :round AND NOT is_done FOR UPDATE
),
admission AS MATERIALIZED (
  SELECT ${room} AS room FROM run
),${examined(search)},
locked AS MATERIALIZED (
  SELECT j.*
  FROM jobs j
  WHERE j.job_id = ANY (ARRAY(SELECT job_id FROM examined WHERE passes AND EXISTS (SELECT FROM admission)))
  ORDER BY j.job_id
  FOR UPDATE OF j
),
judged AS MATERIALIZED (
  SELECT j.*, ${isPossible} AS is_possible, ${NEW_ID} AS new_id,
    count(*) FILTER (WHERE ${isPossible}) OVER (ORDER BY j.job_id) AS place
  FROM locked j
  WHERE j.tenant = :tenant AND ${passes(search.filter)} AND j.status IN (${states})
),
beyond AS MATERIALIZED (
  SELECT judged.job_id FROM judged CROSS JOIN admission WHERE is_possible AND place > room ORDER BY job_id LIMIT 1
),
reached AS MATERIALIZED (
  SELECT judged.* FROM judged LEFT JOIN beyond ON true WHERE beyond.job_id IS NULL OR judged.job_id < beyond.job_id
),
before AS MATERIALIZED (
  SELECT * FROM reached WHERE is_possible
),${changed},
audited AS (
  INSERT INTO audit_entries (tenant, entry_id, actor, action, subject)
  SELECT :tenant, ${NEW_ID}, 'job:' || :job_id, :audit_action, job_id::text FROM changed
),
moved AS (
  UPDATE bulk_runs r
  SET round = r.round + 1,
      first_id = COALESCE(r.first_id, (SELECT job_id FROM examined ORDER BY job_id LIMIT 1)),
      last_id = COALESCE(
        (SELECT job_id FROM examined WHERE job_id < (SELECT job_id FROM beyond) IS NOT FALSE ORDER BY job_id DESC LIMIT 1),
        r.last_id),
      is_done = (SELECT count(*) FROM examined) < :examined AND NOT EXISTS (SELECT FROM beyond),
      matched = r.matched + (SELECT count(*) FROM reached),
      changed = r.changed + (SELECT count(*) FROM changed),
      skipped = r.skipped + (SELECT count(*) FROM reached) - (SELECT count(*) FROM changed)
  FROM run
  WHERE r.job_id = run.job_id
  RETURNING r.*
)
SELECT json_build_object(
  'position', COALESCE(
    (SELECT ${positionOf('moved')} FROM moved),
    (SELECT ${positionOf('r')} FROM bulk_runs r WHERE r.job_id = :job_id::uuid)),
  'wake_ups', (SELECT COALESCE(json_agg(json_build_array(job_id, queue)), '[]') FROM (${wakeUps}) AS due),
  'batches', ${endsJobs ? BATCHES : `'[]'::json`},
  'is_without_room', EXISTS (SELECT FROM beyond))::text${endsJobs ? FAMILIES : ''}`,
  };
}
