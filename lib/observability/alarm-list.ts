import { MathExpression, Stats, type Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { thresholdSettings } from '../settings/alarms.ts';
import {
  apiMetric,
  clusterMetric,
  errandMetric,
  lambdaMetric,
  queueMetric,
  type WatchedQueue,
  type WatchedService,
} from './watched.ts';

/** A metric, or an expression that combines several metrics. */
export type WatchedMetric = Metric | MathExpression;

export type ThresholdName = keyof typeof thresholdSettings;

/**
 * The definition of one alarm. The CloudWatch alarm, its description, the dashboard and docs/reference/alarms.md are derived from this
 * definition.
 */
interface AlarmText {
  /** The name of the alarm's runbook: docs/runbooks/<name>.md. */
  readonly name: string;
  /** A description of the watched metric, in Markdown. */
  readonly watches: string;
  readonly threshold: ThresholdName;
  readonly means: string;
  readonly todo: string;
  readonly periodMinutes: number;
  /** How many of the latest periods must reach the threshold. For example, `[3, 10]` means 3 of the latest 10 periods. */
  readonly periods: readonly [breaching: number, of: number];
}

export interface QueueAlarm extends AlarmText {
  readonly per: 'queue';
  /** Returns the metric to watch; undefined if the alarm does not apply to the queue. */
  readonly metric: (
    queue: WatchedQueue,
    service: WatchedService,
    thresholds: { readonly failedJobs: number },
  ) => WatchedMetric | undefined;
}

export interface ServiceAlarm extends AlarmText {
  readonly per: 'service';
  /** Returns the metric to watch; undefined if the alarm does not apply to the deployment. */
  readonly metric: (service: WatchedService) => WatchedMetric | undefined;
}

/** All alarms, ordered by severity: outages first, limits last. */
export const ALARMS: readonly (QueueAlarm | ServiceAlarm)[] = [
  {
    name: 'data-api-errors',
    per: 'service',
    watches: '`DataApiErrors`',
    threshold: 'dataApiErrors',
    means: 'Calls to the database fail. This is an outage: no jobs are accepted or run until it ends.',
    todo: "Check the cluster's status, then the error in the functions' logs.",
    periodMinutes: 5,
    periods: [1, 1],
    metric: ({ service }) => (service === undefined ? undefined : errandMetric(service, 'DataApiErrors')),
  },
  {
    name: 'settles-failed',
    per: 'queue',
    watches: "The queue's `SettlesFailed`",
    threshold: 'settlesFailed',
    means:
      'The worker could not claim jobs or record their outcomes, so the jobs run again. This is an outage of the queue: none of its job types makes progress.',
    todo: "Read the error in the worker's log: usually the database is unreachable, or the worker is not allowed to use it.",
    periodMinutes: 1,
    // While the database resumes, batches return to the queue for up to a minute, which may overlap two periods.
    periods: [3, 10],
    metric: ({ name, worker }, { service }) =>
      worker && service ? errandMetric(service, 'SettlesFailed', { queue: name }) : undefined,
  },
  {
    name: 'worker-errors',
    per: 'queue',
    watches: "The worker's `Errors`",
    threshold: 'workerErrors',
    means:
      'The worker crashes, runs out of memory or time, or does not start. Interrupted jobs run again until their attempts are used up.',
    todo: "Read the last lines before each crash in the worker's log. If one job type causes all of them, fix it, or give it its own queue.",
    periodMinutes: 5,
    periods: [1, 1],
    metric: ({ worker }) => worker && lambdaMetric(worker, 'Errors'),
  },
  {
    name: 'failure-rate',
    per: 'queue',
    watches: "The queue's `JobsFailed`, as a percentage of `JobsFailed` and `JobsSucceeded`",
    threshold: 'failureRate',
    means:
      "Many of the queue's jobs fail. Errand itself works, because it ran the jobs and recorded their outcomes. Usually one job type fails, or a service that it calls.",
    todo: "List the failed jobs, read the failing type's error, fix its handler, deploy, and retry the failed jobs.",
    periodMinutes: 15,
    periods: [1, 1],
    metric: ({ name, worker }, { service }, { failedJobs }) =>
      worker && service
        ? new MathExpression({
            label: 'Failed jobs, in percent',
            // Without FILL, CloudWatch would reuse the last value in periods without data, and the alarm would stay on for 45 minutes.
            expression: `IF(FILL(failed, 0) >= ${failedJobs}, 100 * failed / (failed + FILL(succeeded, 0)), 0)`,
            usingMetrics: {
              failed: errandMetric(service, 'JobsFailed', { queue: name }),
              succeeded: errandMetric(service, 'JobsSucceeded', { queue: name }),
            },
          })
        : undefined,
  },
  {
    name: 'oldest-message',
    per: 'queue',
    watches: "The queue's `ApproximateAgeOfOldestMessage`",
    threshold: 'oldestMessage',
    means:
      'A message waits in the queue for too long: jobs arrive faster than they run, or the function that reads the queue fails.',
    todo: "If no other alarm explains the delay, raise the queue's concurrency, or find the job type that has become slow.",
    periodMinutes: 1,
    periods: [3, 3],
    metric: ({ queue }) => queueMetric(queue, 'ApproximateAgeOfOldestMessage'),
  },
  {
    name: 'dead-letters',
    per: 'service',
    watches: "The `dead-letter` function's `Invocations`",
    threshold: 'deadLetters',
    means:
      'A message was delivered 100 times without its job finishing, or a schedule could not reach its queue. Errand fails the job or sends its message again, so no job is lost.',
    todo: "Read in the function's log which jobs are affected, and why they could not run.",
    periodMinutes: 5,
    periods: [1, 1],
    metric: ({ deadLetter }) => lambdaMetric(deadLetter, 'Invocations'),
  },
  {
    name: 'sweeps-failed',
    per: 'service',
    watches: "The sweeper's `Errors` or `AsyncEventsDropped`, whichever is higher",
    threshold: 'sweepsFailed',
    means:
      'The sweeper fails, or its events are dropped before it starts. Until it works, a job whose message was lost stays queued, and expired data stays in the database.',
    todo: "Read the error in the sweeper's log. If it contains no error, the account's Lambda concurrency is used up.",
    periodMinutes: 5,
    periods: [1, 1],
    // A failed sweep is not retried, so Lambda may also count it as a dropped event.
    metric: ({ sweeper }) =>
      new MathExpression({
        label: 'Failed sweeps',
        expression: 'MAX(METRICS())',
        usingMetrics: {
          errors: lambdaMetric(sweeper, 'Errors'),
          dropped: lambdaMetric(sweeper, 'AsyncEventsDropped'),
        },
      }),
  },
  {
    name: 'scheduled-errors',
    per: 'service',
    watches: "The `scheduled` function's `Errors`",
    threshold: 'scheduledErrors',
    means:
      "The function that submits schedules' jobs crashes or times out. The firings wait in their queue, so the jobs are submitted late.",
    todo: "Read the error in the function's log.",
    periodMinutes: 5,
    periods: [1, 1],
    metric: ({ scheduled }) => lambdaMetric(scheduled, 'Errors'),
  },
  {
    name: 'api-errors',
    per: 'service',
    watches: "The API's `5xx`, as a percentage of `Count`",
    threshold: 'apiErrorRate',
    means: 'The API responds to many requests with a server error, so clients cannot submit or read jobs.',
    todo: "Find the routes that return 5xx in the access log, then read the error in the api function's log.",
    periodMinutes: 1,
    // While the database resumes, requests get 503 for up to a minute, which may overlap two periods.
    periods: [3, 10],
    metric: ({ apiId }) =>
      new MathExpression({
        label: '5xx responses, in percent',
        expression: '100 * errors / requests',
        usingMetrics: { errors: apiMetric(apiId, '5xx'), requests: apiMetric(apiId, 'Count') },
      }),
  },
  {
    name: 'api-latency',
    per: 'service',
    watches: "The 99th percentile of the API's `Latency`",
    threshold: 'apiLatency',
    means: 'One in a hundred requests takes this long or longer.',
    todo: 'Find the slow routes in the access log, and check whether the database runs at its maximum capacity.',
    periodMinutes: 5,
    periods: [3, 3],
    metric: ({ apiId }) => apiMetric(apiId, 'Latency', Stats.p(99)),
  },
  {
    name: 'api-throttles',
    per: 'service',
    watches: "The api function's `Throttles`",
    threshold: 'apiThrottles',
    means:
      "Lambda refuses to run the api function, because the account's concurrency is used up. Clients get 503 and should retry.",
    todo: 'Find the functions that use the concurrency. Ask AWS to raise the "Concurrent executions" quota, or lower the concurrency of the queues.',
    periodMinutes: 5,
    periods: [1, 1],
    metric: ({ api }) => lambdaMetric(api, 'Throttles'),
  },
  {
    name: 'database-capacity',
    per: 'service',
    watches: "The cluster's `ACUUtilization`",
    threshold: 'databaseCapacity',
    means: 'The database runs at its maximum capacity, so statements become slow and may fail.',
    todo: 'Raise AURORA_MAX_ACU and deploy, or submit fewer jobs at once.',
    periodMinutes: 5,
    periods: [3, 3],
    metric: ({ clusterIdentifier }) =>
      clusterIdentifier === undefined ? undefined : clusterMetric(clusterIdentifier, 'ACUUtilization'),
  },
];

/** CloudWatch's limit, in characters: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html */
export const MAX_DESCRIPTION = 1024;

/** Returns a notification's text: what happened, what to do, and where to read more. */
export function describeAlarm({ name, means, todo }: QueueAlarm | ServiceAlarm, queue?: string): string {
  const subject = queue === undefined ? '' : `Queue ${queue}. `;
  return `${subject}${means} What to do: ${todo} Runbook: ${runbookOf(name)} in the errand package.`;
}

export function runbookOf(name: string): string {
  return `docs/runbooks/${name}.md`;
}
