import type { JobDatabase, Stores } from '../helpers/aurora.ts';
import { livesOf, PHASES } from './job-lives.ts';

/** The bytes used by the tables that every job writes, and by their indexes. */
export interface Size {
  readonly heap: number;
  readonly indexes: number;
}

export interface ChurnOptions {
  /** The number of rows that the tables keep. */
  readonly rows: number;
  /** The number of jobs that go through the tables. */
  readonly jobs: number;
  readonly connections?: number;
  /** Called after each tenth of the jobs. */
  readonly onTenth?: (jobs: number) => Promise<unknown>;
}

const TABLES = ['jobs', 'job_attempts'];
/** The number of jobs in one of the worker's statements. */
const BATCH = 10;
/** The number of jobs that one of the sweeper's statements deletes. */
const PRUNED = 500;

/** Fills the tables with ended jobs and compacts them, which gives the minimum size for this number of jobs. */
export async function fill(db: JobDatabase, rows: number): Promise<Size> {
  const lives = livesOf(db, rows, 100);
  for (const phase of PHASES) await lives.run(phase, 4);
  for (const table of TABLES) await db.sql(`VACUUM (FULL, ANALYZE) ${table}`);
  return sizeOf(db);
}

/** Submits, runs and records jobs, and prunes the oldest, so that the number of rows stays constant. */
export async function churn(
  stores: Pick<Stores, 'jobs' | 'attempts' | 'mending'>,
  { rows, jobs, connections = 1, onTenth }: ChurnOptions,
): Promise<void> {
  let done = 0;
  for (let tenth = 1; tenth <= 10; tenth += 1) {
    const until = Math.round((jobs * tenth) / 10);
    while (done < until) {
      const wave = Math.min(PRUNED, rows, until - done);
      const lives = livesOf(stores, wave, BATCH);
      for (const phase of PHASES) await lives.run(phase, connections);
      // The retention is zero, so only the limit decides what is deleted.
      const pruned = await stores.mending.prune(0, wave);
      if (pruned.jobs !== wave) throw new Error(`${pruned.jobs} jobs were pruned instead of ${wave}.`);
      done += wave;
    }
    await onTenth?.(done);
  }
}

export async function sizeOf(db: Pick<JobDatabase, 'sql'>): Promise<Size> {
  const [size] = await db.sql<Size>(
    `SELECT sum(pg_table_size(oid))::float8 AS heap, sum(pg_indexes_size(oid))::float8 AS indexes
     FROM pg_class WHERE oid = ANY ($1::regclass[])`,
    [TABLES],
  );
  if (!size) throw new Error('PostgreSQL did not return the size of the tables.');
  return size;
}
