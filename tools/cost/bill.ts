import { RESUME_SECONDS } from '../../lambdas/job/aurora-times.ts';
import { LATEST_WAVE_MS } from '../../lambdas/job/waves.ts';
import { ACCEPTED, acceptedBatch, EXECUTION, MESSAGES_PER_SEND, READ } from './calls-per-job.ts';
import type { Calls } from './calls-per-job.ts';
import { FREE, PRICES } from './prices.ts';
import type { StackFacts } from './stack-facts.ts';
import { ASSUMPTIONS } from './workload.ts';
import type { Workload } from './workload.ts';

/** One line on a bill: `dollars` = `quantity` × the unit's price. */
export interface Item {
  readonly name: string;
  readonly quantity: number;
  readonly unit: string;
  readonly dollars: number;
}

const HOURS_PER_MONTH = 730;
const MINUTES_PER_MONTH = HOURS_PER_MONTH * 60;
const MINUTES_PER_DAY = 24 * 60;
const SECONDS_PER_MONTH = MINUTES_PER_MONTH * 60;
/**
 * The number of API routes that a caller uses regularly: one to submit jobs, and one to read them. API Gateway caches the authorizer's decision
 * for each route separately.
 */
const ROUTES_PER_CALLER = 2;
const KILOBYTES_PER_GIGABYTE = 1_000_000;
const KILOBYTES_PER_DATA_API_UNIT = 32;

/** Returns the jobs' marginal cost, which depends on their number of requests, run time and size. */
export function jobItems(stack: StackFacts, work: Workload): Item[] {
  const requests = (work.jobs - work.firings) / work.submitBatch;
  const reads = work.jobs * work.reads;
  const submission = work.submitBatch === 1 ? ACCEPTED : acceptedBatch(work.submitBatch, work.batch);
  const insertUnits = Math.ceil((work.submitBatch * work.rowKilobytes) / KILOBYTES_PER_DATA_API_UNIT);
  const executionUnits = Math.ceil((work.batch * work.rowKilobytes) / KILOBYTES_PER_DATA_API_UNIT);
  const readUnits = Math.ceil(work.rowKilobytes / KILOBYTES_PER_DATA_API_UNIT);

  const dataApiMsOf = (calls: Calls): number => callsTo(calls, 'rds-data') * work.dataApiMs;
  const acceptSeconds =
    (ASSUMPTIONS.acceptMilliseconds +
      (work.submitBatch - 1) * ASSUMPTIONS.acceptMillisecondsPerFurtherJob +
      dataApiMsOf(submission)) /
    1000;
  const readSeconds = (ASSUMPTIONS.readMilliseconds + dataApiMsOf(READ)) / 1000;
  const waveSeconds = work.seconds + (ASSUMPTIONS.executionMilliseconds + dataApiMsOf(EXECUTION)) / 1000;
  const waves = work.jobs / work.batch;
  const messages =
    work.batch === 1 ? 1 : Math.min(MESSAGES_PER_SEND, Math.ceil(work.submitBatch / work.batch));
  const wavesPerExecution = wavesOf(messages, waveSeconds);
  const executions = waves / wavesPerExecution;
  // Assumes that the `scheduled` function handles a firing in the same time as the api function handles a submission.
  const firingSeconds = (ASSUMPTIONS.acceptMilliseconds + dataApiMsOf(ACCEPTED)) / 1000;
  const apiGigabyteSeconds =
    (requests * acceptSeconds + work.firings * firingSeconds + reads * readSeconds) *
    (stack.apiMemoryMb / 1024);
  const workerGigabyteSeconds = waves * waveSeconds * (stack.workerMemoryMb / 1024);
  const statements =
    requests * callsTo(submission, 'rds-data') * insertUnits +
    work.firings * callsTo(ACCEPTED, 'rds-data') * readUnits +
    waves * callsTo(EXECUTION, 'rds-data') * executionUnits +
    reads * callsTo(READ, 'rds-data') * readUnits;
  // Lambda receives a batch with one request and deletes it with another. A third request returns the messages that the worker did not
  // start.
  const requestsPerExecution = messages > wavesPerExecution ? 3 : 2;
  const queueRequests =
    requests * callsTo(submission, 'sqs') +
    work.firings * callsTo(ACCEPTED, 'sqs') +
    requestsPerExecution * executions;
  // DynamoDB bills each write separately, even if one call contains several writes.
  const windows = requests * work.submitBatch + work.firings * callsTo(ACCEPTED, 'dynamodb');
  const invocations = requests + work.firings + reads + executions;
  const authorizations = authorizationsOf(stack, work, requests + reads);

  return [
    item('HTTP API', requests + reads, 'requests', PRICES.httpApiRequest),
    item('Lambda, invocations', invocations, 'requests', PRICES.lambdaRequest),
    item('Lambda, api', apiGigabyteSeconds, 'GB-seconds', PRICES.lambdaGigabyteSecond),
    item('Lambda, worker', workerGigabyteSeconds, 'GB-seconds', PRICES.lambdaGigabyteSecond),
    item('Lambda, authorizer', authorizations, 'calls', authorizationPrice()),
    item('DynamoDB', windows, 'writes', PRICES.dynamoDbWrite),
    item('RDS Data API', statements, 'requests of 32 KB', PRICES.dataApiRequest),
    item('SQS', queueRequests, 'requests', PRICES.sqsRequest),
    item('SQS, fair queues', queueRequests, 'requests', PRICES.sqsFairRequest),
    item('Scheduler', work.firings, 'firings', PRICES.schedulerInvocation),
    item(
      'Aurora, I/O',
      inputOutputsOf(work, requests + work.firings + 2 * waves),
      'I/Os',
      PRICES.auroraInputOutput,
    ),
    item(
      'Aurora, storage',
      gigabytes(work.jobs * work.rowKilobytes),
      'GB-months',
      PRICES.auroraGigabyteMonth,
    ),
    item('Logs', gigabytes(invocations * ASSUMPTIONS.logKilobytesPerInvocation), 'GB', PRICES.logsGigabyte),
    item(
      'Logs, lines of metrics',
      stack.metrics === 'off'
        ? 0
        : gigabytes((requests + work.firings + executions) * ASSUMPTIONS.metricKilobytesPerInvocation),
      'GB',
      PRICES.logsGigabyte,
    ),
    item(
      'Access logs',
      gigabytes((requests + reads) * ASSUMPTIONS.accessLogKilobytes),
      'GB',
      PRICES.logsGigabyte,
    ),
  ];
}

/** Aurora writes its log in units of 4 KB (https://aws.amazon.com/blogs/database/planning-i-o-in-amazon-aurora/). */
const LOG_BYTES_PER_INPUT_OUTPUT = 4096;

/**
 * Returns the number of units that Aurora writes to its log. Reads cost nothing, because Aurora reads jobs from memory.
 *
 * @param commits the number of commits, each of which writes at least one unit
 */
function inputOutputsOf(work: Workload, commits: number): number {
  const isBatched = work.batch > 1 && work.submitBatch > 1;
  const logBytes = isBatched ? ASSUMPTIONS.logBytesPerJobInBatches : ASSUMPTIONS.logBytesPerJob;
  const bytes = work.jobs * (logBytes + work.rowKilobytes * 1000);
  return Math.max(commits, bytes / LOG_BYTES_PER_INPUT_OUTPUT);
}

/**
 * Returns the number of waves in one execution, if each message names as many jobs as an execution runs in parallel (lambdas/job/waves.ts).
 */
function wavesOf(messages: number, waveSeconds: number): number {
  return Math.min(messages, 1 + Math.floor(LATEST_WAVE_MS / 1000 / waveSeconds));
}

/**
 * Returns the cost of a month without jobs.
 *
 * @param free the remaining part of CloudWatch's free tier. By default, the whole free tier.
 */
export function idleItems(
  stack: StackFacts,
  free: { readonly alarmMetrics: number; readonly dashboards: number } = FREE,
): Item[] {
  const sweepGigabyteSeconds =
    ((MINUTES_PER_MONTH * ASSUMPTIONS.sweepMilliseconds) / 1000) * (stack.sweeperMemoryMb / 1024);
  const polls = stack.polledQueues * ASSUMPTIONS.emptyReceivesPerMinute * MINUTES_PER_MONTH;
  const asleep = stack.minimumCapacity === 0;
  return [
    item('Secrets', stack.secrets, 'secrets', PRICES.secretMonth),
    item(
      'Alarms',
      Math.max(0, stack.alarmMetrics - free.alarmMetrics),
      'metrics that are not free',
      PRICES.alarmMetricMonth,
    ),
    item('Dashboard', Math.max(0, stack.dashboards - free.dashboards), 'dashboards', PRICES.dashboardMonth),
    item('Sweeper, invocations', MINUTES_PER_MONTH, 'requests', PRICES.lambdaRequest),
    item('Sweeper, duration', sweepGigabyteSeconds, 'GB-seconds', PRICES.lambdaGigabyteSecond),
    item('Sweeper, DynamoDB', MINUTES_PER_MONTH, 'reads', PRICES.dynamoDbRead),
    item('SQS, polls', polls, 'requests', PRICES.sqsRequest),
    item(
      'Aurora, at its minimum',
      asleep ? 0 : (stack.minimumCapacity ?? 0) * (1 + stack.readers) * HOURS_PER_MONTH,
      'ACU-hours',
      PRICES.auroraCapacityUnitHour,
    ),
  ];
}

/** Returns the number of requests for which API Gateway must invoke the authorizer, because the decision is not cached. */
function authorizationsOf(stack: StackFacts, work: Workload, requests: number): number {
  if (stack.authorizerCache === undefined) return 0;
  const perCaller = ROUTES_PER_CALLER * (SECONDS_PER_MONTH / Math.max(1, stack.authorizerCache));
  return Math.min(requests, work.callers * perCaller);
}

/** Returns the price of one authorizer invocation, including its read of the key. */
function authorizationPrice(): number {
  const duration = ASSUMPTIONS.authorizeGigabyteSeconds * PRICES.lambdaGigabyteSecond;
  return PRICES.lambdaRequest + duration + PRICES.dynamoDbRead;
}

/** When the jobs run: all in one burst, or spread over every hour of the month. Running jobs keep Aurora awake. */
export type Pattern = 'burst' | 'spread';

/** Returns the cost of Aurora's capacity above the minimum if only a schedule wakes Aurora, every `minutes` minutes. */
export function scheduleItem(stack: StackFacts, minutes: number): Item {
  const awakeSeconds = RESUME_SECONDS.typical + (stack.autoPause ?? Infinity);
  const awakeShare = Math.min(1, awakeSeconds / (minutes * 60));
  const beyondMinimum = Math.max(0, ASSUMPTIONS.averageCapacityUnits - (stack.minimumCapacity ?? 0));
  const hours = HOURS_PER_MONTH * awakeShare;
  return item(scheduleName(minutes), hours * beyondMinimum, 'ACU-hours', PRICES.auroraCapacityUnitHour);
}

function scheduleName(minutes: number): string {
  if (minutes === 60) return 'every hour';
  return minutes === MINUTES_PER_DAY ? 'every day' : `every ${minutes} minutes`;
}

/**
 * Returns the cost of Aurora's capacity above the minimum while jobs keep Aurora awake.
 *
 * @param drainSeconds how long the burst takes, in seconds
 */
export function awakeItem(stack: StackFacts, pattern: Pattern, drainSeconds: number): Item {
  const hours = busyHours(pattern, (drainSeconds + (stack.autoPause ?? 0)) / 3600);
  const beyondMinimum = Math.max(0, ASSUMPTIONS.averageCapacityUnits - (stack.minimumCapacity ?? 0));
  // The first reader always has the writer's capacity. The other readers have no connections, so they stay at the minimum capacity.
  const instances = 1 + Math.min(1, stack.readers);
  return item('Aurora, awake', hours * beyondMinimum * instances, 'ACU-hours', PRICES.auroraCapacityUnitHour);
}

/**
 * Returns the monthly cost of the per-queue and per-type metrics, which are billed only for the hours in which jobs run.
 *
 * @param drainSeconds how long the burst takes, in seconds
 */
export function metricsItem(stack: StackFacts, work: Workload, pattern: Pattern, drainSeconds: number): Item {
  const measured = { off: 0, queues: stack.jobQueues, types: stack.jobQueues + work.types }[stack.metrics];
  const share = busyHours(pattern, Math.ceil(drainSeconds / 3600)) / HOURS_PER_MONTH;
  return item(
    'Metrics',
    measured * ASSUMPTIONS.metricsEach * share,
    'metric-months',
    PRICES.customMetricMonth,
  );
}

/** Returns the number of hours per month in which jobs run. With the `burst` pattern, all of the month's jobs run within `burstHours`. */
function busyHours(pattern: Pattern, burstHours: number): number {
  return pattern === 'spread' ? HOURS_PER_MONTH : Math.min(HOURS_PER_MONTH, burstHours);
}

export function total(items: readonly Item[]): number {
  return items.reduce((sum, { dollars }) => sum + dollars, 0);
}

export function item(name: string, quantity: number, unit: string, price: number): Item {
  return { name, quantity, unit, dollars: quantity * price };
}

function callsTo(calls: Calls, service: string): number {
  return Object.entries(calls)
    .filter(([operation]) => operation.startsWith(`${service} `))
    .reduce((sum, [, count]) => sum + count, 0);
}

function gigabytes(kilobytes: number): number {
  return kilobytes / KILOBYTES_PER_GIGABYTE;
}
