import { MAX_EXAMINED_JOBS } from '../../lambdas/adapters/aurora/sql/read-jobs.ts';

/** Ids of rows that `fillJobs` writes. */
export interface SomeRows {
  /** A hundred consecutive jobs that have ended. */
  ended: readonly string[];
  running: readonly string[];
  failed: string;
  waiting: string;
  message: string;
}

/** The maximum number of items on a page of a list. */
export const PAGE = 100;

/** The pages needed to find one row by its key, plus a margin, and to write one row with an entry in each index. */
export const [ONE_ROW, ONE_WRITE] = [12, 150];
/**
 * The rows of another list page, each on a separate database page in the worst case. If most jobs match a filter, the
 * planner may read all jobs in order and skip the others, which are the newest 300 here.
 */
export const ONE_LIST = 4 * PAGE;

/**
 * A list of jobs reads at most a thousand jobs. In the worst case, each job is on a separate page, and is found through
 * an index and then by its key, whose inner pages are few.
 */
export const ONE_SEARCH = 8 * MAX_EXAMINED_JOBS;
