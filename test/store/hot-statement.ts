import { MAX_EXAMINED_JOBS } from '../../lambdas/adapters/aurora/sql/read-jobs.ts';

/** Ids of rows that `fillJobs` writes. */
export interface SomeRows {
  /** The ids of a hundred consecutive jobs that have ended. */
  ended: readonly string[];
  running: readonly string[];
  failed: string;
  waiting: string;
  message: string;
}

/** The maximum number of items on a page of a list. */
export const PAGE = 100;

/** The maximum number of pages for finding one row by its key, and for writing one row and its index entries. Both limits include a margin. */
export const [ONE_ROW, ONE_WRITE] = [12, 150];
/**
 * The maximum number of database pages for one list page. In the worst case, each row is on a separate database page. If most jobs match a filter,
 * the planner may read all jobs in order and skip jobs that do not match. In these tests, it skips up to 300.
 */
export const ONE_LIST = 4 * PAGE;

/**
 * The maximum number of database pages for a search. A search examines at most a thousand jobs. In the worst case, each job is on a separate page,
 * and a search needs one index entry and one look-up in another index per job.
 */
export const ONE_SEARCH = 8 * MAX_EXAMINED_JOBS;
