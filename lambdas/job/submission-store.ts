import type { Replaced } from './holding-job.ts';
import type { JobSummary, NewJob, Replacement } from './job.ts';

/**
 * Writes new jobs and finds existing jobs. The returned jobs have neither payload nor result, because the payloads and
 * results of many jobs could exceed the Data API's 1 MiB.
 */
export interface SubmissionStore {
  find(tenant: string, jobIds: readonly string[]): Promise<JobSummary[]>;
  /**
   * Writes the jobs that do not exist yet, in one statement. `inserted` is false if another submission had already written a
   * job with the same id.
   * @throws StoreUnavailableError, BatchClosedError
   */
  insert(jobs: readonly NewJob[]): Promise<Inserted[]>;
  /**
   * Like `insert`, but omits jobs that would exceed the tenant's limit of `maxInFlight` unfinished jobs. The omitted jobs
   * are not in the result. `applied` is `no` if the omitted jobs were certainly not written. `applied` is `unknown` if the
   * response to an earlier request was lost, because that request may still write the jobs.
   * @throws StoreUnavailableError, BatchClosedError
   */
  insertThatFit(
    jobs: readonly NewJob[],
    maxInFlight: number,
  ): Promise<{ written: Inserted[]; applied: 'no' | 'unknown' }>;
  /**
   * Replaces the fields of jobs that have not started, in one statement. Idempotent: a repeated request does not apply a
   * replacement again. Jobs that do not exist are missing from the result.
   * @throws StoreUnavailableError
   */
  replace(tenant: string, replacements: readonly Replacement[]): Promise<Replaced[]>;
}

/** A stored job; `inserted` is false if another submission had already written the job. */
export interface Inserted {
  job: JobSummary;
  inserted: boolean;
}
