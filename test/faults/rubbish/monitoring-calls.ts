import {
  CloudFormationClient,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
  GetTemplateCommand,
} from '@aws-sdk/client-cloudformation';
import {
  CloudWatchClient,
  DescribeAlarmHistoryCommand,
  DescribeAlarmsCommand,
  GetMetricDataCommand,
  GetMetricStatisticsCommand,
  ListMetricsCommand,
  PutMetricDataCommand,
  SetAlarmStateCommand,
} from '@aws-sdk/client-cloudwatch';
import {
  CloudWatchLogsClient,
  DescribeLogGroupsCommand,
  DescribeLogStreamsCommand,
  FilterLogEventsCommand,
  GetLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import {
  GetParameterCommand,
  GetParametersCommand,
  PutParameterCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { Send } from './recorder.ts';
import { configured, named } from './scratch.ts';

/** Requests to the monitoring services and to Parameter Store. */
export function monitoringCalls(): Record<string, Send> {
  return { ...metricCalls(), ...logCalls(), ...readingCalls() };
}

function metricCalls(): Record<string, Send> {
  const metric = { Namespace: 'Scratch', MetricName: 'M' };
  const between = { StartTime: new Date(Date.now() - 3_600_000), EndTime: new Date() };
  const commands = {
    PutMetricData: new PutMetricDataCommand({
      Namespace: 'Scratch',
      MetricData: [
        {
          MetricName: 'M',
          Dimensions: [{ Name: 'a', Value: 'b' }],
          Values: [1, 2],
          Counts: [1, 3],
          Unit: 'Count',
        },
        {
          MetricName: 'M',
          StatisticValues: { SampleCount: 1, Sum: 1, Minimum: 1, Maximum: 1 },
          Timestamp: new Date(),
        },
      ],
    }),
    GetMetricData: new GetMetricDataCommand({
      ...between,
      MetricDataQueries: [
        { Id: 'm1', MetricStat: { Metric: metric, Period: 60, Stat: 'p99' }, ReturnData: false },
        { Id: 'e1', Expression: 'SUM([m1, FILL(m1, 0)]) / 2 + IF(m1 > 1, -1, 3)', Label: 'x' },
      ],
      ScanBy: 'TimestampAscending',
    }),
    GetMetricStatistics: new GetMetricStatisticsCommand({
      ...metric,
      ...between,
      Period: 60,
      Statistics: ['Sum', 'Maximum'],
    }),
    ListMetrics: new ListMetricsCommand({ ...metric, Dimensions: [{ Name: 'a' }], RecentlyActive: 'PT3H' }),
    DescribeAlarms: new DescribeAlarmsCommand({ AlarmNamePrefix: 'x', StateValue: 'OK', MaxRecords: 2 }),
    DescribeAlarmHistory: new DescribeAlarmHistoryCommand({
      ...between,
      StartDate: between.StartTime,
      MaxRecords: 2,
    }),
    SetAlarmState: new SetAlarmStateCommand({
      AlarmName: 'none',
      StateValue: 'OK',
      StateReason: 'x',
      StateReasonData: '{}',
    }),
  };
  return named('monitoring', commands, (endpoint, command: never) =>
    new CloudWatchClient(configured(endpoint)).send(command),
  );
}

function logCalls(): Record<string, Send> {
  const logGroupName = '/aws/lambda/ErrandApiFunction';
  const commands = {
    DescribeLogGroups: new DescribeLogGroupsCommand({ logGroupNamePrefix: '/', limit: 2 }),
    DescribeLogStreams: new DescribeLogStreamsCommand({
      logGroupName,
      orderBy: 'LastEventTime',
      descending: true,
    }),
    FilterLogEvents: new FilterLogEventsCommand({
      logGroupName,
      filterPattern: 'word "a \\"phrase\\""',
      startTime: 1,
      endTime: Date.now(),
      limit: 3,
      nextToken: '1',
    }),
    GetLogEvents: new GetLogEventsCommand({ logGroupName, logStreamName: 'x', startFromHead: true }),
  };
  return named('logs', commands, (endpoint, command: never) =>
    new CloudWatchLogsClient(configured(endpoint)).send(command),
  );
}

function readingCalls(): Record<string, Send> {
  const { ssm, stacks } = {
    ssm: (endpoint: string) => new SSMClient(configured(endpoint)),
    stacks: (endpoint: string) => new CloudFormationClient(configured(endpoint)),
  };
  const parameter = { Name: '/scratch', Value: 'a,b', Type: 'StringList', Overwrite: true } as const;
  return {
    'ssm PutParameter': (endpoint) => ssm(endpoint).send(new PutParameterCommand(parameter)),
    'ssm GetParameter': (endpoint) =>
      ssm(endpoint).send(new GetParameterCommand({ Name: '/scratch', WithDecryption: true })),
    'ssm GetParameters': (endpoint) =>
      ssm(endpoint).send(new GetParametersCommand({ Names: ['/scratch', '/other:3'] })),
    'cloudformation DescribeStacks': (endpoint) =>
      stacks(endpoint).send(new DescribeStacksCommand({ StackName: 'Errand' })),
    'cloudformation DescribeStackResources': (endpoint) =>
      stacks(endpoint).send(
        new DescribeStackResourcesCommand({ StackName: 'Errand', LogicalResourceId: 'x' }),
      ),
    'cloudformation GetTemplate': (endpoint) =>
      stacks(endpoint).send(new GetTemplateCommand({ StackName: 'none' })),
    'sts GetCallerIdentity': (endpoint) =>
      new STSClient(configured(endpoint)).send(new GetCallerIdentityCommand({})),
    'views calls': (endpoint) => fetch(`${endpoint}/_errand/calls`),
    'views sandboxes': (endpoint) => fetch(`${endpoint}/_errand/sandboxes`),
    'views faults': (endpoint) =>
      fetch(`${endpoint}/_errand/faults`, {
        method: 'POST',
        body: JSON.stringify([{ service: 'none', action: 'None', effect: 'fail', times: 1 }]),
      }),
    'views metrics': (endpoint) => fetch(`${endpoint}/metrics`),
  };
}
