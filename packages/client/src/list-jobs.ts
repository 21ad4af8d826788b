import { dataOf } from './errand-error.ts';
import type { Connection, Schema } from './http-client.ts';
import { itemsOfPages } from './pages.ts';

/** A job filter. A job matches if it meets every condition. */
export interface JobFilter {
  /** One status, or several. */
  readonly status?: Schema<'JobStatus'> | readonly Schema<'JobStatus'>[] | undefined;
  readonly type?: string | undefined;
  readonly queue?: string | undefined;
  readonly objectId?: string | number | undefined;
  readonly batchId?: string | undefined;
  /** Only children of this job. */
  readonly parentJobId?: string | undefined;
  readonly tag?: string | undefined;
  /** Metadata fields that the job must have. Values are compared as strings. */
  readonly metadata?: Readonly<Record<string, string | number | boolean>> | undefined;
  /** Only jobs created at or after this time. */
  readonly createdAfter?: Date | undefined;
  /** Only jobs created before this time. */
  readonly createdBefore?: Date | undefined;
  /** A case-insensitive substring of the job's message. */
  readonly message?: string | undefined;
}

export interface ListOptions extends JobFilter {
  /**
   * `desc` lists the newest job first, `asc` the oldest.
   *
   * @default 'desc'
   */
  readonly order?: 'asc' | 'desc' | undefined;
  /**
   * Jobs per request, 1 to 200.
   *
   * @default - the API's default
   */
  readonly pageSize?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Lists the jobs that match all filters, without their payloads or results. Each page is requested when you reach it.
 *
 * @throws ErrandError
 */
export function listJobs(
  { http }: Connection,
  { order, pageSize, signal, ...filter }: ListOptions = {},
): AsyncGenerator<Schema<'JobSummary'>, void, undefined> {
  const { metadata, ...others } = toFilterBody(filter);
  const query = {
    ...others,
    ...(metadata !== undefined && { metadata: JSON.stringify(metadata) }),
    ...(order !== undefined && { order }),
    ...(pageSize !== undefined && { limit: pageSize }),
  };
  return itemsOfPages(async (cursor) =>
    dataOf(
      await http.GET('/v1/jobs', { params: { query: { ...query, ...cursor } }, ...(signal && { signal }) }),
    ),
  );
}

/** Converts a filter to the API's JSON format. */
export function toFilterBody(filter: JobFilter): NonNullable<Schema<'BulkRequest'>['filter']> {
  const { parentJobId } = filter;
  const { status, type, queue, objectId, batchId, tag, metadata, createdAfter, createdBefore, message } =
    filter;
  return {
    ...(status !== undefined && { status: typeof status === 'string' ? status : [...status] }),
    ...(type !== undefined && { type }),
    ...(objectId !== undefined && { object_id: String(objectId) }),
    ...(batchId !== undefined && { batch_id: batchId }),
    ...(parentJobId !== undefined && { parent_job_id: parentJobId }),
    ...(queue !== undefined && { queue }),
    ...(tag !== undefined && { tag }),
    ...(metadata !== undefined && { metadata }),
    ...(createdAfter !== undefined && { created_after: createdAfter.toISOString() }),
    ...(createdBefore !== undefined && { created_before: createdBefore.toISOString() }),
    ...(message !== undefined && { message }),
  };
}
