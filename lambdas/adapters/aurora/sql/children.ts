import type { Statement } from '../data-api.ts';
import { CANCELED_COLUMNS } from './change-jobs.ts';
import { wantedIds } from './counted-rows.ts';
import { WOKEN, wakeParked } from './locked-jobs.ts';

/**
 * `job_ids` (text): a JSON array of the parents' UUIDs. Wakes parents whose awaited children have all ended. Returns one row
 * per woken job.
 */
export const WAKE_PARENTS: Statement = {
  name: 'wake-parents',
  sql: `
SELECT json_build_object('job_id', woken_id, 'tenant', woken_tenant, 'queue', woken_queue)::text
FROM wake_parents(ARRAY(SELECT value::uuid FROM json_array_elements_text(:job_ids::json)))`,
};

/**
 * The canceled children that held a slot of their concurrency key. Reading them must wait until "changed" is complete,
 * because wake_parked must see the changed jobs.
 */
const FREED = `
  SELECT before.* FROM (SELECT count(*) FROM changed) AS after_changes CROSS JOIN before
  WHERE status = 'created' AND held_by = 'concurrency' AND wake_at IS NOT NULL`;

/**
 * `job_ids` (text): a JSON array of the parents' UUIDs, `limit` (integer). Cancels up to `limit` children of these parents.
 * Parents that are not canceled are ignored. Waiting children are canceled immediately; running children are asked to stop.
 * The first row contains `has_more`, which is true if there may be more children, and `woken`, the parked jobs that got the
 * slots of canceled children. Each of the other rows is a changed child. Idempotent, because a child is changed only once.
 *
 * Children are locked in id order. The parents are not locked, so this statement may miss a child that is being submitted at
 * the same time. A missed child is canceled when a worker claims it.
 */
export const CANCEL_CHILDREN: Statement = {
  name: 'cancel-children',
  sql: `
WITH chosen AS MATERIALIZED (
  SELECT child.job_id
  FROM ${wantedIds('job_ids')} JOIN jobs p ON p.job_id = wanted.id AND p.status = 'canceled'
  CROSS JOIN LATERAL (
    SELECT c.job_id
    FROM jobs c
    WHERE c.parent_job_id = p.job_id AND c.status IN ('created', 'running') AND c.ends_with_parent AND c.cancel_requested_at IS NULL
    LIMIT :limit
  ) AS child
  LIMIT :limit
),
locked AS MATERIALIZED (
  SELECT j.* FROM jobs j WHERE j.job_id = ANY (ARRAY(SELECT job_id FROM chosen)) ORDER BY j.job_id FOR UPDATE
),
before AS MATERIALIZED (
  SELECT * FROM locked WHERE status IN ('created', 'running') AND cancel_requested_at IS NULL
),
changed AS (
  UPDATE jobs j
  SET ${CANCELED_COLUMNS}
  FROM before
  WHERE j.job_id = before.job_id
  RETURNING j.*
),${wakeParked(FREED, ':limit::integer')}
SELECT json_build_object('has_more', (SELECT count(*) FROM chosen) = :limit, 'woken', ${WOKEN})::text
UNION ALL
SELECT json_build_object(
  'job_id', changed.job_id,
  'tenant', changed.tenant,
  'callback_job_id', CASE WHEN changed.end_time IS NOT NULL THEN changed.callback ->> 'job_id' END,
  'batch_id', CASE WHEN changed.end_time IS NOT NULL THEN changed.batch_id END,
  'has_children', CASE WHEN changed.status = 'canceled' THEN has_children_to_cancel(changed.job_id) END)::text
FROM changed`,
};

/**
 * `limit` (integer). Examines up to `limit` parents, for the sweeper: wakes parents whose wake-up was lost, and lists
 * canceled parents with unfinished children. Returns one row.
 */
export const EXAMINE_PARENTS: Statement = {
  name: 'examine-parents',
  isSlow: true,
  sql: `SELECT examine_parents(:limit::integer)::text`,
};
