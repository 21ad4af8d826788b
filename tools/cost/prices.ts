/**
 * List prices in US dollars as published by the providers, without discounts, and without free tiers except {@link FREE}. AWS prices are
 * for us-east-1. When you change a price, change the date too, because it is printed with every result.
 */
export const PRICES_DATE = '2026-11';

const MILLION = 1_000_000;

/** CloudWatch's permanent free tier, shared by all stacks in an account. https://aws.amazon.com/cloudwatch/pricing/ */
export const FREE = { alarmMetrics: 10, dashboards: 3, metricsOfDashboard: 50 } as const;

/** Dollars per metered unit. */
export const PRICES = {
  /** HTTP API: one request of up to 512 KB, for the first 300 million per month. */
  httpApiRequest: 1 / MILLION,
  lambdaRequest: 0.2 / MILLION,
  /** One gigabyte-second on arm64, for the first 7.5 billion per month. */
  lambdaGigabyteSecond: 0.0000133334,
  /** On-demand: one write of up to 1 KB, or one strongly consistent read of up to 4 KB. Deletions by TTL are free. */
  dynamoDbWrite: 0.625 / MILLION,
  dynamoDbRead: 0.125 / MILLION,
  /** Standard queue: one request of up to 64 KB. */
  sqsRequest: 0.4 / MILLION,
  /** Surcharge per request with a message group, which makes the queue a fair queue. https://aws.amazon.com/sqs/pricing/ */
  sqsFairRequest: 0.1 / MILLION,
  /** EventBridge Scheduler: one invocation of a target. */
  schedulerInvocation: 1 / MILLION,
  /** CloudWatch: one metric watched by a standard-resolution alarm. https://aws.amazon.com/cloudwatch/pricing/ */
  alarmMetricMonth: 0.1,
  dashboardMonth: 3,
  /**
   * CloudWatch: one custom metric, for the first 10,000 in an account, prorated by the hours in which it receives data.
   * https://aws.amazon.com/cloudwatch/pricing/
   */
  customMetricMonth: 0.3,
  /** RDS Data API: one request of up to 32 KB, for the first billion per month. */
  dataApiRequest: 0.35 / MILLION,
  /** Aurora Serverless v2 with Aurora Standard. */
  auroraCapacityUnitHour: 0.12,
  auroraInputOutput: 0.2 / MILLION,
  auroraGigabyteMonth: 0.1,
  secretMonth: 0.4,
  /** CloudWatch Logs: one gigabyte ingested. */
  logsGigabyte: 0.5,

  /** Step Functions Standard: one state transition. The start of an execution counts as a transition. */
  stepFunctionsTransition: 25 / MILLION,
  /** Google Cloud Tasks: one operation. Creating a task counts as one operation, and so does each delivery. */
  cloudTasksOperation: 0.4 / MILLION,
  /** Cloud Run with request-based billing, tier 1. */
  cloudRunRequest: 0.4 / MILLION,
  cloudRunVcpuSecond: 0.000024,
  cloudRunGibibyteSecond: 0.0000025,
  /** Firestore: one document read or written, in us-east1. */
  firestoreWrite: 0.9 / MILLION,
  firestoreRead: 0.3 / MILLION,
  /** Upstash QStash, pay as you go: each delivery attempt counts as a message. */
  qstashMessage: 10 / MILLION,
} as const;
