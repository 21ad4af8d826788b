import { dataOf } from './errand-error.ts';
import type { Connection, Schema } from './http-client.ts';

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
export async function* listJobs(
  { http }: Connection,
  { status, type, objectId, pageSize, signal }: ListOptions = {},
): AsyncGenerator<Schema<'JobSummary'>, void, undefined> {
  const filters = {
    ...(status !== undefined && { status }),
    ...(type !== undefined && { type }),
    ...(objectId !== undefined && { object_id: String(objectId) }),
    ...(pageSize !== undefined && { limit: pageSize }),
  };
  let cursor: string | null = null;
  do {
    const query: typeof filters & { cursor?: string } = { ...filters, ...(cursor !== null && { cursor }) };
    const page: Schema<'JobPage'> = dataOf(
      await http.GET('/v1/jobs', { params: { query }, ...(signal && { signal }) }),
    );
    yield* page.items;
    cursor = page.next_cursor;
  } while (cursor !== null);
}
