import type { Statement } from '../data-api.ts';

/**
 * `job_ids` (text): a JSON array of UUIDs. `worker` (text): identifies the invocation. `lease_ms` (integer): the function's
 * remaining time. Returns one row per existing job, with a verdict:
 *
 * - `claimed`: the job was due, or its lease had expired. This worker now runs it. If this worker repeats a claim
 *   after a lost response, the verdict is the same.
 * - `waiting`, `leased`: the job can't run now; `in_ms` is the time until it can run.
 * - `parked`: the job needs no message now. If the job is held, the function that ends the hold sends a new message. If
 *   the job is due later, the sweeper sends one.
 * - `yielded`: the job waits, because this worker runs a more urgent job of the same tenant and queue instead. That more
 *   urgent job has a row too. With `put_off`, the job waits because it or another job must run `alone`.
 * - `finished`: the job was terminal, or this statement ended it. The statement ends a child that must end with its
 *   canceled parent, a suspended
 *   job that exceeded its `max_duration_seconds`, and a job whose lease expired on its last attempt or after a cancellation
 *   request.
 *
 * The statement calls a function, defined in migration 0038, so that PostgreSQL keeps its plan. That migration's function
 * start_jobs decides which jobs may start, and writes the rows of the jobs that may not start. "claimed" omits the jobs
 * that start_jobs has written, because a statement can't change a row twice. `woken` lists parked jobs that got a slot
 * through this claim.
 *
 * Rows are locked in id order, so two claims that share jobs can't deadlock. The function locks the rows before its deciding
 * statement takes its snapshot, so the decision is based on current rows, attempts and steps. The lease begins after any
 * wait for locks, so it never expires before the function times out.
 */
export const CLAIM_JOBS: Statement = {
  name: 'claim-jobs',
  sql: `SELECT claim_jobs(:job_ids, :worker, :lease_ms::integer)`,
};
