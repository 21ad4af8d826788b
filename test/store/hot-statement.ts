import { MAX_EXAMINED_JOBS } from '../../lambdas/adapters/aurora/sql/read-jobs.ts';

/** Ids of rows as `fillJobs` writes them. */
export interface SomeRows {
  /** A hundred jobs in sequence that have ended. */
  ended: readonly string[];
  running: readonly string[];
  failed: string;
  waiting: string;
  message: string;
}

/** The most that a page of a list has. */
export const PAGE = 100;

/** Pages to find one row by its key, and a little more; to write one with an entry in each index. */
export const [ONE_ROW, ONE_WRITE] = [12, 150];
/**
 * As many rows again as a page has, each on a page of its own in the worst case. Where most jobs pass a filter the planner may
 * take them from all jobs in order, and pass over the others: the newest 300 here.
 */
export const ONE_LIST = 4 * PAGE;

/**
 * A list of jobs looks at a thousand at most. In the worst case each is on a page of its own, and is found by an index of its own and then by
 * its key, whose pages above the lowest are few.
 */
export const ONE_SEARCH = 8 * MAX_EXAMINED_JOBS;
