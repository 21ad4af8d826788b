import { dataOf } from './errand-error.ts';
import type { Connection, RequestOptions, Schema } from './http-client.ts';
import { toFilterBody, type JobFilter } from './list-jobs.ts';
import { jobHandle, type Job, type JobHandle } from './run.ts';

/** The change that a bulk job makes to each matching job. `delete` needs the `admin` scope. */
export type BulkAction = Schema<'BulkRequest'>['action'];

/** A bulk job's result: job counts. `skipped` counts jobs that match the filter but could not be changed. */
export interface BulkResult {
  readonly matched: number;
  readonly changed: number;
  readonly skipped: number;
}

/** A bulk job that you submitted. */
export interface BulkRun extends JobHandle<BulkResult> {
  /** The job as the API returned it. */
  readonly job: Job<BulkResult>;
}

export interface BulkOptions extends RequestOptions {
  /** Must be `all` if the filter matches every job. */
  readonly confirm?: 'all' | undefined;
}

/**
 * Submits a bulk job.
 *
 * @throws ErrandError
 */
export async function submitBulk(
  connection: Connection,
  action: BulkAction,
  filter: JobFilter,
  { confirm, signal }: BulkOptions = {},
): Promise<BulkRun> {
  const body = { action, filter: toFilterBody(filter), ...(confirm !== undefined && { confirm }) };
  const answer = await connection.http.POST('/v1/jobs/bulk', { body, ...(signal && { signal }) });
  const job = dataOf(answer) as Job<BulkResult>;
  return { ...jobHandle<BulkResult>(connection, job.job_id), job };
}

/**
 * Counts the jobs that a bulk job would match, without changing anything.
 *
 * @throws ErrandError
 */
export async function countBulk(
  { http }: Connection,
  action: BulkAction,
  filter: JobFilter,
  { signal }: RequestOptions = {},
): Promise<Schema<'BulkCount'>> {
  const body = { action, filter: toFilterBody(filter), dry_run: true };
  const answer = dataOf(await http.POST('/v1/jobs/bulk', { body, ...(signal && { signal }) }));
  return answer as Schema<'BulkCount'>;
}
