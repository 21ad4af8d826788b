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

/** The milliseconds below which 99 in 100 of these calls end, one after the other. */
export async function p99(calls: readonly ReadingCall[]): Promise<number> {
  const times: number[] = [];
  for (const call of calls) {
    const startedAt = performance.now();
    await call();
    times.push(performance.now() - startedAt);
  }
  return times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? 0;
}
