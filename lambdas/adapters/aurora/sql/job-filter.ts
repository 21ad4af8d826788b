import type { JobFilter, Order } from '../../../job/job-filter.ts';
import { JOB_STATUSES } from '../../../job/status.ts';
import type { Parameter } from '../data-api.ts';

/** Conditions in SQL, and their parameters. */
interface Conditions {
  readonly sql: readonly string[];
  readonly parameters: Readonly<Record<string, Parameter>>;
}

/** The conditions of a filter on a row `j` of `jobs`. */
export function jobConditions(filter: JobFilter): Conditions {
  const { type, queue, tag, message, createdAfter, createdBefore, objectId } = filter;
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
  return { sql, parameters };
}

/** The statuses that a filter asks for; none if it takes any. */
function statusesOf({ status = [] }: JobFilter): readonly string[] {
  return status.length === JOB_STATUSES.length ? [] : status;
}

/** A part of the jobs of a tenant that one index reads in the order of their ids. */
interface Branch {
  readonly from: string;
  /** The column `job_id` whose order the index has. */
  readonly id: string;
  readonly conditions: readonly string[];
}

/**
 * The index that reads the fewest jobs besides those of the filter. The other conditions are judged on the rows. Each branch has only
 * conditions that are equalities on the columns in front of the index, so the planner reads no row that is not in the branch.
 */
function branchesOf(filter: JobFilter): Branch[] {
  const { type, tag, message, objectId } = filter;
  const ofJobs = (...conditions: string[]): Branch => ({
    from: 'jobs j',
    id: 'j.job_id',
    conditions: ['j.tenant = :tenant', ...conditions],
  });
  const ofTerm = (term: string): Branch => ({
    from: 'job_terms t JOIN jobs j ON j.job_id = t.job_id',
    id: 't.job_id',
    conditions: ['t.tenant = :tenant', `t.term = ${term}`],
  });
  if (objectId !== undefined) return [ofJobs('j.object_id = :object_id')];
  if (Object.keys(filter.metadata ?? {}).length > 0)
    return [ofTerm('metadata_term(:metadata_key_0, :metadata_value_0)')];
  if (tag !== undefined) return [ofTerm('tag_term(:tag)')];
  const ofType = type === undefined ? [] : ['j.type = :type'];
  const statuses = statusesOf(filter);
  if (message !== undefined && (type === undefined || statuses.length === 0)) {
    return [ofJobs('j.message IS NOT NULL')];
  }
  if (statuses.length === 0) return [ofJobs(...ofType)];
  return statuses.map((_status, index) => ofJobs(...ofType, `j.status = :status_${index}`));
}

/** How far the time in a job's id may be from its creation: `is_id_off_time` of migration 0022. */
const ID_TOLERANCE_MS = 60_000;

/** A search through the jobs of a tenant. */
export interface JobSearch {
  readonly filter: JobFilter;
  readonly order: Order;
  /** Only jobs behind this one: the keyset. */
  readonly after?: string | undefined;
}

/**
 * The body of a WITH query: the rows of `jobs` that a search has to look at, in order, at most `:examined` (integer). Those that pass
 * {@link jobConditions}, as a table `j`, are the jobs that it finds. The limit bounds every search, however few jobs pass: a condition that no
 * index has would read all jobs otherwise.
 *
 * Parameters: those of {@link searchParameters}, `tenant` (text) and `examined`.
 */
export function examinedJobs({ filter, order, after }: JobSearch): string {
  const direction = order === 'asc' ? 'ASC' : 'DESC';
  const isBehind = (id: string): string[] =>
    after === undefined ? [] : [`${id} ${order === 'asc' ? '>' : '<'} :after::uuid`];
  const inPeriod = (id: string): string[] => [
    ...(filter.createdAfter === undefined ? [] : [`${id} >= :first_id::uuid`]),
    ...(filter.createdBefore === undefined ? [] : [`${id} < :end_id::uuid`]),
  ];
  const select = ({ from, id, conditions }: Branch, ...more: string[]): string =>
    `(SELECT j.* FROM ${from} WHERE ${[...conditions, ...isBehind(id), ...more].join(' AND ')} ORDER BY ${id} ${direction} LIMIT :examined)`;
  const parts = branchesOf(filter).map((branch) => select(branch, ...inPeriod(branch.id)));
  const period = inPeriod('j.job_id');
  if (period.length > 0) {
    const offTime = { from: 'jobs j', id: 'j.job_id', conditions: ['j.tenant = :tenant'] };
    parts.push(select(offTime, 'is_id_off_time(j.job_id, j.create_time)', `NOT (${period.join(' AND ')})`));
  }
  if (parts.length === 1) return parts[0] ?? '';
  return `SELECT * FROM (${parts.join('\nUNION ALL\n')}) AS parts ORDER BY job_id ${direction} LIMIT :examined`;
}

/** The parameters of {@link examinedJobs} and {@link jobConditions}, but for `tenant` and `examined`. */
export function searchParameters({ filter, after }: JobSearch): Record<string, Parameter> {
  const { createdAfter, createdBefore } = filter;
  return {
    ...jobConditions(filter).parameters,
    ...(after !== undefined && { after }),
    ...(createdAfter !== undefined && { first_id: firstIdAt(Date.parse(createdAfter) - ID_TOLERANCE_MS) }),
    ...(createdBefore !== undefined && {
      end_id: firstIdAt(Date.parse(createdBefore) + ID_TOLERANCE_MS + 1),
    }),
  };
}

/** The least UUIDv7 of a time, in milliseconds since 1970. */
function firstIdAt(ms: number): string {
  const digits = Math.min(Math.max(0, ms), 2 ** 48 - 1)
    .toString(16)
    .padStart(12, '0');
  return `${digits.slice(0, 8)}-${digits.slice(8)}-0000-0000-000000000000`;
}
