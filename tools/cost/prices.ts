/**
 * List prices in US dollars, without discounts, and without free tiers except {@link FREE}, as the providers published them. AWS: us-east-1.
 * Change the date with the figures: it is printed with every result.
 */
export const PRICES_DATE = '2026-11';

const MILLION = 1_000_000;

/** CloudWatch's free tier, which does not end, for all stacks of an account together. https://aws.amazon.com/cloudwatch/pricing/ */
export const FREE = { alarmMetrics: 10, dashboards: 3, metricsOfDashboard: 50 } as const;

/** Dollars for one unit of each thing that is metered. */
export const PRICES = {
  /** HTTP API, a request of up to 512 KB, the first 300 million of a month. */
  httpApiRequest: 1 / MILLION,
  lambdaRequest: 0.2 / MILLION,
  /** A gigabyte-second on arm64, the first 7.5 billion of a month. */
  lambdaGigabyteSecond: 0.0000133334,
  /** On demand: a write of up to 1 KB, a strongly consistent read of up to 4 KB. Deletions by TTL are free. */
  dynamoDbWrite: 0.625 / MILLION,
  dynamoDbRead: 0.125 / MILLION,
  /** Standard queue, a request of up to 64 KB. */
  sqsRequest: 0.4 / MILLION,
  /** On top of each request about a message with a group: the queue is a fair queue. https://aws.amazon.com/sqs/pricing/ */
  sqsFairRequest: 0.1 / MILLION,
  /** EventBridge Scheduler, an invocation of a target. */
  schedulerInvocation: 1 / MILLION,
  /** CloudWatch, a metric that a standard-resolution alarm watches. https://aws.amazon.com/cloudwatch/pricing/ */
  alarmMetricMonth: 0.1,
  dashboardMonth: 3,
  /** CloudWatch, a metric of your own, the first 10,000 of an account, prorated by the hours in which it gets values. https://aws.amazon.com/cloudwatch/pricing/ */
  customMetricMonth: 0.3,
  /** RDS Data API, a request of up to 32 KB, the first billion of a month. */
  dataApiRequest: 0.35 / MILLION,
  /** Aurora Serverless v2, Aurora Standard. */
  auroraCapacityUnitHour: 0.12,
  auroraInputOutput: 0.2 / MILLION,
  auroraGigabyteMonth: 0.1,
  secretMonth: 0.4,
  /** CloudWatch Logs, a gigabyte taken in. */
  logsGigabyte: 0.5,

  /** Step Functions Standard, a state transition, the start of the execution counted as one. */
  stepFunctionsTransition: 25 / MILLION,
  /** Google Cloud Tasks, an operation: the creation of a task, and each delivery. */
  cloudTasksOperation: 0.4 / MILLION,
  /** Cloud Run, charged by request, tier 1. */
  cloudRunRequest: 0.4 / MILLION,
  cloudRunVcpuSecond: 0.000024,
  cloudRunGibibyteSecond: 0.0000025,
  /** Firestore, a document read or written, us-east1. */
  firestoreWrite: 0.9 / MILLION,
  firestoreRead: 0.3 / MILLION,
  /** Upstash QStash, pay as you go: each delivery attempt is a message. */
  qstashMessage: 10 / MILLION,
} as const;
