import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  GetMetricDataCommand,
  ListMetricsCommand,
  PutMetricDataCommand,
} from '@aws-sdk/client-cloudwatch';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { cbor, tag } from '@smithy/core/cbor';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cart, cloudWatchUnderTest, type CloudWatchUnderTest } from './cloudwatch-under-test.ts';
import { functionOf } from './deploy-under-test.ts';

let under: CloudWatchUnderTest;

beforeAll(async () => {
  under = await cloudWatchUnderTest({
    Queue: { Type: 'AWS::SQS::Queue', Properties: {} },
    ReporterRole: {
      Type: 'AWS::IAM::Role',
      Properties: {
        AssumeRolePolicyDocument: {
          Statement: [
            { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } },
          ],
        },
        Policies: [
          {
            PolicyName: 'Report',
            PolicyDocument: {
              Statement: [
                {
                  Effect: 'Allow',
                  Action: 'cloudwatch:PutMetricData',
                  Resource: '*',
                  Condition: { StringEquals: { 'cloudwatch:namespace': 'Shop' } },
                },
              ],
            },
          },
        ],
      },
    },
    Reporter: functionOf('export const handler = async () => ({});', {
      Role: { 'Fn::GetAtt': ['ReporterRole', 'Arn'] },
    }),
  });
});

afterAll(() => under.end());

describe('metrics', () => {
  it('in logs are reported once if CloudWatch would drop them', async () => {
    await under.invoke({ lines: [cart(1, { Latency: 'fast' }), cart(2, { Latency: 'fast' })] });
    const warnings = () => under.lines.filter((line) => line.includes('silently drop'));
    expect(warnings()).toEqual([
      expect.stringMatching(
        /in the log of Test-Function: .*Metrics\[0\]\.Name is Latency, which must be a member/,
      ),
    ]);
  });

  it('for Lambda count invocations, errors and asynchronous events', async () => {
    const before = await under.sumOf('AWS/Lambda', 'Invocations', {});
    await under.invoke();
    await under.lambda.send(new InvokeCommand({ FunctionName: under.functionName, InvocationType: 'Event' }));
    expect(await under.sumOf('AWS/Lambda', 'Invocations', {})).toBeGreaterThan(before);
    expect(await under.sumOf('AWS/Lambda', 'AsyncEventsReceived', { FunctionName: under.functionName })).toBe(
      1,
    );
  });

  it('for an HTTP API count requests by status class', async () => {
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

  it('can be put and read, also with expressions', async () => {
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

  it('are read from a compressed request, as the SDK sends a large one', async () => {
    const MetricData = Array.from({ length: 400 }, (_, index) => ({
      MetricName: 'Orders',
      Value: 1,
      Dimensions: [{ Name: 'shop', Value: `a shop with the number ${index % 7}` }],
    }));
    await under.client.send(new PutMetricDataCommand({ Namespace: 'Shop', MetricData }));
    expect(await under.sumOf('Shop', 'Orders', { shop: 'a shop with the number 0' })).toBe(58);
  });
});

describe('the CBOR protocol, which boto3 and the AWS CLI use', () => {
  /** Calls an operation like botocore. */
  async function call(operation: string, input: unknown) {
    const response = await fetch(
      `${under.cloud.awsEndpointUrl}/service/GraniteServiceVersion20100801/operation/${operation}`,
      {
        method: 'POST',
        headers: {
          authorization:
            'AWS4-HMAC-SHA256 Credential=test/20261128/us-east-1/monitoring/aws4_request, SignedHeaders=host, Signature=0',
          'content-type': 'application/cbor',
          'smithy-protocol': 'rpc-v2-cbor',
        },
        body: Buffer.from(cbor.serialize(input)),
      },
    );
    expect(response.headers.get('smithy-protocol')).toBe('rpc-v2-cbor');
    const output = cbor.deserialize(new Uint8Array(await response.arrayBuffer())) as unknown;
    return { status: response.status, headers: response.headers, output };
  }

  it('encodes timestamps as tagged numbers', async () => {
    const seconds = Math.floor((await under.now()).getTime() / 60_000) * 60 - 60;
    const moment = (value: number) => tag({ tag: 1, value });
    const MetricData = [{ MetricName: 'Carts', Value: 2.5, Timestamp: moment(seconds) }];
    expect(await call('PutMetricData', { Namespace: 'Shop', MetricData })).toMatchObject({ status: 200 });
    const { output } = await call('GetMetricStatistics', {
      Namespace: 'Shop',
      MetricName: 'Carts',
      StartTime: moment(seconds - 60),
      EndTime: moment(seconds + 60),
      Period: 60,
      Statistics: ['Sum'],
    });
    expect(output).toEqual({
      Label: 'Carts',
      Datapoints: [{ Timestamp: moment(seconds), Sum: 2.5, Unit: 'None' }],
    });
  });

  it('returns errors with the error code of the older protocol', async () => {
    const { status, headers, output } = await call('SetAlarmState', {
      AlarmName: 'none',
      StateValue: 'OK',
      StateReason: 'a drill',
    });
    expect(status).toBe(404);
    expect(headers.get('x-amzn-query-error')).toBe('ResourceNotFound;Sender');
    expect(output).toMatchObject({
      __type: 'com.amazonaws.cloudwatch#ResourceNotFound',
      message: 'There is no alarm named none.',
    });
    expect((await call('PutMetricAlarm', {})).output).toMatchObject({
      message: expect.stringMatching(
        /does not support the operation PutMetricAlarm\. Supported operations: DescribeAlarmHistory, /,
      ) as unknown,
    });
  });
});

describe('a function', () => {
  it('calls CloudWatch only as its role allows', async () => {
    const clientOf = (accessKeyId: string) =>
      new CloudWatchClient({
        endpoint: under.cloud.awsEndpointUrl,
        region: 'us-east-1',
        credentials: { accessKeyId, secretAccessKey: 'test' },
      });
    const [mayPutShop, mayDoAll] = [clientOf('Test-Reporter'), clientOf(under.functionName)];
    const put = (Namespace: string) =>
      new PutMetricDataCommand({ Namespace, MetricData: [{ MetricName: 'Reports', Value: 1 }] });
    await mayPutShop.send(put('Shop'));
    await expect(mayPutShop.send(put('Bank'))).rejects.toThrow(
      /not authorized to perform: cloudwatch:PutMetricData/,
    );
    await expect(mayPutShop.send(new DescribeAlarmsCommand({}))).rejects.toMatchObject({
      name: 'AccessDenied',
    });
    await mayDoAll.send(put('Bank'));
    for (const client of [mayPutShop, mayDoAll]) client.destroy();
  });
});

describe('/metrics', () => {
  it('shows Prometheus the metrics from logs and from AWS, including current values', async () => {
    await under.invoke({ lines: [cart(250)] });
    const response = await fetch(`${under.cloud.awsEndpointUrl}/metrics`);
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const text = await response.text();
    expect(text).toMatch(/^# TYPE shop_latency_seconds histogram$/m);
    expect(text).toMatch(/^shop_latency_seconds_bucket\{page="cart",le="0.25"\} 1$/m);
    expect(text).toMatch(/^aws_lambda_invocations_total\{function_name="Test-Function"\} \d+$/m);
    expect(text).toMatch(/^aws_sqs_approximate_age_of_oldest_message_seconds\{queue_name="Test-Queue"\} 0$/m);
  });

  it('is not served for a signed request, which goes to S3, nor to pages from other sites', async () => {
    const url = `${under.cloud.awsEndpointUrl}/metrics`;
    const authorization =
      'AWS4-HMAC-SHA256 Credential=test/20261128/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0';
    expect(await (await fetch(url, { headers: { authorization } })).text()).toContain(
      '<Resource>/metrics</Resource>',
    );
    const { status } = await fetch(url, { method: 'POST', headers: { origin: 'https://example.com' } });
    expect(status).toBe(403);
  });
});

describe('a request that the embedded CloudWatch does not support', () => {
  it('is refused with the unsupported name', async () => {
    const put = new PutMetricDataCommand({
      Namespace: 'Shop',
      MetricData: [{ MetricName: 'Orders', Value: 1, Unit: 'Dozen' as 'Count' }],
    });
    await expect(under.client.send(put)).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
      message: expect.stringMatching(/^The parameter MetricData\[0\]\.Unit is invalid/) as unknown,
    });
    await expect(
      under.client.send(new DescribeAlarmsCommand({ ChildrenOfAlarmName: 'Test-Outage' })),
    ).rejects.toThrow('does not support ChildrenOfAlarmName, a member of DescribeAlarms: leave it out.');
    await expect(
      under.client.send(new PutMetricDataCommand({ Namespace: 'Shop', MetricData: [{ MetricName: 'A' }] })),
    ).rejects.toMatchObject({ name: 'InvalidParameterCombinationException' });
  });
});
