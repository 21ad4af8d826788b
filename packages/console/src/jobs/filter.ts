import type { JobFilter, Schema } from 'errand-client';

export type JobStatus = Schema<'JobStatus'>;

export const STATUSES: readonly JobStatus[] = ['created', 'running', 'success', 'failed', 'canceled'];

/** The job list's filter, as stored in the page's URL. */
export interface Filter {
  /** One status, or several separated by commas. */
  readonly status?: string;
  readonly type?: string;
  readonly queue?: string;
  readonly tag?: string;
  readonly object?: string;
  readonly batch?: string;
  /** The parent job's ID. */
  readonly parent?: string;
  /** A metadata field and value, such as `customer:acme`. */
  readonly metadata?: string;
  readonly message?: string;
  /** The maximum age of the jobs, such as `1h`. */
  readonly since?: string;
  /** Only jobs created at or after this time, in ISO 8601 format. */
  readonly after?: string;
  readonly before?: string;
}

export const FILTER_KEYS = [
  'status',
  'type',
  'queue',
  'tag',
  'object',
  'batch',
  'parent',
  'metadata',
  'message',
  'since',
  'after',
  'before',
] as const satisfies readonly (keyof Filter)[];

/** Periods for `since`, in milliseconds. */
export const PERIODS: ReadonlyMap<string, { readonly ms: number; readonly name: string }> = new Map([
  ['15m', { ms: 15 * 60_000, name: 'Last 15 minutes' }],
  ['1h', { ms: 3_600_000, name: 'Last hour' }],
  ['24h', { ms: 86_400_000, name: 'Last 24 hours' }],
  ['7d', { ms: 7 * 86_400_000, name: 'Last 7 days' }],
]);

/** Reads the known fields from a URL's query, and drops all others. */
export function readFilter(search: Readonly<Record<string, unknown>>): Filter {
  return Object.fromEntries(
    FILTER_KEYS.flatMap((key) => {
      const value = search[key];
      return typeof value === 'string' && value !== '' ? [[key, value]] : [];
    }),
  );
}

export function isEmpty(filter: Filter): boolean {
  return FILTER_KEYS.every((key) => filter[key] === undefined);
}

export function statusesOf({ status }: Filter): JobStatus[] {
  const wanted = new Set(status?.split(','));
  return STATUSES.filter((each) => wanted.has(each));
}

/** Converts the filter to the API client's format. */
export function toJobFilter(filter: Filter, now: number): JobFilter {
  const statuses = statusesOf(filter);
  const period = filter.since === undefined ? undefined : PERIODS.get(filter.since);
  // The time is rounded down to the minute, so that the filter and the cached list stay the same for a minute.
  const since = period && Math.floor((now - period.ms) / 60_000) * 60_000;
  const after = since ?? dateOf(filter.after)?.getTime();
  return {
    ...(statuses.length > 0 && { status: statuses }),
    ...(filter.type !== undefined && { type: filter.type }),
    ...(filter.queue !== undefined && { queue: filter.queue }),
    ...(filter.tag !== undefined && { tag: filter.tag }),
    ...(filter.object !== undefined && { objectId: filter.object }),
    ...(filter.batch !== undefined && { batchId: filter.batch }),
    ...(filter.parent !== undefined && { parentJobId: filter.parent }),
    ...(filter.metadata !== undefined && { metadata: metadataOf(filter.metadata) }),
    ...(filter.message !== undefined && { message: filter.message }),
    ...(after !== undefined && { createdAfter: new Date(after) }),
    ...(filter.before !== undefined && { createdBefore: dateOf(filter.before) }),
  };
}

/** Converts the filter to the query parameters of `GET /v1/jobs`. */
export function toQuery(filter: Filter, now: number) {
  const { status, objectId, batchId, parentJobId, metadata, createdAfter, createdBefore, ...same } =
    toJobFilter(filter, now);
  return {
    ...same,
    ...(status !== undefined && { status: typeof status === 'string' ? status : status.join(',') }),
    ...(objectId !== undefined && { object_id: String(objectId) }),
    ...(batchId !== undefined && { batch_id: batchId }),
    ...(parentJobId !== undefined && { parent_job_id: parentJobId }),
    ...(metadata !== undefined && { metadata: JSON.stringify(metadata) }),
    ...(createdAfter !== undefined && { created_after: createdAfter.toISOString() }),
    ...(createdBefore !== undefined && { created_before: createdBefore.toISOString() }),
  };
}

function dateOf(text: string | undefined): Date | undefined {
  const date = new Date(text ?? NaN);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

function metadataOf(text: string): Record<string, string> {
  const colon = text.indexOf(':');
  return colon < 0 ? { [text]: '' } : { [text.slice(0, colon)]: text.slice(colon + 1) };
}
