/** One month of work. */
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
  /** How often the client reads each job. */
  readonly reads: number;
  /** How many of the jobs a schedule submits, instead of a request to the API. */
  readonly firings: number;
  /** Job types with jobs. */
  readonly types: number;
  /** Callers that submit and read with their own API keys, at every hour of the month. */
  readonly callers: number;
  /** How long one Data API call takes, in milliseconds. */
  readonly dataApiMs: number;
}

/**
 * The model's assumptions, which no template contains. Each figure is an estimate and is printed with the result. Replace them with your
 * own metrics.
 */
export const ASSUMPTIONS = {
  /** Billed milliseconds of the api function for a request with one job, without the Data API: a key in DynamoDB and a message to SQS. */
  acceptMilliseconds: 30,
  /** And for each further job of a batch. */
  acceptMillisecondsPerFurtherJob: 1,
  /** Without the Data API. */
  readMilliseconds: 5,
  /** Billed milliseconds of an execution of the worker without its handlers and the Data API. */
  executionMilliseconds: 10,
  /** Billed milliseconds of one status write on another service. */
  statusWriteMilliseconds: 10,
  /** Kilobytes of log that one invocation writes: the platform's start and report, and the lines of a job. */
  logKilobytesPerInvocation: 1,
  /** Kilobytes of an entry of API Gateway's access log, with what CloudWatch adds to each entry. */
  accessLogKilobytes: 0.4,
  /** Metrics of one busy queue or job type when some jobs fail: seven counts and three durations. */
  metricsEach: 10,
  /** Kilobytes of the line of metrics that an invocation which accepts or runs jobs writes, with what CloudWatch adds to each entry. */
  metricKilobytesPerInvocation: 0.5,
  /** GB-seconds of the authorizer, for a request whose key and route API Gateway has not cached: 10 ms of 512 MB. */
  authorizeGigabyteSeconds: 0.005,
  /** Bytes of write-ahead log for a job from its insertion to its record, besides its payload and result: `npm run bench:database`. */
  logBytesPerJob: 4_780,
  /** And for a job that is submitted and run with others. */
  logBytesPerJobInBatches: 3_461,
  /** Average capacity units that Aurora uses while it is awake. */
  averageCapacityUnits: 1,
  /** Receives per minute of Lambda's five pollers on an empty queue, each of which waits 20 s. */
  emptyReceivesPerMinute: 15,
  sweepMilliseconds: 20,
} as const;
