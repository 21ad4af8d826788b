import type { JobDatabase } from '../helpers/aurora.ts';
import { TENANT } from './job-rows.ts';

/** A call of the store that is to be timed. */
export type ReadingCall = () => Promise<unknown>;

/** Reads and lists from places all over the table: a job, the page before it, and the newest failures of a type. */
export async function readingCalls(database: JobDatabase): Promise<ReadingCall[]> {
  const { jobs } = database;
  const ids = await database.sql<{ id: string }>(
    'SELECT job_id AS id FROM jobs TABLESAMPLE BERNOULLI (10) LIMIT 60',
  );
  return ids.flatMap(({ id }) => [
    () => jobs.get(TENANT, id),
    () => jobs.list({ tenant: TENANT, limit: 50, before: id }),
    () => jobs.list({ tenant: TENANT, limit: 50, status: 'failed', type: 'sleep' }),
  ]);
}

/** The 99th percentile of the milliseconds that these calls take, one after the other. */
export async function p99(calls: readonly ReadingCall[]): Promise<number> {
  return (await p99OfEach([calls]))[0] ?? 0;
}

/** The 99th percentile of each kind of calls, in milliseconds. The kinds take turns, so that they meet the same machine. */
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
