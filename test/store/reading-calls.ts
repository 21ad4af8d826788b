import type { JobDatabase } from '../helpers/aurora.ts';
import type { JobFilter } from '../../lambdas/job/job-filter.ts';
import type { JobQuery } from '../../lambdas/job/job-store.ts';
import { BIG_BATCH } from './million-jobs.ts';
import { NEWEST_FIRST, TENANT } from './job-rows.ts';

/** A store call whose duration is measured. */
export type ReadingCall = () => Promise<unknown>;

/** Filters that match many jobs, few jobs, or no jobs. */
export const FILTERS: readonly JobFilter[] = [
  { status: ['failed', 'canceled'] },
  { queue: 'nowhere' },
  { tag: 'every second' },
  { tag: 'every second', status: ['failed'], type: 'analyze' },
  { tag: 'rare' },
  { metadata: { customer: 'customer-7' } },
  { metadata: { region: 'eu' }, message: 'nobody wrote it' },
  { message: 'answered 500' },
  { message: 'nobody wrote it' },
  { objectId: 'the busy one', status: ['canceled'] },
  { batchId: BIG_BATCH, message: 'nobody wrote it' },
  { createdAfter: '2020-01-01T00:00:00Z', createdBefore: '2021-01-01T00:00:00Z' },
  { createdAfter: '2020-01-01T00:00:00Z', status: ['success'], type: 'sleep', message: 'nobody wrote it' },
];

/**
 * Returns calls for jobs from all over the table. The calls for a job read the job, the page of older jobs, and a type's newest failures. For
 * every third job, there are also calls that read a list with each of {@link FILTERS}.
 */
export async function readingCalls(database: JobDatabase): Promise<ReadingCall[]> {
  const { jobs } = database;
  const ids = await database.sql<{ id: string }>(
    'SELECT job_id AS id FROM jobs TABLESAMPLE BERNOULLI (10) LIMIT 60',
  );
  const list = (query: Partial<JobQuery>) => () =>
    jobs.list({ tenant: TENANT, ...NEWEST_FIRST, limit: 50, ...query });
  return ids.flatMap(({ id }, index) => [
    () => jobs.get(TENANT, id),
    list({ after: id }),
    list({ filter: { status: ['failed'], type: 'sleep' } }),
    ...(index % 3 > 0
      ? []
      : FILTERS.flatMap((filter) => [list({ filter }), list({ filter, order: 'asc', after: id })])),
  ]);
}

/** Runs the calls one at a time, and returns the 99th percentile of their durations, in milliseconds. */
export async function p99(calls: readonly ReadingCall[]): Promise<number> {
  return (await p99OfEach([calls]))[0] ?? 0;
}

/**
 * Returns the 99th percentile of each kind of call, in milliseconds. Alternates between the kinds, so that all kinds run under the same load.
 */
export async function p99OfEach(kinds: readonly (readonly ReadingCall[])[]): Promise<number[]> {
  const times = kinds.map((): number[] => []);
  for (let turn = 0; turn < Math.max(...kinds.map(({ length }) => length)); turn += 1) {
    for (const [kind, calls] of kinds.entries()) {
      const startedAt = performance.now();
      await calls[turn]?.();
      if (calls[turn]) times[kind]?.push(performance.now() - startedAt);
    }
  }
  return times.map((each) => each.toSorted((a, b) => a - b)[Math.floor(each.length * 0.99)] ?? 0);
}
