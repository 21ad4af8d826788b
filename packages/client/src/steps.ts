import { dataOf } from './errand-error.ts';
import type { Connection, RequestOptions, Schema } from './http-client.ts';
import { itemsOfPages } from './pages.ts';

export interface SignalOptions extends RequestOptions {
  /**
   * Makes the signal idempotent: a second signal with the same name and key changes nothing, so the client can retry after a lost
   * response.
   *
   * @default - each call sends a new signal
   */
  readonly key?: string | undefined;
}

/**
 * Sends a signal to a job.
 *
 * @throws ErrandError if the job has ended, or if the job's type refuses the signal
 */
export async function sendSignal(
  { http, idempotent }: Connection,
  jobId: string,
  name: string,
  payload: unknown,
  { key, signal }: SignalOptions = {},
): Promise<Schema<'SentSignal'>> {
  return dataOf(
    await http.POST('/v1/jobs/{job_id}/signals/{name}', {
      params: { path: { job_id: jobId, name } },
      body: { payload, ...(key !== undefined && { key }) },
      ...(key !== undefined && idempotent),
      ...(signal && { signal }),
    }),
  );
}

/** Lists a job's steps, in the order in which they were first recorded. Each page is requested when you reach it. */
export function listSteps(
  { http }: Connection,
  jobId: string,
  { signal }: RequestOptions = {},
): AsyncGenerator<Schema<'Step'>, void, undefined> {
  return itemsOfPages(async (cursor) =>
    dataOf(
      await http.GET('/v1/jobs/{job_id}/steps', {
        params: { path: { job_id: jobId }, query: { limit: 100, ...cursor } },
        ...(signal && { signal }),
      }),
    ),
  );
}

export interface ChildrenOptions extends RequestOptions {
  /** One status, or several. */
  readonly status?: Schema<'JobStatus'> | readonly Schema<'JobStatus'>[] | undefined;
  /**
   * `desc` lists the newest job first, `asc` the oldest.
   *
   * @default 'desc'
   */
  readonly order?: 'asc' | 'desc' | undefined;
}

/** Lists a job's child jobs. Each page is requested when you reach it. */
export function listChildren(
  { http }: Connection,
  jobId: string,
  { status, order, signal }: ChildrenOptions = {},
): AsyncGenerator<Schema<'JobSummary'>, void, undefined> {
  const query = {
    ...(status !== undefined && { status: typeof status === 'string' ? status : [...status] }),
    ...(order !== undefined && { order }),
  };
  return itemsOfPages(async (cursor) =>
    dataOf(
      await http.GET('/v1/jobs/{job_id}/children', {
        params: { path: { job_id: jobId }, query: { ...query, ...cursor } },
        ...(signal && { signal }),
      }),
    ),
  );
}
