import type { Statement } from '../data-api.ts';

/**
 * `job_ids` (text): a JSON array of UUIDs. `worker` (text): identifies the invocation. `lease_ms` (integer): the function's
 * remaining time. Returns one row per existing job, with a verdict:
 *
 * - `claimed`: the job was due, or its lease had expired, and it now runs as the next attempt. Or this worker already held
 * the job, and the response to its first claim was lost.
 * - `waiting`, `leased`: the job can't run now; `in_ms` is the time until it can.
 * - `parked`: held until the function that removes the reason sends a message.
 * - `yielded`: the job waits, because this worker runs a more urgent job of the same tenant and queue instead; that job has a
 * row too. With `put_off`, it waits because this worker runs only the job that is `alone`.
 * - `finished`: the job was terminal, or this statement ended it, because its lease had expired and it was to be canceled or
 * had no attempts left.
 *
 * The statement is a function in migration 0038, whose plan PostgreSQL keeps. Another function there, start_jobs, decides
 * which jobs may start, and also writes the rows of the jobs that may not. A statement can't change a row twice, so "claimed"
 * leaves those jobs out. `woken` lists parked jobs that got a slot through this claim.
 *
 * Rows are locked in id order, so two batches that share jobs can't deadlock. The function locks the rows before the deciding
 * statement takes its snapshot, so that statement sees the current rows, attempts and steps. The lease is counted from after
 * any lock wait, so it never expires before the function times out.
 */
export const CLAIM_JOBS: Statement = {
  name: 'claim-jobs',
  sql: `SELECT claim_jobs(:job_ids, :worker, :lease_ms::integer)`,
};
