import { dataOf } from './errand-error.ts';
import type { Connection, Schema } from './http-client.ts';
import { itemsOfPages } from './pages.ts';

export interface AuditOptions {
  /** Only entries at or after this time. */
  readonly from?: Date | undefined;
  /** Only entries before this time. */
  readonly to?: Date | undefined;
  /** The actor, in the format of audit entries: `key:516069fe8e2095c3`. */
  readonly actor?: string | undefined;
  readonly action?: Schema<'AuditAction'> | undefined;
  readonly jobId?: string | undefined;
  /**
   * Entries per request, 1 to 200.
   *
   * @default - the API's default
   */
  readonly pageSize?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Lists the audit entries that match all filters, newest first. Each page is requested when you reach it.
 *
 * @throws ErrandError
 */
export function listAudit(
  { http }: Connection,
  { from, to, actor, action, jobId, pageSize, signal }: AuditOptions = {},
): AsyncGenerator<Schema<'AuditEntry'>, void, undefined> {
  const filters = {
    ...(from !== undefined && { from: from.toISOString() }),
    ...(to !== undefined && { to: to.toISOString() }),
    ...(actor !== undefined && { actor }),
    ...(action !== undefined && { action }),
    ...(jobId !== undefined && { job_id: jobId }),
    ...(pageSize !== undefined && { limit: pageSize }),
  };
  return itemsOfPages(async (cursor) =>
    dataOf(
      await http.GET('/v1/audit', {
        params: { query: { ...filters, ...cursor } },
        ...(signal && { signal }),
      }),
    ),
  );
}
