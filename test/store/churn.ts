import type { JobDatabase, Stores } from '../helpers/aurora.ts';
import { livesOf, PHASES } from './job-lives.ts';

/** Bytes of the tables that every job writes, and of their indexes. */
export interface Size {
  readonly heap: number;
  readonly indexes: number;
}

export interface ChurnOptions {
  /** Rows that the tables keep. */
  readonly rows: number;
  /** Jobs that go through the tables. */
  readonly jobs: number;
  readonly connections?: number;
  /** Called after each tenth of the jobs. */
  readonly onTenth?: (jobs: number) => Promise<unknown>;
}

const TABLES = ['jobs', 'job_attempts'];
/** Jobs in a statement of the worker. */
const BATCH = 10;
/** Jobs that one statement of the sweeper deletes. */
const PRUNED = 500;

/** Fills the tables with ended jobs and packs them, which gives the minimum size for this number of jobs. */
export async function fill(db: JobDatabase, rows: number): Promise<Size> {
  const lives = livesOf(db, rows, 100);
  for (const phase of PHASES) await lives.run(phase, 4);
  for (const table of TABLES) await db.sql(`VACUUM (FULL, ANALYZE) ${table}`);
  return sizeOf(db);
}

/** Submits, runs and records jobs, and prunes the oldest, so that the tables keep the same number of rows. */
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
      // Retains nothing, so that only the limit decides.
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
  if (!size) throw new Error('PostgreSQL did not tell the size of the tables.');
  return size;
}
