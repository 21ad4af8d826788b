import type { JobStatus } from '../../../lambdas/job/status.ts';

/** What a response shows about a job. */
export interface View {
  /** Undefined in a list of attempts, which shows only how many there are. */
  readonly status?: JobStatus;
  readonly attempt: number;
  readonly endTime: string | null;
  readonly cancelRequested: boolean;
  /** Whether the job has steps, so that it may run again as the same attempt. */
  readonly hasSteps: boolean;
}

/**
 * A request about one job. It took effect at one moment between its start and its end. Without a response, it may never have had an
 * effect.
 *
 * - `create`: a submission that was told that the job is new
 * - `read`: any response that shows the job and changes nothing, such as that to a duplicate
 * - `cancel`, `retry`: also one job's share of a bulk change
 */
export interface Operation {
  readonly kind: 'create' | 'read' | 'cancel' | 'retry';
  /** Milliseconds, on one clock for all clients. */
  readonly start: number;
  /** Infinity without a response. */
  readonly end: number;
  /** The job in the response. */
  readonly view?: View;
  /**
   * Whether this is an earlier execution of a request: Errand's own call was repeated, and only the last execution has a response. It
   * may have had no effect.
   */
  readonly isEarlier?: boolean;
  /** Whether the response is 409, which means that the job's state does not allow the change. */
  readonly isRefused?: boolean;
}

/** A page of the list of all jobs, newest first. */
export interface ListRead {
  readonly tenant: string;
  readonly start: number;
  readonly end: number;
  /** The ids of all jobs on the page. */
  readonly jobIds: readonly string[];
  /** Whether older jobs may follow. */
  readonly hasMore: boolean;
}

/** A request for a bulk change of a batch. Its bulk job changes each job at most once, some time after the request. */
export interface BulkRequest {
  readonly tenant: string;
  readonly batchId: string;
  readonly action: 'cancel' | 'retry';
  readonly start: number;
}

/** A job that a response has named. */
export interface KnownJob {
  readonly tenant: string;
  /** When the first response that named the job had arrived. */
  knownAt: number;
  readonly operations: Operation[];
}

/** All requests of a run that show or change jobs. */
export interface History {
  readonly jobs: ReadonlyMap<string, Readonly<KnownJob>>;
  readonly lists: readonly ListRead[];
  readonly bulkRequests: readonly BulkRequest[];
}
