import type { Dimensions, Unit } from './metric.ts';

/** How a metric's values are aggregated over time. */
export type MetricKind = 'counter' | 'gauge' | 'times';

interface AwsMetric {
  readonly unit: Unit;
  readonly kind: MetricKind;
  readonly help: string;
}

/**
 * The metrics that the embedded services publish, like the real AWS services. AWS documents them here:
 * - Lambda: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
 * - SQS: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
 * - HTTP APIs: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html
 * - EventBridge Scheduler: https://docs.aws.amazon.com/scheduler/latest/UserGuide/monitoring-cloudwatch.html
 * - EventBridge: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html
 */
export const AWS_METRICS = {
  'AWS/Lambda Invocations': counter('Invocations of a function, including failed ones.'),
  'AWS/Lambda Errors': counter('Invocations that ended in a function error.'),
  'AWS/Lambda Throttles': counter('Invocations that were throttled because no concurrency was available.'),
  'AWS/Lambda Duration': times('Time that a function ran for an event.'),
  'AWS/Lambda ConcurrentExecutions': gauge('Count', 'Invocations that run at the same time.'),
  'AWS/Lambda AsyncEventsReceived': counter('Events that were queued for a function.'),
  'AWS/Lambda AsyncEventAge': times('Age of a queued event when the function was invoked with it.'),
  'AWS/Lambda AsyncEventsDropped': counter('Queued events that were dropped.'),

  'AWS/SQS ApproximateAgeOfOldestMessage': gauge('Seconds', 'Age of the oldest unprocessed message.'),
  'AWS/SQS ApproximateNumberOfMessagesDelayed': gauge('Count', 'Delayed messages.'),
  'AWS/SQS ApproximateNumberOfMessagesNotVisible': gauge('Count', 'Messages in flight.'),
  'AWS/SQS ApproximateNumberOfMessagesVisible': gauge('Count', 'Messages that can be received.'),
  'AWS/SQS NumberOfEmptyReceives': counter('Receive calls that returned no message.'),
  'AWS/SQS NumberOfMessagesDeleted': counter('Messages that were deleted.'),
  'AWS/SQS NumberOfMessagesReceived': counter('Messages that receive calls returned.'),
  'AWS/SQS NumberOfMessagesSent': counter('Messages that were sent.'),

  'AWS/ApiGateway Count': counter('Requests to an API.'),
  'AWS/ApiGateway 4xx': counter('Requests with a client error response.'),
  'AWS/ApiGateway 5xx': counter('Requests with a server error response.'),
  'AWS/ApiGateway Latency': times('Time from a request to its response.'),
  'AWS/ApiGateway IntegrationLatency': times("Time from the function's invocation to its response."),

  'AWS/Scheduler InvocationAttemptCount': counter('Attempts to invoke the target of a schedule.'),
  'AWS/Scheduler TargetErrorCount': counter('Attempts that the target of a schedule refused.'),
  'AWS/Scheduler InvocationDroppedCount': counter('Firings that were dropped after their retries.'),
  'AWS/Scheduler InvocationsSentToDeadLetterCount': counter('Firings that went to a dead-letter queue.'),
  'AWS/Scheduler InvocationsFailedToBeSentToDeadLetterCount': counter(
    'Firings that could not be sent to a dead-letter queue.',
  ),

  'AWS/Events Invocations': counter('Targets that a rule invoked.'),
  'AWS/Events FailedInvocations': counter('Targets that a rule could not invoke.'),
  'AWS/Events TriggeredRules': counter('Times that a rule was triggered.'),
} as const satisfies Record<string, AwsMetric>;

/** A metric's namespace and name. */
export type AwsMetricName = keyof typeof AWS_METRICS;

/**
 * Publishes a value for one of the services' own metrics.
 *
 * @param dimensions the dimension sets of the metrics that get the value, most detailed first
 */
export type PublishMetric = (
  metric: AwsMetricName,
  dimensions: readonly Dimensions[],
  value: number,
  more?: {
    /** The number of times that the value occurred. @default 1 */
    readonly count?: number;
    /** How long ago the value was measured, in milliseconds. @default 0 */
    readonly age?: number;
    /** The value's timestamp, on CloudWatch's clock. @default - `age` milliseconds before now */
    readonly moment?: number;
  },
) => void;

/** Discards all metrics. */
export const publishNothing: PublishMetric = () => undefined;

function counter(help: string): AwsMetric {
  return { unit: 'Count', kind: 'counter', help };
}

function times(help: string): AwsMetric {
  return { unit: 'Milliseconds', kind: 'times', help };
}

function gauge(unit: Unit, help: string): AwsMetric {
  return { unit, kind: 'gauge', help };
}
