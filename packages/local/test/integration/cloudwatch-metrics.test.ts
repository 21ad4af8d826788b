import {
  DescribeAlarmsCommand,
  GetMetricDataCommand,
  ListMetricsCommand,
  PutMetricDataCommand,
} from '@aws-sdk/client-cloudwatch';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cart, cloudWatchUnderTest, type CloudWatchUnderTest } from './cloudwatch-under-test.ts';

let under: CloudWatchUnderTest;

beforeAll(async () => {
  under = await cloudWatchUnderTest();
});

afterAll(() => under.end());

describe('metrics', () => {
  it('in logs that CloudWatch would drop are told of once', async () => {
    await under.invoke({ lines: [cart(1, { Latency: 'fast' }), cart(2, { Latency: 'fast' })] });
    const warnings = () => under.lines.filter((line) => line.includes('silently drop'));
    expect(warnings()).toEqual([
      expect.stringMatching(
        /in the log of Test-Function: .*Metrics\[0\]\.Name is Latency, which must be a member/,
      ),
    ]);
  });

  it('of Lambda count invocations, errors and asynchronous events', async () => {
    const before = await under.sumOf('AWS/Lambda', 'Invocations', {});
    await under.invoke();
    await under.lambda.send(new InvokeCommand({ FunctionName: under.functionName, InvocationType: 'Event' }));
    expect(await under.sumOf('AWS/Lambda', 'Invocations', {})).toBeGreaterThan(before);
    expect(await under.sumOf('AWS/Lambda', 'AsyncEventsReceived', { FunctionName: under.functionName })).toBe(
      1,
    );
  });

  it('of an HTTP API count requests by the class of their status', async () => {
    await fetch(`${under.cloud.apiUrl}/nothing`);
    await fetch(`${under.cloud.apiUrl}/things/1`);
    const { Metrics = [] } = await under.client.send(
      new ListMetricsCommand({
        Namespace: 'AWS/ApiGateway',
        MetricName: '4xx',
        Dimensions: [{ Name: 'Stage' }],
      }),
    );
    expect(Metrics).toHaveLength(1);
    const dimensions = Object.fromEntries(
      (Metrics[0]?.Dimensions ?? []).map(({ Name = '', Value = '' }) => [Name, Value]),
    );
    expect(await under.sumOf('AWS/ApiGateway', '4xx', dimensions)).toBe(1);
    expect(await under.sumOf('AWS/ApiGateway', 'Count', dimensions)).toBe(2);
  });

  it('may be put and read, with expressions', async () => {
    const at = new Date(Math.floor((await under.now()).getTime() / 60_000) * 60_000 - 120_000);
    await under.client.send(
      new PutMetricDataCommand({
        Namespace: 'AWS/RDS',
        MetricData: [
          { MetricName: 'ACUUtilization', Value: 90, Unit: 'Percent', Timestamp: at },
          { MetricName: 'ACUUtilization', Values: [10, 20], Counts: [1, 3], Unit: 'Percent', Timestamp: at },
          {
            MetricName: 'ServerlessDatabaseCapacity',
            StatisticValues: { SampleCount: 2, Sum: 3, Minimum: 1, Maximum: 2 },
            Timestamp: at,
          },
        ],
      }),
    );
    const stat = (MetricName: string, Stat: string) => ({
      MetricStat: { Metric: { Namespace: 'AWS/RDS', MetricName }, Period: 60, Stat },
    });
    const { MetricDataResults = [] } = await under.client.send(
      new GetMetricDataCommand({
        StartTime: new Date(at.getTime() - 60_000),
        EndTime: new Date(at.getTime() + 120_000),
        ScanBy: 'TimestampAscending',
        MetricDataQueries: [
          { Id: 'highest', ...stat('ACUUtilization', 'Maximum') },
          { Id: 'count', ...stat('ACUUtilization', 'SampleCount') },
          { Id: 'median', ...stat('ACUUtilization', 'p50') },
          { Id: 'hidden', ...stat('ServerlessDatabaseCapacity', 'p50') },
          { Id: 'capacity', ...stat('ServerlessDatabaseCapacity', 'Average'), ReturnData: false },
          { Id: 'twice', Expression: 'FILL(capacity, 0) * 2', Label: 'double' },
        ],
      }),
    );
    const values = Object.fromEntries(MetricDataResults.map(({ Id = '', Values }) => [Id, Values]));
    expect(values).toEqual({ highest: [90], count: [5], median: [20], hidden: [], twice: [0, 3, 0] });
    expect(MetricDataResults[0]?.Timestamps).toEqual([at]);
    expect(MetricDataResults.at(-1)?.Label).toBe('double');
  });

  it('are taken from a compressed request, as the SDK sends a large one', async () => {
    const MetricData = Array.from({ length: 400 }, (_, index) => ({
      MetricName: 'Orders',
      Value: 1,
      Dimensions: [{ Name: 'shop', Value: `a shop with the number ${index % 7}` }],
    }));
    await under.client.send(new PutMetricDataCommand({ Namespace: 'Shop', MetricData }));
    expect(await under.sumOf('Shop', 'Orders', { shop: 'a shop with the number 0' })).toBe(58);
  });
});

describe('what the embedded CloudWatch does not know', () => {
  it('is refused by name', async () => {
    const put = new PutMetricDataCommand({
      Namespace: 'Shop',
      MetricData: [{ MetricName: 'Orders', Value: 1, Unit: 'Dozen' as 'Count' }],
    });
    await expect(under.client.send(put)).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
      message: expect.stringMatching(/^The parameter MetricData\[0\]\.Unit is wrong/) as unknown,
    });
    await expect(
      under.client.send(new DescribeAlarmsCommand({ ChildrenOfAlarmName: 'Test-Outage' })),
    ).rejects.toThrow('does not know ChildrenOfAlarmName, a member of DescribeAlarms: leave it out.');
    await expect(
      under.client.send(new PutMetricDataCommand({ Namespace: 'Shop', MetricData: [{ MetricName: 'A' }] })),
    ).rejects.toMatchObject({ name: 'InvalidParameterCombinationException' });
  });
});
