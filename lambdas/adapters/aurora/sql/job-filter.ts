import type { JobFilter, Order } from '../../../job/job-filter.ts';
import { JOB_STATUSES } from '../../../job/status.ts';
import type { Parameter } from '../data-api.ts';

/** SQL conditions and their parameters. */
interface Conditions {
  readonly sql: readonly string[];
  readonly parameters: Readonly<Record<string, Parameter>>;
}

/** Returns a filter's conditions on a row `j` of `jobs`. */
export function jobConditions(filter: JobFilter): Conditions {
  const { type, queue, tag, message, createdAfter, createdBefore, objectId, batchId, parentJobId } = filter;
  const statuses = statusesOf(filter);
  const pairs = Object.entries(filter.metadata ?? {});
  const sql: string[] = [];
  const parameters: Record<string, Parameter> = {};
  const add = (condition: string, values: Record<string, Parameter | undefined>): void => {
    if (Object.values(values).includes(undefined)) return;
    sql.push(condition);
    Object.assign(parameters, values);
  };
  if (statuses.length > 0) {
    const values = Object.fromEntries(statuses.map((status, index) => [`status_${index}`, status]));
    const names = Object.keys(values).map((name) => `:${name}`);
    add(`j.status IN (${names.join(', ')})`, values);
  }
  add('j.type = :type', { type });
  add('j.queue = :queue', { queue });
  add(':tag = ANY (j.tags)', { tag });
  for (const [index, [key, value]] of pairs.entries()) {
    add(`j.metadata ->> :metadata_key_${index} = :metadata_value_${index}`, {
      [`metadata_key_${index}`]: key,
      [`metadata_value_${index}`]: value,
    });
  }
  add('j.create_time >= :created_after::timestamptz', { created_after: createdAfter });
  add('j.create_time < :created_before::timestamptz', { created_before: createdBefore });
  add('strpos(lower(j.message), lower(:message)) > 0', { message });
  add('j.object_id = :object_id', { object_id: objectId });
  add('j.batch_id = :batch_id', { batch_id: batchId });
  add('j.parent_job_id = :parent_job_id::uuid', { parent_job_id: parentJobId });
  return { sql, parameters };
}

/** Returns a filter's statuses, or an empty list if the filter accepts all statuses. */
function statusesOf({ status = [] }: JobFilter): readonly string[] {
  return status.length === JOB_STATUSES.length ? [] : status;
}

/**
 * Returns the statuses that a search reads, as SQL values: the filter's statuses, or all of them. A search reads each
 * status separately, because the status comes before the id in the filters' indexes.
 */
function statusesInSql(statuses: readonly string[]): string[] {
  if (statuses.length === 0) return JOB_STATUSES.map((status) => `'${status}'`);
  return statuses.map((_status, index) => `:status_${index}`);
}

/** A part of a tenant's jobs that a single index returns in id order. */
interface Part {
  /** @default 'jobs' */
  readonly table?: 'job_terms';
  /** The index columns before `job_id`, with their values in SQL. */
  readonly keys: Readonly<Record<string, string>>;
  /** The condition of the partial index. */
  readonly where?: string;
}

const OF_TENANT = { tenant: ':tenant' };

/**
 * The tenant column with the collation of the partial indexes `jobs_message` and `jobs_off_time`, so that the planner has to
 * use one of those indexes.
 */
const OF_TENANT_ALONE = { 'tenant COLLATE "C"': ':tenant' };

/**
 * Returns the parts that contain a filter's jobs, as found through the most selective index for the filter. All other
 * conditions are checked row by row.
 */
function partsOf(filter: JobFilter): Part[] {
  const { type, tag, message, objectId, batchId, parentJobId } = filter;
  if (objectId !== undefined) {
    return [{ keys: { ...OF_TENANT, object_id: ':object_id' }, where: 'object_id IS NOT NULL' }];
  }
  if (parentJobId !== undefined) {
    const where = 'parent_job_id IS NOT NULL AND tenant = :tenant';
    // Hide the parent's id from the planner. Otherwise, PostgreSQL would read a large family's children through another
    // index and sort them.
    return [{ keys: { parent_job_id: '(SELECT :parent_job_id::uuid)' }, where }];
  }
  const statuses = statusesOf(filter);
  if (batchId !== undefined) {
    const ofBatch = { ...OF_TENANT, batch_id: ':batch_id' };
    return statusesInSql(statuses).map((status) => ({
      keys: { ...ofBatch, status },
      where: 'batch_id IS NOT NULL',
    }));
  }
  const ofTerm = (term: string): Part => ({ table: 'job_terms', keys: { ...OF_TENANT, term } });
  if (Object.keys(filter.metadata ?? {}).length > 0)
    return [ofTerm('metadata_term(:metadata_key_0, :metadata_value_0)')];
  if (tag !== undefined) return [ofTerm('tag_term(:tag)')];
  if (message !== undefined && (type === undefined || statuses.length === 0)) {
    return [{ keys: OF_TENANT_ALONE, where: 'message IS NOT NULL' }];
  }
  const ofType = { ...OF_TENANT, ...(type !== undefined && { type: ':type' }) };
  return statusesInSql(statuses).map((status) => ({ keys: { ...ofType, status } }));
}

/**
 * How far the timestamp in a job's id may be from the job's creation time, in milliseconds; see `is_id_off_time` in
 * migration 0022.
 */
const ID_TOLERANCE_MS = 60_000;

/** A search through a tenant's jobs. */
export interface JobSearch {
  readonly filter: JobFilter;
  readonly order: Order;
  /** For keyset pagination: search only jobs that come after this job in the order. */
  readonly after?: string | undefined;
}

/**
 * Returns a CTE's query, which selects the next jobs for a search to examine, in the search's order. The search's result
 * consists of the jobs that match {@link jobConditions}. The limit `:examined` (integer) bounds every search: without it, a
 * search for a rare value without an index would read all jobs.
 *
 * Parameters: those of {@link searchParameters}, `tenant` (text) and `examined`.
 */
export function examinedJobs(search: JobSearch): string {
  const { filter, order } = search;
  const { ofIds, ofAll, ofPeriod } = boundsOf(search);
  const parts = partsOf(filter).map((part) => readPart(part, order, 'ids', ofIds));
  if (ofPeriod) {
    const elsewhere = `(${within('period', ofPeriod).join(' AND ')}) IS NOT TRUE`;
    const part = { keys: OF_TENANT_ALONE, where: `is_id_off_time(job_id, create_time) AND ${elsewhere}` };
    parts.push(readPart(part, order, 'all', ofAll));
  }
  return `SELECT * FROM (${parts.join('\nUNION ALL\n')}) AS parts ORDER BY job_id ${directionOf(order)} LIMIT :examined`;
}

/**
 * Returns the search order as an SQL keyword. The comparison prevents SQL injection: the result is always one of these
 * two keywords.
 */
export function directionOf(order: Order): 'ASC' | 'DESC' {
  return order === 'asc' ? 'ASC' : 'DESC';
}

/**
 * Returns SQL that reads a part through its index, regardless of the planner's statistics. With a plain equality such as
 * `type = :type`, the rows would have to be ordered only by id. The planner might then scan another index in id order, or
 * join all jobs, and skip any number of rows. The planner does not infer an equality from `= ANY`, so it has to order the
 * rows by all columns, and only this index has that order. (Since PostgreSQL 17, a scan with `= ANY` keeps the index's
 * order.) The equalities in the outer query tell the planner that this order is also the id order.
 *
 * In addition, the planner must not assume that the id range contains only a few ids, because it would then read the rows by
 * primary key and sort them. Two things prevent this assumption: the planner does not know the value of a sub-select, and
 * the index condition contains only the bound where the scan begins. The scan may therefore continue past the other
 * bound, until it reaches the row limit.
 */
function readPart({ table, keys, where }: Part, order: Order, name: BoundsName, bounds: Bounds): string {
  const direction = directionOf(order);
  const begin = order === 'asc' ? { first: bounds.first } : { last: bounds.last };
  const end = order === 'asc' ? { last: bounds.last } : { first: bounds.first };
  const conditions = [
    ...Object.entries(keys).map(([column, value]) => `${column} = ANY (ARRAY[${value}])`),
    ...within(name, begin),
    ...(where === undefined ? [] : [where]),
  ];
  const inOrder = [...Object.keys(keys), 'job_id'].map((column) => `${column} ${direction}`).join(', ');
  const outside = [
    ...Object.entries(keys).map(([column, value]) => `${column} = ${value}`),
    ...within(name, end),
  ];
  const read = `(SELECT i.* FROM (
    SELECT * FROM ${table ?? 'jobs'} WHERE ${conditions.join(' AND ')} ORDER BY ${inOrder} LIMIT :examined
  ) AS i WHERE ${outside.join(' AND ')} ORDER BY job_id ${direction})`;
  if (table === undefined) return read;
  // Look up each row separately, because a join might read all jobs in id order.
  return `(SELECT j.* FROM ${read} AS i CROSS JOIN LATERAL (SELECT * FROM jobs WHERE jobs.job_id = i.job_id LIMIT 1) AS j
    WHERE j.job_id = i.job_id ORDER BY j.job_id ${direction})`;
}

/** The exclusive bounds of an id range. */
interface Bounds {
  readonly first?: string | undefined;
  readonly last?: string | undefined;
}

type BoundsName = 'ids' | 'all' | 'period';

/**
 * Returns the id ranges to search. `ofIds` begins after the previous page's last job and is limited to the filter's period;
 * `ofAll` ignores the period.
 */
function boundsOf({ filter: { createdAfter, createdBefore }, order, after }: JobSearch) {
  const start =
    createdAfter === undefined ? undefined : leastIdAt(Date.parse(createdAfter) - ID_TOLERANCE_MS);
  const end =
    createdBefore === undefined ? undefined : leastIdAt(Date.parse(createdBefore) + ID_TOLERANCE_MS + 1);
  const ofAll: Bounds = order === 'asc' ? { first: after } : { last: after };
  const first = [start, ofAll.first]
    .filter((id) => id !== undefined)
    .sort()
    .at(-1);
  const last = [end, ofAll.last]
    .filter((id) => id !== undefined)
    .sort()
    .at(0);
  const ofPeriod: Bounds | undefined =
    start === undefined && end === undefined ? undefined : { first: start, last: end };
  return { ofAll, ofPeriod, ofIds: { first, last } };
}

/** Returns the conditions that limit the ids to a range, with the parameters `first_of_…` and `last_of_…`. */
function within(name: BoundsName, { first, last }: Bounds): string[] {
  return [
    ...(first === undefined ? [] : [`job_id > (SELECT :first_of_${name}::uuid)`]),
    ...(last === undefined ? [] : [`job_id < (SELECT :last_of_${name}::uuid)`]),
  ];
}

/** Returns the parameters of {@link examinedJobs} and {@link jobConditions}, except `tenant` and `examined`. */
export function searchParameters(search: JobSearch): Record<string, Parameter> {
  const { ofIds, ofAll, ofPeriod } = boundsOf(search);
  return {
    ...jobConditions(search.filter).parameters,
    ...idsOf('ids', ofIds),
    ...(ofPeriod && { ...idsOf('all', ofAll), ...idsOf('period', ofPeriod) }),
  };
}

function idsOf(name: BoundsName, { first, last }: Bounds): Record<string, Parameter> {
  return {
    ...(first !== undefined && { [`first_of_${name}`]: first }),
    ...(last !== undefined && { [`last_of_${name}`]: last }),
  };
}

/**
 * Returns the lowest id with this timestamp (in epoch milliseconds). This id sorts before every UUIDv7 with the same
 * timestamp, and after all ids with earlier timestamps.
 */
function leastIdAt(ms: number): string {
  const digits = Math.min(Math.max(0, ms), 2 ** 48 - 1)
    .toString(16)
    .padStart(12, '0');
  return [digits.slice(0, 8), digits.slice(8), '0000', '0000', '000000000000'].join('-');
}
