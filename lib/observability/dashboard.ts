import { Duration } from 'aws-cdk-lib/core';
import {
  AlarmStatusWidget,
  Dashboard as CloudWatchDashboard,
  GraphWidget,
  Stats,
  type Alarm,
  type IMetric,
  type IWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import {
  apiMetric,
  clusterMetric,
  errandMetric,
  lambdaMetric,
  queueMetric,
  type WatchedQueue,
  type WatchedService,
} from './watched.ts';

export interface DashboardProps {
  readonly service: WatchedService;
  readonly queues: readonly WatchedQueue[];
  readonly alarms: readonly Alarm[];
}

/** The number of columns in CloudWatch's grid. */
const COLUMNS = 24;

/**
 * The dashboard. Each row answers one question: What is wrong? What has been done? How long do jobs wait? What do clients see? How close
 * are the limits?
 */
export class Dashboard extends Construct {
  constructor(scope: Construct, id: string, { service, queues, alarms }: DashboardProps) {
    super(scope, id);
    new CloudWatchDashboard(this, 'Dashboard', {
      defaultInterval: Duration.hours(3),
      widgets: [
        ...(alarms.length > 0 ? [stateOf(alarms)] : []),
        ...(service.service === undefined ? [] : jobsOf(service.service, withWorkers(queues))),
        queuesOf(queues, service),
        apiOf(service),
        limitsOf(service),
      ],
    });
  }
}

function stateOf(alarms: readonly Alarm[]): IWidget[] {
  return [new AlarmStatusWidget({ title: 'Alarms', alarms: [...alarms], width: COLUMNS, height: 4 })];
}

function withWorkers(queues: readonly WatchedQueue[]): WatchedQueue[] {
  return queues.filter(({ worker }) => worker !== undefined);
}

/** Returns two rows: how many jobs were processed, and how long they took. */
function jobsOf(service: string, queues: readonly WatchedQueue[]): IWidget[][] {
  const ofQueues = (metricName: string, statistic: string = Stats.SUM): IMetric[] =>
    queues.map(({ name: queue }) => errandMetric(service, metricName, { queue, statistic, label: queue }));
  return [
    [
      graph('Jobs accepted', ofQueues('JobsAccepted')),
      graph('Jobs succeeded', ofQueues('JobsSucceeded')),
      graph('Jobs failed', ofQueues('JobsFailed')),
    ],
    [
      graph('Waiting time, 95th percentile (ms)', ofQueues('WaitingTime', Stats.p(95))),
      graph('Run time, 95th percentile (ms)', ofQueues('RunTime', Stats.p(95))),
      graph('Attempts retried', ofQueues('AttemptsRetried')),
    ],
  ];
}

function queuesOf(queues: readonly WatchedQueue[], { deadLetter }: WatchedService): IWidget[] {
  return [
    graph(
      'Oldest message (s)',
      queues.map(({ name, queue }) => queueMetric(queue, 'ApproximateAgeOfOldestMessage', name)),
    ),
    graph(
      'Messages that wait',
      queues.map(({ name, queue }) => queueMetric(queue, 'ApproximateNumberOfMessagesVisible', name)),
    ),
    graph('Batches of dead letters', [lambdaMetric(deadLetter, 'Invocations')]),
  ];
}

function apiOf({ apiId }: WatchedService): IWidget[] {
  return [
    graph('Requests', [apiMetric(apiId, 'Count')]),
    graph('Requests refused (4xx) and failed (5xx)', [apiMetric(apiId, '4xx'), apiMetric(apiId, '5xx')]),
    graph('Latency of the API (ms)', [
      apiMetric(apiId, 'Latency', Stats.p(50)),
      apiMetric(apiId, 'Latency', Stats.p(99)),
    ]),
  ];
}

function limitsOf({ service, clusterIdentifier, api, sweeper, scheduled }: WatchedService): IWidget[] {
  return [
    ...(clusterIdentifier === undefined
      ? []
      : [
          graph('Database capacity (% of AURORA_MAX_ACU)', [
            clusterMetric(clusterIdentifier, 'ACUUtilization'),
          ]),
        ]),
    ...(service === undefined
      ? []
      : [graph('Failed calls to the database', [errandMetric(service, 'DataApiErrors')])]),
    graph('Functions', [
      lambdaMetric(api, 'Throttles', 'api throttled'),
      lambdaMetric(sweeper, 'Errors', 'sweeper errors'),
      lambdaMetric(scheduled, 'Errors', 'schedule errors'),
    ]),
  ];
}

function graph(title: string, metrics: readonly IMetric[]): GraphWidget {
  return new GraphWidget({ title, left: [...metrics], width: COLUMNS / 3, height: 6, leftYAxis: { min: 0 } });
}
