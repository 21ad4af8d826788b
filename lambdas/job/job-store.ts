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
  /** Only the job’s status, which waiting clients poll. */
  status(tenant: string, jobId: string): Promise<JobStatus | undefined>;
}

/** Reads and changes jobs. All writes are idempotent. */
export interface JobStore extends JobReader, EndedJobsStore {
  /** Only the job's type. */
  type(tenant: string, jobId: string): Promise<string | undefined>;
  /** A page of the jobs that match a filter. It may have fewer than `limit` jobs: see {@link FoundJobs.continueAfter}. */
  list(query: JobQuery): Promise<FoundJobs>;
  attempts(tenant: string, jobId: string): Promise<Attempt[] | undefined>;
  /** @param onlyAttempt leaves out the other attempts */
  log(
    tenant: string,
    jobId: string,
    after: LogPosition,
    onlyAttempt: number | undefined,
  ): Promise<StoredLog | undefined>;
  /** Cancels a job that waits, and asks a running one to stop. Returns the job as it is afterwards; `applied` is false if its state did not allow it. */
  cancel(
    tenant: string,
    jobId: string,
    entry: NewAuditEntry,
  ): Promise<({ job: Job; applied: boolean } & MadeRoom & FamilyOfEnded) | undefined>;
  /**
   * Puts a failed or canceled job back to `created`, with at least one attempt left, unless this deployment does not have its queue
   * (then it `isWithoutQueue`), or its tenant has `maxInFlight` jobs that have not ended (0 for no limit; then it `isBeyondLimit`). The same request again changes nothing, and is answered as the
   * first. Its next end is told by a job with the request's id, if it has a callback.
   */
  resubmit(
    tenant: string,
    jobId: string,
    requestId: string,
    maxInFlight: number,
    entry: NewAuditEntry,
  ): Promise<Resubmitted | undefined>;
}

/** The job after a resubmission, which applied unless the job's state, a limit or a missing queue forbade it. */
export interface Resubmitted {
  job: Job;
  applied: boolean;
  /** The job's state allows another run, and its tenant has no room for one. */
  isBeyondLimit: boolean;
  /** The job's state allows another run, and this deployment does not have its queue. */
  isWithoutQueue: boolean;
}

export interface JobQuery {
  tenant: string;
  filter: JobFilter;
  order: Order;
  /** Only jobs after this job in the order (keyset pagination). */
  after?: string | undefined;
  /** The maximum number of jobs of the page, at least 1. */
  limit: number;
}

/** The jobs that a search has found. */
export interface FoundJobs {
  jobs: JobSummary[];
  /** The job after which the next page continues. Null if there is no further job. */
  continueAfter: string | null;
}
