/** One month of work. */
export interface Workload {
  readonly jobs: number;
  /** How long a handler runs, in seconds. */
  readonly seconds: number;
  /** Jobs per worker execution. */
  readonly batch: number;
  /** Jobs per request to the API: 1 to `MAX_BATCH` (lambdas/api/operations/jobs/create-jobs.ts). */
  readonly submitBatch: number;
  /** Kilobytes per job row: its payload and result. */
  readonly rowKilobytes: number;
  /** How often the client reads each job. */
  readonly reads: number;
  /** The number of jobs that are submitted by schedules, not by API requests. */
  readonly firings: number;
  /** The number of job types that have jobs. */
  readonly types: number;
  /** The number of callers that submit and read jobs in every hour of the month, each with its own API key. */
  readonly callers: number;
  /** How long one Data API call takes, in milliseconds. */
  readonly dataApiMs: number;
}

/**
 * Assumptions of the model that can't be read from a template. Each figure is an estimate and is printed with the result. Replace the
 * estimates with your own metrics.
 */
export const ASSUMPTIONS = {
  /**
   * Billed milliseconds of the api function for a request with one job, excluding the Data API. The function writes to DynamoDB and sends an SQS
   * message.
   */
  acceptMilliseconds: 30,
  /** Billed milliseconds of the api function for each additional job in a batch. */
  acceptMillisecondsPerFurtherJob: 1,
  /** Billed milliseconds of the api function per read, excluding the Data API. */
  readMilliseconds: 5,
  /** Billed milliseconds of a worker execution, excluding the handlers and the Data API. */
  executionMilliseconds: 10,
  /** The function's billed milliseconds per status write, if another service runs the jobs. */
  statusWriteMilliseconds: 10,
  /** Kilobytes of log per invocation: the platform's start and report lines, and a job's lines. */
  logKilobytesPerInvocation: 1,
  /** Kilobytes per entry in API Gateway's access log, including CloudWatch's overhead per entry. */
  accessLogKilobytes: 0.4,
  /** The number of metrics that a busy queue or job type produces if some jobs fail: seven counts and three durations. */
  metricsEach: 10,
  /** Kilobytes of the metrics log line that an invocation writes if it accepts or runs jobs, including CloudWatch's overhead per entry. */
  metricKilobytesPerInvocation: 0.5,
  /** GB-seconds of the authorizer (10 ms with 512 MB) for a request with a key and route that API Gateway has not cached. */
  authorizeGigabyteSeconds: 0.005,
  /**
   * Bytes of write-ahead log for a job, from its insertion to the recording of its outcome, excluding its payload and result. The figure is
   * from `npm run bench:database`.
   */
  logBytesPerJob: 4_780,
  /** Bytes of write-ahead log for a job that is submitted and run in batches. */
  logBytesPerJobInBatches: 3_461,
  /** Average number of capacity units that Aurora uses while awake. */
  averageCapacityUnits: 1,
  /** The number of receive calls per minute on an empty queue. Lambda has five pollers, and each call waits 20 s. */
  emptyReceivesPerMinute: 15,
  sweepMilliseconds: 20,
} as const;
