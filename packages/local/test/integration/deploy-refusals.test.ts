import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startEmbeddedCloud } from '../../src/embedded-cloud.ts';
import type { TemplateResource } from '../../src/template/template.ts';
import { deployUnderTest, functionOf, httpApiOf } from './deploy-under-test.ts';
import type { DeployUnderTest } from './deploy-under-test.ts';

const HANDLER = 'export const handler = async () => ({});';

let test: DeployUnderTest;

beforeAll(async () => {
  test = await deployUnderTest();
});

afterAll(() => test.end());

/** Starts a stack, expects the startup to fail, and returns the printed line. */
async function refusal(resources: Record<string, TemplateResource>): Promise<string> {
  const message = await test.start(resources).then(
    () => 'it started',
    (error: unknown) => (error as Error).message,
  );
  expect(message).not.toContain('\n');
  return message;
}

describe('a stack is refused in one line', () => {
  it('that lists all resources of unknown types', async () => {
    const resources = {
      Stream: { Type: 'AWS::Kinesis::Stream' },
      Machine: { Type: 'AWS::StepFunctions::StateMachine' },
      Role: { Type: 'AWS::IAM::Role' },
    };
    expect(await refusal(resources)).toBe(
      'the embedded cloud cannot run Stream (AWS::Kinesis::Stream), Machine (AWS::StepFunctions::StateMachine): ' +
        'it does not support the type',
    );
  });

  it('that names an unknown property', async () => {
    expect(await refusal({ Queue: { Type: 'AWS::SQS::Queue', Properties: { FifoQueue: true } } })).toBe(
      'Queue (AWS::SQS::Queue): FifoQueue is a property that the embedded cloud does not support (value: true)',
    );
  });

  it('for a route with an unknown authorization type', async () => {
    const resources = { Echo: functionOf(HANDLER), ...httpApiOf('Echo', { AuthorizationType: 'COGNITO' }) };
    expect(await refusal(resources)).toMatch(
      /^Route .*AuthorizationType must be one of NONE, AWS_IAM, CUSTOM, JWT \(value: "COGNITO"\)$/,
    );
  });

  it('for a route with a missing authorizer', async () => {
    const resources = { Echo: functionOf(HANDLER), ...httpApiOf('Echo', { AuthorizationType: 'CUSTOM' }) };
    expect(await refusal(resources)).toMatch(
      /route GET \/things\/\{id\} uses the authorizer .*does not have/,
    );
  });

  it('for an authorizer whose function returns policies', async () => {
    const Authorizer = {
      Type: 'AWS::ApiGatewayV2::Authorizer',
      Properties: { ApiId: { Ref: 'Api' }, AuthorizerType: 'REQUEST', AuthorizerPayloadFormatVersion: '2.0' },
    };
    const resources = { Echo: functionOf(HANDLER), ...httpApiOf('Echo'), Authorizer };
    expect(await refusal(resources)).toMatch(/^Authorizer .*EnableSimpleResponses must be true/);
  });

  it.each([
    ['$context.path', /Format contains \$context\.path, which the embedded cloud does not support/],
    ['a\nb', /Format must be one line/],
  ])('for an access log with the format %j', async (format, message) => {
    const { Stage, ...rest } = httpApiOf('Echo');
    const AccessLogSettings = { DestinationArn: { 'Fn::GetAtt': ['Group', 'Arn'] }, Format: format };
    const resources = {
      Echo: functionOf(HANDLER),
      Group: { Type: 'AWS::Logs::LogGroup' },
      ...rest,
      Stage: { Type: 'AWS::ApiGatewayV2::Stage', Properties: { ...Stage?.Properties, AccessLogSettings } },
    };
    expect(await refusal(resources)).toMatch(message);
  });

  it('for an event source mapping whose queue has a shorter visibility timeout than the function’s timeout', async () => {
    const resources: Record<string, TemplateResource> = {
      Worker: functionOf(HANDLER, { Timeout: 60 }),
      Queue: { Type: 'AWS::SQS::Queue', Properties: { VisibilityTimeout: 59 } },
      Mapping: {
        Type: 'AWS::Lambda::EventSourceMapping',
        Properties: { EventSourceArn: { 'Fn::GetAtt': ['Queue', 'Arn'] }, FunctionName: { Ref: 'Worker' } },
      },
    };
    expect(await refusal(resources)).toMatch(/59.*60/);
  });

  const ALARM = {
    Namespace: 'AWS/Lambda',
    MetricName: 'Errors',
    Statistic: 'Sum',
    Period: 60,
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: 'GreaterThanThreshold',
  };
  const MATH = {
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: 'GreaterThanThreshold',
  };
  const expression = (text: string) => ({ Id: 'e1', Expression: text });
  const errors = {
    Id: 'm1',
    ReturnData: false,
    MetricStat: { Metric: { Namespace: 'AWS/Lambda', MetricName: 'Errors' }, Period: 60, Stat: 'Sum' },
  };

  it.each<[what: string, properties: object, message: RegExp]>([
    ['period', { ...ALARM, Period: 30 }, /Period is invalid: the period 30 must be a multiple of 60 seconds/],
    [
      'statistic',
      { ...ALARM, Statistic: 'tm90' },
      /Statistic is invalid: .*does not support the statistic tm90/,
    ],
    ['comparison', { ...ALARM, ComparisonOperator: 'Above' }, /ComparisonOperator must be one of Greater/],
    ['missing data', { ...ALARM, TreatMissingData: 'zero' }, /TreatMissingData must be one of breaching, /],
    [
      'data points',
      { ...ALARM, DatapointsToAlarm: 2 },
      /DatapointsToAlarm must be .* 1 to EvaluationPeriods/,
    ],
    ['range', { ...ALARM, EvaluationPeriods: 1441 }, /EvaluationPeriods times the period .* at most one day/],
    [
      'band',
      { ...ALARM, ThresholdMetricId: 'b' },
      /ThresholdMetricId is a property that .* does not support/,
    ],
    [
      'function',
      { ...MATH, Metrics: [expression('RATE(m1)'), errors] },
      /does not support the function RATE/,
    ],
    ['syntax', { ...MATH, Metrics: [expression('m1 +'), errors] }, /m1 \+ is not understood at its end/],
    ['reference', { ...MATH, Metrics: [expression('m2'), errors] }, /Metrics is invalid: e1 refers to m2/],
    [
      'number',
      { ...MATH, Metrics: [expression('SUM(m1)'), errors] },
      /returns a number, but must return one time series/,
    ],
    ['watched metric', { ...MATH, Metrics: [errors] }, /exactly one entry without ReturnData: false/],
  ])('for an alarm with a %s that it cannot evaluate', async (_what, properties, message) => {
    const Properties = properties as TemplateResource['Properties'];
    const line = await refusal({
      Alarm: { Type: 'AWS::CloudWatch::Alarm', ...(Properties && { Properties }) },
    });
    expect(line).toMatch(/^Alarm \(AWS::CloudWatch::Alarm\): /);
    expect(line).toMatch(message);
  });

  it('for a composite alarm on a missing alarm', async () => {
    const Properties = { AlarmRule: 'ALARM("other")' };
    expect(await refusal({ Outage: { Type: 'AWS::CloudWatch::CompositeAlarm', Properties } })).toMatch(
      /AlarmRule names the alarm other, which is not deployed before it: add a DependsOn/,
    );
  });

  it('for a function with a missing bundle', async () => {
    await test.start({ Worker: functionOf(HANDLER) }).then((cloud) => cloud.end());
    const assemblyDir = join(test.dir, 'cdk.out');
    await rm(join(assemblyDir, 'asset.0'), { recursive: true });
    const options = { assemblyDir, dataDir: test.dataDir, httpPort: 0, awsPort: 0, log: () => undefined };
    await expect(startEmbeddedCloud(options)).rejects.toThrow(
      /^Worker \(AWS::Lambda::Function\): Code\.S3Key has no bundle at .*asset\.0; synthesize the stack again/,
    );
  });

  it('for a handler that its bundle lacks', async () => {
    expect(await refusal({ Worker: functionOf(HANDLER, { Handler: 'other.handler' }) })).toMatch(
      /^Worker .*: no bundle for its handler other\.handler/,
    );
  });

  it('for a schedule that EventBridge would refuse', async () => {
    const Rule = { Type: 'AWS::Events::Rule', Properties: { ScheduleExpression: 'rate(1 minutes)' } };
    expect(await refusal({ Rule })).toMatch(/^Rule \(AWS::Events::Rule\): .*rate\(1 minutes\)/);
  });

  it('for a reference to a missing resource', async () => {
    const Queue = { Type: 'AWS::SQS::Queue', Properties: { QueueName: { Ref: 'Nobody' } } };
    expect(await refusal({ Queue })).toMatch(/^Queue \(AWS::SQS::Queue\): .*refers to Nobody/);
  });

  it.each<[string, TemplateResource, RegExp]>([
    [
      'a second protocol',
      { Type: 'AWS::ApiGatewayV2::Api', Properties: { ProtocolType: 'WEBSOCKET' } },
      /must be HTTP/,
    ],
    [
      'another engine',
      { Type: 'AWS::RDS::DBCluster', Properties: { Engine: 'aurora-mysql' } },
      /aurora-postgresql/,
    ],
    [
      'another runtime',
      functionOf(HANDLER, { Runtime: 'ruby3.4' }),
      /a runtime that the embedded Lambda supports: nodejs and python3, such as nodejs24\.x and python3\.13 \(value: "ruby3\.4"\)/,
    ],
    [
      'a function without a handler',
      functionOf(HANDLER, { Handler: { Ref: 'AWS::NoValue' } }),
      /Handler is missing/,
    ],
    [
      'a time that is none',
      functionOf(HANDLER, { Timeout: 'soon' }),
      /Timeout must be a number \(value: "soon"\)/,
    ],
  ])('for %s', async (_what, resource, message) => {
    expect(await refusal({ Thing: resource })).toMatch(message);
  });
});

describe('after a start that failed', () => {
  it('nothing keeps running, so the next start succeeds in the same folder', async () => {
    await refusal({ Thing: { Type: 'AWS::Kinesis::Stream' } });
    const cloud = await test.start({ Queue: { Type: 'AWS::SQS::Queue' } });
    await cloud.end();
  });
});
