import type { JobStatus } from '../../../lambdas/job/status.ts';

/** The data that a response contains about a job. */
export interface View {
  /** Undefined for a list of attempts, which shows only the number of attempts. */
  readonly status?: JobStatus;
  readonly attempt: number;
  readonly endTime: string | null;
  readonly cancelRequested: boolean;
  /** Whether the job has steps. A job with steps may be suspended, and then continues in the same attempt. */
  readonly hasSteps: boolean;
}

/**
 * A request about one job. The request took effect at one moment between its start and its end. A request without a response may never have taken
 * effect.
 *
 * - `create`: a submission that, according to its response, created the job
 * - `read`: any request that shows the job and changes nothing, such as a duplicate submission
 * - `cancel`, `retry`: a request for one job, or a bulk job's change of one job
 */
export interface Operation {
  readonly kind: 'create' | 'read' | 'cancel' | 'retry';
  /** The start time in milliseconds. All clients share one clock. */
  readonly start: number;
  /** The end time in milliseconds; Infinity if there was no response. */
  readonly end: number;
  /** The job in the response. */
  readonly view?: View;
  /**
   * Whether the request was executed again later. If Errand's own call to a store is retried, only the last execution's response is known, and an
   * earlier execution may have had no effect.
   */
  readonly isEarlier?: boolean;
  /** Whether the response was a 409: the job's state did not allow the change. */
  readonly isRefused?: boolean;
}

/** A page of the job list, newest first. */
export interface ListRead {
  readonly tenant: string;
  readonly start: number;
  readonly end: number;
  /** The ids of all jobs on the page. */
  readonly jobIds: readonly string[];
  /** Whether older jobs may follow. */
  readonly hasMore: boolean;
}

/** A request to cancel or retry a batch's jobs in bulk. The bulk job changes each job at most once, some time after the request. */
export interface BulkRequest {
  readonly tenant: string;
  readonly batchId: string;
  readonly action: 'cancel' | 'retry';
  readonly start: number;
}

/** A job that a response has named. */
export interface KnownJob {
  readonly tenant: string;
  /** The arrival time of the first response that named the job. */
  knownAt: number;
  readonly operations: Operation[];
}

/** All of a run's requests that show or change jobs. */
export interface History {
  readonly jobs: ReadonlyMap<string, Readonly<KnownJob>>;
  readonly lists: readonly ListRead[];
  readonly bulkRequests: readonly BulkRequest[];
}
