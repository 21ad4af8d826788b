import type { MadeRoom } from './job-queue.ts';
import type { NewAuditEntry } from './audit.ts';
import type { EndedJobsStore, FamilyOfEnded } from './ended-jobs.ts';
import type { JobFilter, Order } from './job-filter.ts';
import type { Attempt, Job, JobSummary } from './job.ts';
import type { LogPosition, StoredLog } from './job-logs.ts';
import type { JobStatus } from './status.ts';

/** Reads one job. */
export interface JobReader {
  get(tenant: string, jobId: string): Promise<Job | undefined>;
  /** Reads only the job's status, for requests that wait until the job ends. */
  status(tenant: string, jobId: string): Promise<JobStatus | undefined>;
}

/** Reads and changes jobs. All writes are idempotent. */
export interface JobStore extends JobReader, EndedJobsStore {
  /** Reads only the job's type. */
  type(tenant: string, jobId: string): Promise<string | undefined>;
  /**
   * Lists a page of jobs that match a filter. The page may contain fewer than `limit` jobs; see
   * {@link FoundJobs.continueAfter}.
   */
  list(query: JobQuery): Promise<FoundJobs>;
  attempts(tenant: string, jobId: string): Promise<Attempt[] | undefined>;
  /** @param onlyAttempt returns only this attempt's log */
  log(
    tenant: string,
    jobId: string,
    after: LogPosition,
    onlyAttempt: number | undefined,
  ): Promise<StoredLog | undefined>;
  /**
   * Cancels a waiting job, and asks a running job to stop. Returns the job in its new state; `applied` is false if the job's
   * state did not allow the change.
   */
  cancel(
    tenant: string,
    jobId: string,
    entry: NewAuditEntry,
  ): Promise<({ job: Job; applied: boolean } & MadeRoom & FamilyOfEnded) | undefined>;
  /**
   * Moves a failed or canceled job back to `created`, with at least one attempt left. Changes nothing if the job's queue
   * is not part of this deployment; `isWithoutQueue` is then true. Also changes nothing if the tenant already has
   * `maxInFlight` unfinished jobs; `isBeyondLimit` is then true. A `maxInFlight` of 0 means no limit. A repeated request
   * changes nothing and gets the same response as the first. If the job has a callback, a new callback job will send the
   * next outcome. The new callback job's id is `requestId`.
   */
  resubmit(
    tenant: string,
    jobId: string,
    requestId: string,
    maxInFlight: number,
    entry: NewAuditEntry,
  ): Promise<Resubmitted | undefined>;
}

/**
 * The job after a resubmission. The job is unchanged if its state, the tenant's limit or a missing queue prevented the
 * resubmission.
 */
export interface Resubmitted {
  job: Job;
  applied: boolean;
  /** Whether only the tenant's limit on unfinished jobs prevented the resubmission. */
  isBeyondLimit: boolean;
  /** Whether the job was not resubmitted because its queue is not part of this deployment. */
  isWithoutQueue: boolean;
}

export interface JobQuery {
  tenant: string;
  filter: JobFilter;
  order: Order;
  /** For keyset pagination: return only jobs that come after this job in the sort order. */
  after?: string | undefined;
  /** The maximum number of jobs in the page, at least 1. */
  limit: number;
}

/** The jobs found by a query. */
export interface FoundJobs {
  jobs: JobSummary[];
  /** The job after which the next page continues; null if there are no more jobs. */
  continueAfter: string | null;
}
