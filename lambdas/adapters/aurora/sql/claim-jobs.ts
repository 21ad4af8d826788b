import type { Statement } from '../data-api.ts';

/**
 * `job_ids` (text): a JSON array of UUIDs. `worker` (text): names the invocation. `lease_ms` (integer): how long the
 * function may still run. One row per job that exists, with a verdict:
 *
 * - `claimed`: it was due, or its lease had ended; it runs now as the next attempt. Or this worker held it already, and
 *   the answer of its first claim was lost.
 * - `waiting`, `leased`: not now; `in_ms` says when.
 * - `parked`: held until the function that removes the reason sends a message.
 * - `yielded`: the job waits, and this worker runs a more urgent job of the same tenant and queue instead. That job has a row too.
 * - `finished`: terminal, or made so here, because its lease had ended and it was to be cancelled or had no attempt left.
 *
 * The statement is a function of migration 0035, whose plan PostgreSQL keeps. The function start_jobs of migration 0021 decides which jobs
 * may start. It writes the rows of the others, and no statement can change a row twice, so "claimed" leaves those out. `woken` names parked jobs that got a slot through this claim.
 *
 * Rows are locked in the order of their ids, so two batches that share jobs can't lock each other out. The function locks them before the
 * statement that judges them takes its snapshot: what the verdict decides on is therefore current, and so are the attempts and steps. Leases
 * are counted from a moment after any wait for a lock: they never end before the function does.
 */
export const CLAIM_JOBS: Statement = {
  name: 'claim-jobs',
  sql: `SELECT claim_jobs(:job_ids, :worker, :lease_ms::integer)`,
};
