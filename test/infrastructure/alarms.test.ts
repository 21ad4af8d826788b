import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Duration, Stack } from 'aws-cdk-lib/core';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Template } from 'aws-cdk-lib/assertions';
import { metricDescriptions } from '../../lambdas/metrics/descriptions.ts';
import { Errand } from '../../lib/errand.ts';
import { ALARMS, MAX_DESCRIPTION, runbookOf } from '../../lib/observability/alarm-list.ts';
import { thresholdSettings } from '../../lib/settings/alarms.ts';
import { readSettings } from '../../lib/settings/read-settings.ts';
import { alarmsPage } from '../../tools/alarms/reference-page.ts';
import { functionOf, resourcesOf, templateOf, unbundledApp } from './errand-template.ts';
import { formatted } from '../../tools/generated-file.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

interface Metric {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions: readonly { Name: string; Value: unknown }[];
}

interface AlarmProperties extends Metric {
  readonly AlarmDescription: string;
  readonly Threshold: number;
  readonly TreatMissingData: string;
  readonly AlarmActions?: unknown[];
  readonly OKActions?: unknown[];
  readonly Metrics?: readonly { MetricStat?: { Metric: Metric } }[];
}

const TWO_QUEUES = { queues: { images: { timeout: Duration.minutes(15) } } };

function alarmsOf(template: Template): Map<string, AlarmProperties> {
  const alarms = [...resourcesOf(template, 'AWS::CloudWatch::Alarm')];
  return new Map(alarms.map(([id, { Properties }]) => [id, Properties as unknown as AlarmProperties]));
}

/** Returns the only alarm with this prefix in its logical id. */
function alarmNamed(template: Template, prefix: string): AlarmProperties {
  const [match, ...others] = [...alarmsOf(template)].filter(([id]) => id.startsWith(`ErrandAlarms${prefix}`));
  if (!match || others.length > 0) throw new Error(`Not exactly one alarm begins with ${prefix}.`);
  return match[1];
}

function metricsOf(alarm: AlarmProperties): Metric[] {
  if (!alarm.Metrics) return [alarm];
  return alarm.Metrics.flatMap(({ MetricStat }) => (MetricStat ? [MetricStat.Metric] : []));
}

/** The AWS metrics that the alarms watch, with their dimensions and the URL of their documentation. */
const METRICS_OF_AWS: Readonly<Record<string, { dimensions: string[]; names: string[]; page: string }>> = {
  'AWS/Lambda': {
    dimensions: ['FunctionName'],
    names: ['Errors', 'Invocations', 'Throttles', 'AsyncEventsDropped'],
    page: 'https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html',
  },
  'AWS/SQS': {
    dimensions: ['QueueName'],
    names: ['ApproximateAgeOfOldestMessage'],
    page: 'https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html',
  },
  'AWS/ApiGateway': {
    dimensions: ['ApiId'],
    names: ['5xx', 'Count', 'Latency'],
    page: 'https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html',
  },
  'AWS/RDS': {
    dimensions: ['DBClusterIdentifier'],
    names: ['ACUUtilization'],
    page: 'https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2.setting-capacity.html',
  },
};

describe('the alarms', () => {
  const alarms = [...alarmsOf(templateOf(TWO_QUEUES))];

  it('match the list, once for each job queue', () => {
    const ids = alarms.map(([id]) => id.replace(/^ErrandAlarms|[0-9A-F]{8}$/g, ''));
    expect(ids.sort()).toEqual(
      [
        'ApiErrors',
        'ApiLatency',
        'ApiThrottles',
        'DataApiErrors',
        'DatabaseCapacity',
        'DeadLetters',
        ...['default', 'images'].map((queue) => `FailureRate${queue}`),
        ...['default', 'firingsofschedules', 'images'].map((queue) => `OldestMessage${queue}`),
        'ScheduledErrors',
        ...['default', 'images'].map((queue) => `SettlesFailed${queue}`),
        'SweepsFailed',
        ...['default', 'images'].map((queue) => `WorkerErrors${queue}`),
      ].sort(),
    );
  });

  it.each(alarms)('%s watches metrics that exist', (_id, alarm) => {
    for (const { Namespace, MetricName, Dimensions } of metricsOf(alarm)) {
      const names = Dimensions.map(({ Name }) => Name);
      if (Namespace === 'Errand') {
        expect(Object.keys(metricDescriptions)).toContain(MetricName);
        expect([['service'], ['queue', 'service']]).toContainEqual(names);
      } else {
        expect(METRICS_OF_AWS[Namespace]?.names).toContain(MetricName);
        expect(names).toEqual(METRICS_OF_AWS[Namespace]?.dimensions);
      }
    }
  });

  it.each(alarms)('%s says what to do, within CloudWatch’s length limit', (_id, alarm) => {
    expect(alarm.AlarmDescription).toContain('What to do: ');
    expect(alarm.AlarmDescription).toMatch(/Runbook: docs\/runbooks\/[a-z-]+\.md in the errand package\.$/);
    expect(alarm.AlarmDescription.length).toBeLessThanOrEqual(MAX_DESCRIPTION);
  });

  it.each(alarms)('%s stays silent in an idle deployment', (_id, { TreatMissingData }) => {
    expect(TreatMissingData).toBe('notBreaching');
  });

  it('use the same service name as the functions', () => {
    const { Dimensions } = alarmNamed(templateOf(), 'DataApiErrors');
    expect(Dimensions).toEqual([{ Name: 'service', Value: 'Errand' }]);
    expect(functionOf(templateOf(), 'Worker').Environment).toMatchObject({
      Variables: { SERVICE: 'Errand' },
    });
  });

  it('distinguish a failing job type from an outage in their text', () => {
    expect(alarmNamed(templateOf(), 'FailureRate').AlarmDescription).toContain('Errand itself works');
    for (const name of ['DataApiErrors', 'SettlesFailed']) {
      expect(alarmNamed(templateOf(), name).AlarmDescription).toContain('This is an outage');
    }
  });

  it('each have a runbook, and each runbook has an alarm', () => {
    const missing = ALARMS.filter(({ name }) => !existsSync(path.join(ROOT, runbookOf(name))));
    expect(missing.map(({ name }) => name)).toEqual([]);
    const pages = readdirSync(path.join(ROOT, 'docs/runbooks')).filter((file) => file !== 'README.md');
    expect(pages.sort()).toEqual(ALARMS.map(({ name }) => `${name}.md`).sort());
  });

  it.each(ALARMS.map(({ name }) => name))('the runbook of %s has commands and an explanation', (name) => {
    const page = readFileSync(path.join(ROOT, runbookOf(name)), 'utf8');
    expect(page).toMatch(/^# /);
    for (const part of ['## What it means', '## What to look at', '## What to do'])
      expect(page).toContain(part);
    expect(page).toContain('```sh\n');
  });

  it('use each threshold', () => {
    const used = new Set<string>([...ALARMS.map(({ threshold }) => threshold), 'failedJobs']);
    expect([...used].sort()).toEqual(Object.keys(thresholdSettings).sort());
  });
});

describe('the alarm settings', () => {
  function errandWith(props: (stack: Stack) => ConstructorParameters<typeof Errand>[2]): Template {
    const stack = new Stack(unbundledApp(), 'Theirs');
    new Errand(stack, 'Errand', props(stack));
    return Template.fromStack(stack);
  }

  it('can turn off the alarms and the dashboard', () => {
    const template = templateOf({ alarms: false });
    template.resourceCountIs('AWS::CloudWatch::Alarm', 0);
    template.resourceCountIs('AWS::CloudWatch::Dashboard', 0);
  });

  it('can turn off only the dashboard', () => {
    const template = templateOf({ dashboard: false });
    template.resourceCountIs('AWS::CloudWatch::Dashboard', 0);
    expect(alarmsOf(template).size).toBeGreaterThan(0);
  });

  it('omit alarms that have nothing to watch: without metrics, and with your own cluster', () => {
    const ids = [
      ...alarmsOf(
        templateOf({
          metrics: 'off',
          auroraClusterArn: 'arn:aws:rds:eu-central-1:123456789012:cluster:jobs',
          auroraSecretArn: 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:jobs-a1B2c3',
        }),
      ).keys(),
    ].join();
    for (const name of ['FailureRate', 'SettlesFailed', 'DataApiErrors', 'DatabaseCapacity']) {
      expect(ids).not.toContain(name);
    }
    expect(ids).toContain('OldestMessagedefault');
  });

  it('notify no one unless a topic is set', () => {
    const { AlarmActions, OKActions } = alarmNamed(templateOf(), 'ApiErrors');
    expect([AlarmActions, OKActions]).toEqual([undefined, undefined]);
  });

  it('notify the app’s topic when an alarm goes off and when it ends', () => {
    const alarmTopicArn = 'arn:aws:sns:eu-central-1:123456789012:alarms';
    for (const alarm of alarmsOf(templateOf({ alarmTopicArn })).values()) {
      expect(alarm).toMatchObject({ AlarmActions: [alarmTopicArn], OKActions: [alarmTopicArn] });
    }
  });

  it('notify a topic construct', () => {
    const template = errandWith((stack) => ({ alarmTopic: new Topic(stack, 'Topic') }));
    for (const { AlarmActions } of alarmsOf(template).values()) {
      expect(AlarmActions).toEqual([{ Ref: expect.stringMatching(/^Topic/) }]);
    }
  });

  it.each([
    [
      'two topics',
      (stack: Stack) => ({
        alarmTopic: new Topic(stack, 'Topic'),
        alarmTopicArn: 'arn:aws:sns:eu-central-1:123456789012:alarms',
      }),
      'alarmTopic and alarmTopicArn "arn:aws:sns:eu-central-1:123456789012:alarms" both name',
    ],
    [
      'a topic without alarms',
      (stack: Stack) => ({ alarmTopic: new Topic(stack, 'Topic'), alarms: false }),
      'alarmTopic would never be notified with alarms "false"',
    ],
    [
      'a topic ARN of another service',
      () => ({ alarmTopicArn: 'arn:aws:sqs:eu-central-1:123456789012:alarms' }),
      'alarmTopicArn is "arn:aws:sqs:eu-central-1:123456789012:alarms". Use an ARN such as',
    ],
    [
      'an invalid threshold',
      () => ({ alarmThresholds: { failureRate: 101 } }),
      'alarmThresholds.failureRate is "101". Use a whole number from 1 to 100.',
    ],
    [
      'an invalid duration',
      () => ({ alarmThresholds: { apiLatency: Duration.seconds(30) } }),
      'alarmThresholds.apiLatency is "30". Use a whole number of seconds from 1 to 29.',
    ],
    [
      'a number for a duration',
      () => ({ alarmThresholds: { apiLatency: 3 as unknown as Duration } }),
      'alarmThresholds.apiLatency is not a Duration',
    ],
    [
      'an unknown threshold',
      () => ({ alarmThresholds: { latency: 3 } as object }),
      'alarmThresholds.latency is not a threshold: the thresholds are oldestMessage,',
    ],
  ])('refuse %s by name', (_what, props, message) => {
    expect(() => errandWith(props)).toThrow(message);
  });

  it('set the thresholds', () => {
    const template = errandWith(() => ({
      alarmThresholds: { apiLatency: Duration.seconds(3), oldestMessage: Duration.minutes(2), failedJobs: 7 },
    }));
    expect(alarmNamed(template, 'ApiLatency').Threshold).toBe(3000);
    expect(alarmNamed(template, 'OldestMessagedefault').Threshold).toBe(120);
    expect(JSON.stringify(alarmNamed(template, 'FailureRate'))).toContain('FILL(failed, 0) >= 7');
  });

  it('derive the age limit from the visibility timeout, and the duration limit from the waits', () => {
    const template = templateOf(TWO_QUEUES);
    expect(alarmNamed(template, 'OldestMessagedefault').Threshold).toBe(1800);
    expect(alarmNamed(template, 'OldestMessageimages').Threshold).toBe(900 + 2 * 910);
    expect(alarmNamed(template, 'ApiLatency').Threshold).toBe(27_000);
    expect(alarmNamed(templateOf({ maxWaits: 0, tenantMaxWaits: 0 }), 'ApiLatency').Threshold).toBe(10_000);
  });
});

describe('the alarms’ reference page', () => {
  it('matches the list: run `npm run documents` after a change', async () => {
    const filepath = path.join(ROOT, 'docs/reference/alarms.md');
    const page = await formatted(filepath, alarmsPage());
    expect(readFileSync(filepath, 'utf8')).toBe(page);
  });
});

describe('the app’s thresholds', () => {
  it('are a JSON object, with durations in seconds', () => {
    const { alarmThresholds } = readSettings({ ALARM_THRESHOLDS: '{"failureRate":20,"apiLatency":3}' });
    expect(alarmThresholds).toEqual({ failureRate: 20, apiLatency: Duration.seconds(3) });
  });

  it.each([
    ['{"failureRate":0}', 'ALARM_THRESHOLDS.failureRate is "0". Use a whole number from 1 to 100.'],
    [
      '{"apiLatency":"3s"}',
      'ALARM_THRESHOLDS.apiLatency is "3s". Use a whole number of seconds from 1 to 29.',
    ],
    ['{"latency":3}', 'ALARM_THRESHOLDS.latency is not a threshold: the thresholds are oldestMessage,'],
    ['[20]', 'ALARM_THRESHOLDS is "[20]". Use a JSON object such as'],
  ])('refuse %s', (text, message) => {
    expect(() => readSettings({ ALARM_THRESHOLDS: text })).toThrow(message);
  });
});
