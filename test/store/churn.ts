import type { JobDatabase, Stores } from '../helpers/aurora.ts';
import { livesOf, PHASES } from './job-lives.ts';

/** The sizes in bytes of the tables that every job writes to, and of those tables' indexes. */
export interface Size {
  readonly heap: number;
  readonly indexes: number;
}

export interface ChurnOptions {
  /** The constant number of rows in each table. */
  readonly rows: number;
  /** The number of jobs that are submitted, run and pruned. */
  readonly jobs: number;
  readonly connections?: number;
  /** Called after each tenth of the jobs. */
  readonly onTenth?: (jobs: number) => Promise<unknown>;
}

const TABLES = ['jobs', 'job_attempts'];
/** The number of jobs that one statement claims, or whose results it records. */
const BATCH = 10;
/** The number of jobs that the sweeper deletes in one statement. */
const PRUNED = 500;

/** Fills the tables with ended jobs and compacts the tables. Returns the tables' size, which is the minimum for this number of jobs. */
export async function fill(db: JobDatabase, rows: number): Promise<Size> {
  const lives = livesOf(db, rows, 100);
  for (const phase of PHASES) await lives.run(phase, 4);
  for (const table of TABLES) await db.sql(`VACUUM (FULL, ANALYZE) ${table}`);
  return sizeOf(db);
}

/** Submits jobs, runs them, and prunes the same number of the oldest jobs, so that the number of rows stays constant. */
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
      // With a retention of zero, only the limit determines how many jobs are deleted.
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
