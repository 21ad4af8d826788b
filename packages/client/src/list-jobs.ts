import { dataOf } from './errand-error.ts';
import type { Connection, Schema } from './http-client.ts';
import { itemsOfPages } from './pages.ts';

export interface ListOptions {
  readonly status?: Schema<'JobStatus'> | undefined;
  readonly type?: string | undefined;
  readonly objectId?: string | number | undefined;
  /**
   * Jobs per request, 1 to 200.
   *
   * @default - the API's
   */
  readonly pageSize?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The jobs that pass all filters, newest first, without payloads and results. A page is requested when you reach it.
 *
 * @throws ErrandError
 */
export function listJobs(
  { http }: Connection,
  { status, type, objectId, pageSize, signal }: ListOptions = {},
): AsyncGenerator<Schema<'JobSummary'>, void, undefined> {
  const filters = {
    ...(status !== undefined && { status }),
    ...(type !== undefined && { type }),
    ...(objectId !== undefined && { object_id: String(objectId) }),
    ...(pageSize !== undefined && { limit: pageSize }),
  };
  return itemsOfPages(async (cursor) =>
    dataOf(
      await http.GET('/v1/jobs', { params: { query: { ...filters, ...cursor } }, ...(signal && { signal }) }),
    ),
  );
}
