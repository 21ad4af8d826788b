/** The work whose cost is asked for: one month of it. */
export interface Workload {
  readonly jobs: number;
  /** How long a handler runs, in seconds. */
  readonly seconds: number;
  /** Jobs in one execution of the worker. */
  readonly batch: number;
  /** Jobs per request to the API: 1 to `MAX_BATCH` (lambdas/api/operations/jobs/create-jobs.ts). */
  readonly submitBatch: number;
  /** Kilobytes of a job's row: its payload and result. */
  readonly rowKilobytes: number;
  /** How often the client asks for each job. */
  readonly reads: number;
}

/**
 * What the model takes for granted because no template says it. Each figure is an estimate, printed with the result;
 * replace it by what your own metrics say.
 */
export const ASSUMPTIONS = {
  /** Billed milliseconds of the api function for a request of one job: three calls, one after the other. */
  acceptMilliseconds: 40,
  /** And for each further job of a batch. */
  acceptMillisecondsPerFurtherJob: 1,
  readMilliseconds: 15,
  /** Billed milliseconds of an execution of the worker besides the handlers: the claim and the record. */
  executionMilliseconds: 30,
  /** Kilobytes of log that one invocation writes: the platform's start and report, and the lines of a job. */
  logKilobytesPerInvocation: 1,
  /** Storage requests of Aurora for one job: its row, its attempt and their indexes, at three writes. */
  inputOutputsPerJob: 6,
  /** Capacity units that Aurora uses on the average while it is awake. */
  averageCapacityUnits: 1,
  /** Receives a minute of Lambda's five pollers at an empty queue, each waiting 20 s. */
  emptyReceivesPerMinute: 15,
  sweepMilliseconds: 20,
} as const;
