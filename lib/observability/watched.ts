import type { Duration } from 'aws-cdk-lib/core';
import { Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';

/** The parts of a deployment that the alarms and the dashboard watch. */
export interface WatchedService {
  /** The value of the `service` dimension in Errand's own metrics; undefined if Errand publishes none. */
  readonly service: string | undefined;
  readonly apiId: string;
  readonly api: IFunction;
  readonly sweeper: IFunction;
  readonly scheduled: IFunction;
  readonly deadLetter: IFunction;
  /** The identifier of the cluster that the stack creates; undefined if the user provides a cluster. */
  readonly clusterIdentifier: string | undefined;
}

export interface WatchedQueue {
  readonly name: string;
  readonly queue: IQueue;
  /** The function that runs the queue's jobs; undefined for the firing queue, which contains no jobs. */
  readonly worker: IFunction | undefined;
  readonly visibilityTimeout: Duration;
}

export const NAMESPACE = 'Errand';

/** Returns one of Errand's own metrics (lambdas/metrics/), for a single queue if `queue` is set. The default statistic is the sum. */
export function errandMetric(
  service: string,
  metricName: string,
  options: { readonly queue?: string; readonly statistic?: string; readonly label?: string } = {},
): Metric {
  const { queue, statistic = Stats.SUM, label } = options;
  return new Metric({
    namespace: NAMESPACE,
    metricName,
    dimensionsMap: { service, ...(queue !== undefined && { queue }) },
    statistic,
    ...(label !== undefined && { label }),
  });
}

/** https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html */
export function lambdaMetric(
  { functionName }: IFunction,
  metricName: 'Errors' | 'Invocations' | 'Throttles' | 'AsyncEventsDropped',
  label?: string,
): Metric {
  return new Metric({
    namespace: 'AWS/Lambda',
    metricName,
    dimensionsMap: { FunctionName: functionName },
    statistic: Stats.SUM,
    ...(label !== undefined && { label }),
  });
}

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html */
export function queueMetric(
  { queueName }: IQueue,
  metricName: 'ApproximateAgeOfOldestMessage' | 'ApproximateNumberOfMessagesVisible',
  label?: string,
): Metric {
  return new Metric({
    namespace: 'AWS/SQS',
    metricName,
    dimensionsMap: { QueueName: queueName },
    statistic: Stats.MAXIMUM,
    ...(label !== undefined && { label }),
  });
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html */
export function apiMetric(
  apiId: string,
  metricName: '4xx' | '5xx' | 'Count' | 'Latency',
  statistic: string = Stats.SUM,
): Metric {
  return new Metric({
    namespace: 'AWS/ApiGateway',
    metricName,
    dimensionsMap: { ApiId: apiId },
    statistic,
  });
}

/** https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2.setting-capacity.html */
export function clusterMetric(
  clusterIdentifier: string,
  metricName: 'ACUUtilization' | 'ServerlessDatabaseCapacity',
): Metric {
  return new Metric({
    namespace: 'AWS/RDS',
    metricName,
    dimensionsMap: { DBClusterIdentifier: clusterIdentifier },
    statistic: Stats.MAXIMUM,
  });
}
