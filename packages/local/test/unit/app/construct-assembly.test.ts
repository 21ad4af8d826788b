import { describe, expect, it } from '@jest/globals';
import { ConstructAssemblyError } from '../../../src/app/construct-assembly.ts';
import type { TemplateResource } from '../../../src/template/template.ts';
import { appStack, bucket, jobsFunction, jobsOf, topic } from './app-stack.ts';

const role: TemplateResource = { Type: 'AWS::IAM::Role', Properties: {} };

function policyOf(roles: string[], ...resources: string[]): TemplateResource {
  return {
    Type: 'AWS::IAM::Policy',
    Properties: {
      Roles: roles.map((Ref) => ({ Ref })),
      PolicyDocument: {
        Statement: resources.map((Resource) => ({ Resource: { 'Fn::GetAtt': [Resource, 'Arn'] } })),
      },
    },
  };
}

function resourcesOf(...args: Parameters<typeof jobsOf>): string[] {
  return Object.keys(jobsOf(...args).template.Resources).sort();
}

describe('a construct extracted from its app', () => {
  it.each([
    ['Ref', { Ref: 'Photos' }],
    ['Fn::GetAtt', { 'Fn::GetAtt': ['Photos', 'Arn'] }],
    ['Fn::Sub', { 'Fn::Sub': '${Photos.Arn}/*' }],
    ['Fn::Join', { 'Fn::Join': ['', ['x', { Ref: 'Photos' }]] }],
  ])('keeps resources that it refers to with %s', (_name, reference) => {
    const stack = appStack('Shop', {
      'Jobs/Worker': jobsFunction({ PHOTOS: reference }),
      Photos: bucket,
      Alerts: topic,
    });
    const { template, needed, leftOut } = jobsOf([stack]);
    expect(Object.keys(template.Resources)).toEqual(['JobsWorker', 'Photos']);
    expect(needed.map(({ path }) => path)).toEqual(['Shop/Photos']);
    expect(leftOut).toMatchObject([{ path: 'Shop/Alerts', type: 'AWS::SNS::Topic' }]);
  });

  it('keeps its stack’s metadata, which contains the account’s quota', () => {
    const stack = appStack('Shop', { 'Jobs/Worker': jobsFunction({}) });
    const other = appStack('Web', { Pages: bucket });
    stack.template.Metadata = { 'errand-local': { accountConcurrency: 10 } };
    other.template.Metadata = { 'errand-local': { accountConcurrency: 20 } };
    const { template } = jobsOf([stack, other]);
    expect(template.Metadata).toEqual({ 'errand-local': { accountConcurrency: 10 } });
  });

  it('keeps the resources that its own resources depend on', () => {
    const worker = { ...jobsFunction({}), DependsOn: ['Photos', 'Alerts'] };
    const { template } = jobsOf([appStack('Shop', { 'Jobs/Worker': worker, Photos: bucket, Alerts: topic })]);
    expect(template.Resources.JobsWorker?.DependsOn).toEqual(['Photos']);
    expect(Object.keys(template.Resources)).toEqual(['JobsWorker', 'Photos']);
  });

  it('keeps all policies of the roles it uses', () => {
    const stack = appStack('Shop', {
      'Jobs/Worker': {
        Type: 'AWS::Lambda::Function',
        Properties: { Role: { 'Fn::GetAtt': ['Transcoder', 'Arn'] } },
      },
      Transcoder: role,
      Web: role,
      'Transcoder/Grants': policyOf(['Transcoder', 'Web'], 'Photos'),
      'Web/Grants': policyOf(['Web'], 'Pages'),
      Photos: bucket,
      Pages: bucket,
    });
    const { template } = jobsOf([stack]);
    expect(Object.keys(template.Resources)).toEqual([
      'JobsWorker',
      'Transcoder',
      'TranscoderGrants',
      'Photos',
    ]);
    expect(template.Resources.TranscoderGrants?.Properties?.Roles).toEqual([{ Ref: 'Transcoder' }]);
  });

  it('keeps the statements of a bucket policy that do not refer to omitted resources', () => {
    const statements = [
      { Effect: 'Deny', Principal: '*' },
      { Effect: 'Allow', Principal: { AWS: { 'Fn::GetAtt': ['Cleaner', 'Arn'] } } },
    ];
    const stack = appStack('Shop', {
      'Jobs/Worker': jobsFunction({ PHOTOS: { Ref: 'Photos' } }),
      Photos: bucket,
      'Photos/Policy': {
        Type: 'AWS::S3::BucketPolicy',
        Properties: { Bucket: { Ref: 'Photos' }, PolicyDocument: { Statement: statements } },
      },
      Cleaner: role,
      'Photos/Cleanup': { Type: 'Custom::Cleanup', Properties: { BucketName: { Ref: 'Photos' } } },
    });
    const { template } = jobsOf([stack]);
    expect(Object.keys(template.Resources)).toEqual(['JobsWorker', 'Photos', 'PhotosPolicy']);
    expect(template.Resources.PhotosPolicy?.Properties?.PolicyDocument).toEqual({
      Statement: [statements[0]],
    });
  });

  it('drops the permission of an omitted caller, and keeps the others', () => {
    const permission = (SourceArn: string): TemplateResource => ({
      Type: 'AWS::Lambda::Permission',
      Properties: { FunctionName: { Ref: 'JobsWorker' }, SourceArn: { Ref: SourceArn } },
    });
    const stack = appStack('Shop', {
      'Jobs/Worker': jobsFunction({}),
      'Jobs/Api': { Type: 'AWS::ApiGatewayV2::Api' },
      'Jobs/Worker/ByApi': permission('JobsApi'),
      'Jobs/Worker/ByTopic': permission('Alerts'),
      Alerts: topic,
    });
    expect(resourcesOf([stack])).toEqual(['JobsApi', 'JobsWorker', 'JobsWorkerByApi']);
  });

  it('keeps its network only by name', () => {
    const stack = appStack('Shop', {
      'Jobs/Worker': jobsFunction({ SUBNET: { Ref: 'VpcSubnet' } }),
      'Vpc/Subnet': { Type: 'AWS::EC2::Subnet', Properties: { VpcId: { Ref: 'Vpc' } } },
      Vpc: { Type: 'AWS::EC2::VPC', Properties: {} },
      'Vpc/Gateway': { Type: 'AWS::EC2::NatGateway', Properties: { SubnetId: { Ref: 'VpcSubnet' } } },
    });
    const { template, leftOut } = jobsOf([stack]);
    expect(template.Resources).toEqual({
      JobsWorker: expect.anything(),
      VpcSubnet: { Type: 'AWS::EC2::Subnet' },
    });
    expect(leftOut.map(({ part }) => part)).toEqual(['Shop/Vpc', 'Shop/Vpc', 'Shop/Vpc']);
  });

  it('belongs to the innermost stack if stacks are nested', () => {
    const outer = appStack('Shop', { Photos: bucket });
    const inner = appStack('Shop/Jobs', { Worker: jobsFunction({}) });
    const { stackName, template } = jobsOf([outer, inner], { outputs: { Worker: { Ref: 'Worker' } } });
    expect({ stackName, outputs: template.Outputs }).toEqual({
      stackName: 'Shop-Jobs',
      outputs: { Worker: { Value: { Ref: 'Worker' } } },
    });
  });

  it('drops outputs of omitted resources, and adds its own outputs', () => {
    const Outputs = {
      Topic: { Value: { Ref: 'Alerts' } },
      Photos: { Value: { Ref: 'Photos' } },
      Region: { Value: { Ref: 'AWS::Region' } },
      Vpc: { Value: { 'Fn::ImportValue': 'vpc' } },
    };
    const resources = {
      'Jobs/Worker': jobsFunction({ PHOTOS: { Ref: 'Photos' } }),
      Photos: bucket,
      Alerts: topic,
    };
    const stack = appStack('Shop', resources, { template: { Outputs } });
    const { template } = jobsOf([stack], { outputs: { Worker: { Ref: 'JobsWorker' } } });
    expect(Object.keys(template.Outputs ?? {})).toEqual(['Photos', 'Region', 'Worker']);
  });

  it('refuses a needed resource whose type the embedded cloud does not support', () => {
    const stack = appStack('Shop', {
      'Jobs/Worker': jobsFunction({ TOPIC: { Ref: 'Alerts' } }),
      Alerts: topic,
    });
    expect(() => jobsOf([stack])).toThrow(
      new ConstructAssemblyError(
        'Shop/Alerts (AWS::SNS::Topic) is needed by Shop/Jobs/Worker, but the embedded cloud does not support this type. ' +
          'To run without the resource: --without Shop/Alerts',
      ),
    );
  });

  it('keeps its alarms, and a topic that is defined outside it', () => {
    const alarm = { Type: 'AWS::CloudWatch::Alarm', Properties: { AlarmActions: [{ Ref: 'Alerts' }] } };
    const stack = appStack('Shop', { 'Jobs/Failing': alarm, Alerts: topic });
    expect(Object.keys(jobsOf([stack]).template.Resources)).toEqual(['JobsFailing', 'Alerts']);
  });

  it('runs without a resource that it needs, with a placeholder name and ARN', () => {
    const environment = { TOPIC: { Ref: 'Alerts' }, ARN: { 'Fn::Sub': 'x-${Alerts.TopicArn}' } };
    const resources = { 'Jobs/Worker': { ...jobsFunction(environment), DependsOn: 'Alerts' }, Alerts: topic };
    const { template, leftOut } = jobsOf([appStack('Shop', resources)], { without: ['Shop/Alerts'] });
    expect(template.Resources.JobsWorker?.Properties).toEqual({
      Environment: {
        Variables: {
          TOPIC: 'left-out-Alerts',
          ARN: {
            'Fn::Sub': [
              'x-${Replaced0}',
              { Replaced0: 'arn:aws:sns:us-east-1:000000000000:left-out-Alerts' },
            ],
          },
        },
      },
    });
    expect(leftOut.map(({ path }) => path)).toEqual(['Shop/Alerts']);
  });

  it.each([
    [{ without: ['Shop/Alarms'] }, '--without Shop/Alarms: the app has no resource at this path.'],
    [{ parameters: { Size: '1' } }, '--parameter Size: the app has no parameter with this name.'],
    [{ construct: 'Other/Jobs' }, 'The app has no construct Other/Jobs.'],
    [
      { construct: 'Shop/Nested/Jobs' },
      'Shop/Nested/Jobs is in a nested stack, which the embedded cloud does not run: create the construct in a stack.',
    ],
  ])('refuses %j', (options, message) => {
    const stack = appStack('Shop', { 'Jobs/Worker': jobsFunction({}) });
    expect(() => jobsOf([stack], options)).toThrow(new ConstructAssemblyError(message));
  });

  it.each([
    [{ Type: 'String' }, 'has no default'],
    [
      { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/shop/size' },
      `takes its value from the Systems Manager parameter "/shop/size", which does not exist on this machine`,
    ],
  ])('needs a value for the parameter %j', (parameter, why) => {
    const resources = { 'Jobs/Worker': jobsFunction({ SIZE: { Ref: 'Size' } }) };
    const stack = appStack('Shop', resources, { template: { Parameters: { Size: parameter } } });
    expect(() => jobsOf([stack])).toThrow(
      `The parameter Size, which Shop/Jobs/Worker uses, ${why}. Set a value: --parameter Size=…`,
    );
    expect(jobsOf([stack], { parameters: { Size: '5' } }).template.Parameters?.Size).toEqual({
      Type: 'String',
      Default: '5',
    });
  });

  it('moves a stack with env to the embedded cloud’s account and region', () => {
    const environment = {
      ARN: 'arn:aws:sqs:eu-west-1:123456789012:orders',
      ZONE: 'eu-west-1a',
      OTHER: 'eu-west-11',
    };
    const env = { account: '123456789012', region: 'eu-west-1' };
    const { template } = jobsOf([appStack('Shop', { 'Jobs/Worker': jobsFunction(environment) }, env)]);
    expect(template.Resources.JobsWorker?.Properties?.Environment).toEqual({
      Variables: {
        ARN: 'arn:aws:sqs:us-east-1:000000000000:orders',
        ZONE: 'us-east-1a',
        OTHER: 'eu-west-11',
      },
    });
  });
});
