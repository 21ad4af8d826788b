import { Duration } from 'aws-cdk-lib/core';
import { seconds, string, trueOrFalse, wholeNumber } from './kinds.ts';
import { derived, setting, unset, type Relation } from './setting.ts';

const TOPIC_ARN = /^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}$/;

/** Settings that control the alarms, their topic and the dashboard. */
export const alarmSettings = {
  alarms: setting({
    text: 'Whether the stack has CloudWatch alarms. [Alarms](alarms.md) lists them.',
    kind: trueOrFalse,
    default: true,
  }),
  dashboard: setting({
    text: "Whether the stack has a CloudWatch dashboard. An account's first three dashboards are free; each further one costs $3.00 a month.",
    kind: trueOrFalse,
    default: derived('`alarms`', ({ alarms }: { alarms: boolean }) => alarms),
  }),
  alarmTopicArn: setting({
    text:
      'The ARN of the SNS topic that is notified when an alarm goes off and when it clears. The topic must be in the ' +
      "stack's region. See [what the topic must allow](../operations.md#the-alarm-topic). In your own CDK app, use the `alarmTopic` prop instead.",
    kind: string('an ARN such as arn:aws:sns:eu-central-1:123456789012:alarms, of a standard topic', (arn) =>
      TOPIC_ARN.test(arn),
    ),
    default: unset('none: alarms are visible only in CloudWatch'),
  }),
};

export const alarmRelations: readonly Relation<typeof alarmSettings>[] = [
  {
    between: ['alarmTopicArn', 'alarms'],
    example: { alarmTopicArn: 'arn:aws:sns:eu-central-1:123456789012:alarms', alarms: false },
    holds: ({ alarmTopicArn, alarms }) => alarmTopicArn === undefined || alarms,
    explain: ({ nameOf, quote }) =>
      `${quote('alarmTopicArn')} would never be notified with ${quote('alarms')}: ` +
      `omit ${nameOf('alarmTopicArn')}, or set ${nameOf('alarms')} to true.`,
  },
];

/** The thresholds at which the alarms go off (the `alarmThresholds` prop). The alarms are in lib/observability/alarm-list.ts. */
export const thresholdSettings = {
  oldestMessage: setting({
    text: 'The age of the oldest message in a queue.',
    // The maximum is ten days, because queues don't keep messages longer.
    kind: seconds(60, 864_000),
    default: unset('30 minutes, or 15 minutes plus twice the queue’s visibility timeout if that is longer'),
  }),
  failedJobs: setting({
    text: 'How many of a queue’s jobs must fail within 15 minutes before `failureRate` applies.',
    kind: wholeNumber(1, 1_000_000),
    default: 5,
  }),
  failureRate: setting({
    text: 'The percentage of failed jobs among the jobs that ended within 15 minutes.',
    kind: wholeNumber(1, 100),
    default: 10,
  }),
  workerErrors: setting({
    text: 'The number of worker invocations that crash or time out within 5 minutes.',
    kind: wholeNumber(1, 1_000_000),
    default: 5,
  }),
  settlesFailed: setting({
    text:
      'The number of batches per minute that could not be claimed or recorded. The alarm goes off if 3 of 10 minutes reach ' +
      'this number.',
    kind: wholeNumber(1, 1_000_000),
    default: 1,
  }),
  dataApiErrors: setting({
    text: 'The number of database calls that fail within 5 minutes.',
    kind: wholeNumber(1, 1_000_000),
    default: 5,
  }),
  deadLetters: setting({
    text: 'The number of batches that the `dead-letter` function receives within 5 minutes.',
    kind: wholeNumber(1, 1_000_000),
    default: 1,
  }),
  sweepsFailed: setting({
    text: 'How many of the five sweeps within 5 minutes fail or do not start.',
    kind: wholeNumber(1, 5),
    default: 3,
  }),
  scheduledErrors: setting({
    text: 'The number of `scheduled` function invocations that crash or time out within 5 minutes.',
    kind: wholeNumber(1, 1_000_000),
    default: 3,
  }),
  apiErrorRate: setting({
    text:
      'The percentage of requests per minute that get a 5xx response. The alarm goes off if 3 of 10 minutes reach this ' +
      'percentage.',
    kind: wholeNumber(1, 100),
    default: 5,
  }),
  apiLatency: setting({
    text:
      'The 99th percentile of the API’s response time. The alarm goes off if three consecutive periods of 5 minutes reach this ' +
      'time.',
    // API Gateway times out after 30 seconds.
    kind: seconds(1, 29),
    default: unset(
      '10 seconds if `maxWaits` is 0; otherwise 27 seconds, because a request that waits for a job takes up to 25',
    ),
  }),
  apiThrottles: setting({
    text: 'How many times Lambda throttles the API function within 5 minutes.',
    kind: wholeNumber(1, 1_000_000),
    default: 5,
  }),
  databaseCapacity: setting({
    text:
      'The percentage of `auroraMaxAcu` that the database uses. The alarm goes off if three consecutive periods of 5 minutes ' +
      'reach this percentage.',
    kind: wholeNumber(1, 100),
    default: 95,
  }),
};

/** The lowest default for `oldestMessage`. SQS delays a message by up to 15 minutes, and after the delay, the job needs time to run. */
const LEAST_AGE = Duration.minutes(30);
const LONGEST_DELAY = Duration.minutes(15);

export function oldestMessageDefault(visibilityTimeout: Duration): Duration {
  const derivedAge = LONGEST_DELAY.toSeconds() + 2 * visibilityTimeout.toSeconds();
  return Duration.seconds(Math.max(LEAST_AGE.toSeconds(), derivedAge));
}

export function apiLatencyDefault(maxWaits: number): Duration {
  return Duration.seconds(maxWaits === 0 ? 10 : 27);
}
