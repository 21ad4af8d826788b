import {
  DescribeAlarmHistoryCommand,
  DescribeAlarmsCommand,
  SetAlarmStateCommand,
} from '@aws-sdk/client-cloudwatch';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cart, cloudWatchUnderTest, type CloudWatchUnderTest } from './cloudwatch-under-test.ts';

const TOPIC = 'arn:aws:sns:us-east-1:000000000000:Test-Topic';

let under: CloudWatchUnderTest;

/** Returns an alarm on one of AWS's own metrics. */
function alarm(properties: Record<string, unknown>) {
  return {
    Type: 'AWS::CloudWatch::Alarm',
    Properties: {
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      EvaluationPeriods: 1,
      Threshold: 1,
      Period: 60,
      Statistic: 'Sum',
      TreatMissingData: 'notBreaching',
      AlarmActions: [{ Ref: 'Topic' }],
      ...properties,
    },
  };
}

beforeAll(async () => {
  under = await cloudWatchUnderTest({
    Topic: { Type: 'AWS::SNS::Topic', Properties: {} },
    Queue: { Type: 'AWS::SQS::Queue', Properties: {} },
    Failing: alarm({
      AlarmDescription: 'Look at the log of the function.',
      Namespace: 'AWS/Lambda',
      MetricName: 'Errors',
      Dimensions: [{ Name: 'FunctionName', Value: { Ref: 'Function' } }],
    }),
    Old: alarm({
      Namespace: 'AWS/SQS',
      MetricName: 'ApproximateAgeOfOldestMessage',
      Dimensions: [{ Name: 'QueueName', Value: { 'Fn::GetAtt': ['Queue', 'QueueName'] } }],
      Statistic: 'Maximum',
      Threshold: 300,
    }),
    Slow: alarm({
      Namespace: 'Shop',
      MetricName: 'Latency',
      Dimensions: [{ Name: 'page', Value: 'cart' }],
      Statistic: undefined,
      ExtendedStatistic: 'p90',
      Threshold: 900,
      EvaluationPeriods: 3,
      DatapointsToAlarm: 2,
    }),
    Rate: {
      Type: 'AWS::CloudWatch::Alarm',
      Properties: {
        ComparisonOperator: 'GreaterThanThreshold',
        EvaluationPeriods: 1,
        Threshold: 50,
        Metrics: [
          { Id: 'rate', Expression: '100 * errors / invocations', Label: 'error rate' },
          ...['Errors', 'Invocations'].map((MetricName) => ({
            Id: MetricName.toLowerCase(),
            ReturnData: false,
            MetricStat: {
              Metric: {
                Namespace: 'AWS/Lambda',
                MetricName,
                Dimensions: [{ Name: 'FunctionName', Value: { Ref: 'Function' } }],
              },
              Period: 60,
              Stat: 'Sum',
            },
          })),
        ],
      },
    },
    Outage: {
      Type: 'AWS::CloudWatch::CompositeAlarm',
      Properties: {
        AlarmRule: { 'Fn::Sub': 'ALARM("${Failing}") AND ALARM("${Rate}") AND NOT ALARM("${Old}")' },
      },
    },
    Dashboard: {
      Type: 'AWS::CloudWatch::Dashboard',
      Properties: { DashboardBody: '{"widgets":[]}' },
    },
  });
});

afterAll(() => under.end());

async function stateOf(name: string): Promise<string | undefined> {
  const { MetricAlarms = [], CompositeAlarms = [] } = await under.client.send(
    new DescribeAlarmsCommand({ AlarmNames: [name], AlarmTypes: ['MetricAlarm', 'CompositeAlarm'] }),
  );
  return [...MetricAlarms, ...CompositeAlarms][0]?.StateValue;
}

describe('the alarms of a stack', () => {
  it('have insufficient data at first, and are OK after their first evaluation', async () => {
    const { AlarmHistoryItems = [] } = await under.client.send(
      new DescribeAlarmHistoryCommand({ AlarmName: 'Test-Failing', ScanBy: 'TimestampAscending' }),
    );
    expect(AlarmHistoryItems.map(({ HistorySummary }) => HistorySummary)).toEqual([
      'Alarm "Test-Failing" created',
      'Alarm updated from INSUFFICIENT_DATA to OK',
    ]);
    expect(await stateOf('Test-Failing')).toBe('OK');
    expect(await stateOf('Test-Rate')).toBe('INSUFFICIENT_DATA');
    expect(await stateOf('Test-Outage')).toBe('OK');
  });

  it('go into ALARM when invocations fail, and print what to do', async () => {
    await under.invoke({ fails: true });
    await under.invoke({ fails: true });
    await under.invoke();
    const changes = await under.evaluateIn(60);

    const raised = changes.filter(({ to }) => to === 'ALARM').map(({ alarm: name }) => name);
    expect(raised.sort()).toEqual(['Test-Failing', 'Test-Outage', 'Test-Rate']);
    expect(changes).toContainEqual(
      expect.objectContaining({ alarm: 'Test-Failing', description: 'Look at the log of the function.' }),
    );
    expect(under.lines.filter((line) => line.includes('the alarm Test-Failing is ALARM'))).toEqual([
      expect.stringMatching(/Threshold crossed: 1 of .* >= 1.*Look at the log of the function\.$/),
    ]);

    const { AlarmHistoryItems = [] } = await under.client.send(
      new DescribeAlarmHistoryCommand({ AlarmName: 'Test-Failing', HistoryItemType: 'Action' }),
    );
    expect(AlarmHistoryItems.map(({ HistorySummary }) => HistorySummary)).toEqual([
      `Recorded action ${TOPIC}, which the embedded cloud does not execute`,
    ]);
  });

  it('return to OK when the failures leave the evaluation range', async () => {
    const changes = await under.evaluateIn(300);
    expect(changes).toContainEqual(
      expect.objectContaining({ alarm: 'Test-Failing', from: 'ALARM', to: 'OK' }),
    );
    expect(await stateOf('Test-Outage')).toBe('OK');
    expect(await stateOf('Test-Rate')).toBe('INSUFFICIENT_DATA');
  });

  it('see a message’s age increase with the clock', async () => {
    const QueueUrl = `${under.cloud.awsEndpointUrl}/000000000000/Test-Queue`;
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    const sqs = new SQSClient({ endpoint: under.cloud.awsEndpointUrl, region: 'us-east-1', credentials });
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'hello' }));
    sqs.destroy();
    expect(await under.evaluateIn(240)).toEqual([]);
    expect(await under.evaluateIn(120)).toEqual([
      expect.objectContaining({ alarm: 'Test-Old', to: 'ALARM', from: 'OK' }),
    ]);
    expect(await under.sumOf('AWS/SQS', 'NumberOfMessagesSent', { QueueName: 'Test-Queue' })).toBe(1);
  });

  it('watch percentiles of metrics in logs, with 2 out of 3 data points', async () => {
    await under.invoke({ lines: [cart([10, 20, 950])] });
    await under.evaluateIn(60);
    await under.invoke({ lines: [cart(Array.from({ length: 20 }, (_, index) => (index === 0 ? 950 : 10)))] });
    expect(await under.evaluateIn(60)).toEqual([]);
    await under.invoke({ lines: [cart([10, 20]), cart(1000)] });
    expect(await under.evaluateIn(60)).toEqual([
      expect.objectContaining({ alarm: 'Test-Slow', to: 'ALARM', from: 'OK' }),
    ]);
  });

  it('can be set to a state until the next evaluation', async () => {
    await under.client.send(
      new SetAlarmStateCommand({ AlarmName: 'Test-Failing', StateValue: 'ALARM', StateReason: 'a drill' }),
    );
    expect(await stateOf('Test-Failing')).toBe('ALARM');
    await under.evaluateIn(0);
    expect(await stateOf('Test-Failing')).toBe('OK');
    await expect(
      under.client.send(new SetAlarmStateCommand({ AlarmName: 'No', StateValue: 'OK', StateReason: '' })),
    ).rejects.toMatchObject({ name: 'ResourceNotFound', $metadata: { httpStatusCode: 404 } });
  });

  it('are described as in the template', async () => {
    const { MetricAlarms = [] } = await under.client.send(
      new DescribeAlarmsCommand({ AlarmNamePrefix: 'Test-' }),
    );
    expect(MetricAlarms.map(({ AlarmName }) => AlarmName)).toEqual([
      'Test-Failing',
      'Test-Old',
      'Test-Rate',
      'Test-Slow',
    ]);
    expect(MetricAlarms[3]).toMatchObject({
      AlarmArn: 'arn:aws:cloudwatch:us-east-1:000000000000:alarm:Test-Slow',
      AlarmActions: [TOPIC],
      ActionsEnabled: true,
      ExtendedStatistic: 'p90',
      DatapointsToAlarm: 2,
      EvaluationPeriods: 3,
      Dimensions: [{ Name: 'page', Value: 'cart' }],
    });
    expect(MetricAlarms[2]?.Metrics?.[0]).toMatchObject({
      Id: 'rate',
      Expression: '100 * errors / invocations',
    });
  });
});
