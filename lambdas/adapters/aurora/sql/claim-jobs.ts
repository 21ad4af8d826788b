import type { Statement } from '../data-api.ts';

/**
 * `job_ids` (text): a JSON array of UUIDs. `worker` (text): identifies the invocation. `lease_ms` (integer): the function's
 * remaining time. One row per existing job, with a verdict:
 *
 * - `claimed`: the job was due, or its lease had ended; it now runs as the next attempt. Or this worker already held it, and the
 *   response to its first claim was lost.
 * - `waiting`, `leased`: the job can't run now; `in_ms` says when it can.
 * - `parked`: held until the function that removes the reason sends a message.
 * - `yielded`: the job waits, and this worker runs a more urgent job of the same tenant and queue instead. That job has a row too. Or, with
 *   `put_off`, it waits because this worker runs only the job that is `alone`.
 * - `finished`: the job was terminal, or this statement ended it, because its lease had ended and it was to be canceled or had no
 *   attempt left.
 *
 * The statement is a function of migration 0038, whose plan PostgreSQL keeps. Another one there, start_jobs, decides
 * which jobs may start. That function also writes the rows of the jobs that may not start. No statement can change a row twice,
 * so "claimed" leaves those jobs out. `woken` lists parked jobs that got a slot through this claim.
 *
 * Rows are locked in the order of their ids, so two batches that share jobs can't deadlock. The function locks the rows before
 * the deciding statement takes its snapshot, so that statement sees the current rows, attempts and steps. A lease is counted from
 * a moment after any wait for a lock, so it never ends before the function does.
 */
export const CLAIM_JOBS: Statement = {
  name: 'claim-jobs',
  sql: `SELECT claim_jobs(:job_ids, :worker, :lease_ms::integer)`,
};
