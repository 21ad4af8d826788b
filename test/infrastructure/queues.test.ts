import { describe, expect, it } from '@jest/globals';
import { Duration, Size, Stack } from 'aws-cdk-lib/core';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { Vpc, type IVpc } from 'aws-cdk-lib/aws-ec2';
import { Architecture, LayerVersion } from 'aws-cdk-lib/aws-lambda';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Errand } from '../../lib/errand.ts';
import type { QueueOptions } from '../../lib/queue-options.ts';
import { resourceNamed, resourcesOf, templateOf, unbundledApp } from './errand-template.ts';

const FUNCTION = 'AWS::Lambda::Function';
const QUEUE = 'AWS::SQS::Queue';

const QUEUES = {
  images: {
    concurrency: 5,
    timeout: Duration.minutes(10),
    batchSize: 2,
    memorySize: 2048,
    ephemeralStorageSize: Size.mebibytes(1024),
    architecture: Architecture.X86_64,
    environment: { QUALITY: '80' },
  },
};

/** Returns the policies of a worker's role as JSON. */
function statementsOf(template: Template, worker: string): string {
  const { id } = resourceNamed(template, 'AWS::IAM::Role', `Errand${worker}FunctionRole`);
  const policies = [...resourcesOf(template, 'AWS::IAM::Policy').values()].filter(({ Properties }) =>
    JSON.stringify(Properties.Roles).includes(id),
  );
  return JSON.stringify(policies.map(({ Properties }) => Properties.PolicyDocument));
}

describe('an update of a stack from before multiple queues', () => {
  it('does not replace the queues or the worker, whatever queues are added', () => {
    for (const template of [templateOf(), templateOf({ queues: QUEUES })]) {
      const ids = [QUEUE, FUNCTION, 'AWS::Lambda::EventSourceMapping', 'AWS::IAM::Role'].flatMap((type) => [
        ...resourcesOf(template, type).keys(),
      ]);
      expect(ids).toEqual(
        expect.arrayContaining([
          'ErrandQueuesDeadLetter12A10CD7',
          'ErrandQueuesMain794F727C',
          'ErrandWorkerFunction68675560',
          'ErrandWorkerFunctionRole5B4EF4AA',
          'ErrandWorkerDeliveriesE4DB9032',
        ]),
      );
    }
  });
});

describe('an additional queue', () => {
  it('has an SQS queue with a visibility timeout above its worker’s timeout, and the shared dead-letter queue', () => {
    const template = templateOf({ queues: QUEUES });
    const deadLetter = resourceNamed(template, QUEUE, 'ErrandQueuesDeadLetter');
    expect(resourceNamed(template, QUEUE, 'ErrandQueuesQueueimages').properties).toMatchObject({
      VisibilityTimeout: 610,
      SqsManagedSseEnabled: true,
      RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': [deadLetter.id, 'Arn'] }, maxReceiveCount: 100 },
    });
    expect(resourceNamed(template, QUEUE, 'ErrandQueuesMain').properties.VisibilityTimeout).toBe(56);
  });

  it('has its own worker, with its options and the same code', () => {
    const template = templateOf({ queues: QUEUES });
    const queue = resourceNamed(template, QUEUE, 'ErrandQueuesQueueimages');
    const worker = resourceNamed(template, FUNCTION, 'ErrandWorkerimagesFunction');
    const logs = resourceNamed(template, 'AWS::Logs::LogGroup', 'ErrandWorkerimagesFunctionLogs');
    const role = resourceNamed(template, 'AWS::IAM::Role', 'ErrandWorkerimagesFunctionRole');
    expect(worker.properties).toMatchObject({
      Timeout: 600,
      MemorySize: 2048,
      EphemeralStorage: { Size: 1024 },
      Architectures: ['x86_64'],
      ReservedConcurrentExecutions: 5,
      LoggingConfig: { LogGroup: { Ref: logs.id } },
      Role: { 'Fn::GetAtt': [role.id, 'Arn'] },
      Environment: { Variables: { QUALITY: '80', JOB_TIMEOUT: '600', QUEUE_NAME: 'images' } },
      Code: resourceNamed(template, FUNCTION, 'ErrandWorkerFunction').properties.Code,
    });
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      EventSourceArn: { 'Fn::GetAtt': [queue.id, 'Arn'] },
      FunctionName: { Ref: worker.id },
      BatchSize: 2,
      ScalingConfig: { MaximumConcurrency: 5 },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
  });

  it('is known to every function that sends messages before the API accepts jobs for it', () => {
    const template = templateOf({ queues: QUEUES });
    const main = resourceNamed(template, QUEUE, 'ErrandQueuesMain').id;
    const images = resourceNamed(template, QUEUE, 'ErrandQueuesQueueimages').id;
    const urls = {
      'Fn::Join': ['', ['{"default":"', { Ref: main }, '","images":"', { Ref: images }, '"}']],
    };
    const senders = ['Api', 'Schedules', 'Worker', 'Workerimages', 'DeadLetter', 'Sweeper'];
    for (const part of senders) {
      const { properties } = resourceNamed(template, FUNCTION, `Errand${part}Function`);
      expect(properties.Environment).toMatchObject({
        Variables: { QUEUE_URLS: urls, QUEUE_BATCH_SIZES: '{"images":2}' },
      });
    }
    const { resource } = resourceNamed(template, FUNCTION, 'ErrandApiFunction');
    for (const part of senders.slice(1)) {
      expect(resource.DependsOn).toContain(resourceNamed(template, FUNCTION, `Errand${part}Function`).id);
    }
    expect(resource.Properties.Environment).toMatchObject({
      Variables: { QUEUE_TIMEOUTS: '{"default":46,"images":600}' },
    });
  });

  it('is read only by its own worker', () => {
    const template = templateOf({ queues: QUEUES });
    const images = resourceNamed(template, QUEUE, 'ErrandQueuesQueueimages').id;
    const main = resourceNamed(template, QUEUE, 'ErrandQueuesMain').id;
    expect(statementsOf(template, 'Worker')).not.toContain(images);
    expect(statementsOf(template, 'Workerimages')).toContain(images);
    // The worker needs access to the default queue, because callbacks are sent there.
    expect(statementsOf(template, 'Workerimages')).toContain(
      `{"Action":"sqs:SendMessage","Effect":"Allow","Resource":{"Fn::GetAtt":["${main}","Arn"]}}`,
    );
  });

  it('has an output that names all queues', () => {
    expect(Object.keys(templateOf({ queues: QUEUES }).findOutputs('*'))).toContain('QueueUrls');
  });

  it('can run one job at a time, which only a reservation ensures', () => {
    const one = { queues: { images: { concurrency: 1 } } };
    const { properties } = resourceNamed(templateOf(one), FUNCTION, 'ErrandWorkerimagesFunction');
    expect(properties.ReservedConcurrentExecutions).toBe(1);
    expect(() => templateOf({ ...one, reserveConcurrency: false })).toThrow(
      'queues.images.concurrency "1" with reserveConcurrency "false" would run two jobs at once',
    );
  });
});

describe('a queue’s worker', () => {
  it('is granted what its jobs need, unlike other workers', () => {
    // GIVEN
    const stack = new Stack(unbundledApp(), 'Theirs');
    const photos = new Bucket(stack, 'Photos');
    // WHEN
    const errand = new Errand(stack, 'Jobs', { queues: QUEUES });
    photos.grantRead(errand.queue('images'));
    // THEN
    const { function: worker, queue } = errand.queue('images');
    const template = Template.fromStack(stack);
    const statement = {
      Resource: Match.arrayWith([
        { 'Fn::GetAtt': [stack.getLogicalId(photos.node.defaultChild as never), 'Arn'] },
      ]),
    };
    template.resourcePropertiesCountIs(
      'AWS::IAM::Policy',
      {
        PolicyDocument: { Statement: Match.arrayWith([Match.objectLike(statement)]) },
      },
      1,
    );
    template.hasResourceProperties('AWS::IAM::Policy', {
      Roles: [stack.resolve(worker.role?.roleName)],
      PolicyDocument: { Statement: Match.arrayWith([Match.objectLike(statement)]) },
    });
    expect(JSON.stringify(stack.resolve(queue.queueUrl))).toContain('JobsQueuesQueueimages');
    expect(errand.queue('default')).toBe(errand.worker);
  });

  it('can be looked up only for an existing queue', () => {
    const errand = new Errand(new Stack(unbundledApp(), 'Theirs'), 'Jobs', { queues: QUEUES });
    expect(() => errand.queue('imges')).toThrow('There is no queue "imges": the queues are default, images.');
  });

  it('can be in a network, and have layers and variables, even for the default queue', () => {
    // GIVEN
    const stack = new Stack(unbundledApp(), 'Theirs');
    const vpc = new Vpc(stack, 'Network') as IVpc;
    const layer = LayerVersion.fromLayerVersionArn(
      stack,
      'Fonts',
      'arn:aws:lambda:eu-central-1:123456789012:layer:fonts:1',
    );
    // WHEN
    new Errand(stack, 'Jobs', {
      queues: { default: { vpc, layers: [layer], environment: { QUALITY: '80' } } },
    });
    // THEN
    const template = Template.fromStack(stack);
    template.hasResourceProperties(FUNCTION, {
      Description: 'Runs jobs.',
      Layers: [layer.layerVersionArn],
      VpcConfig: { SubnetIds: vpc.privateSubnets.map(({ subnetId }) => stack.resolve(subnetId) as unknown) },
      Environment: { Variables: Match.objectLike({ QUALITY: '80' }) },
    });
    const { properties } = resourceNamed(template, 'AWS::IAM::Role', 'JobsWorkerFunctionRole');
    expect(JSON.stringify(properties.ManagedPolicyArns)).toContain('AWSLambdaENIManagementAccess');
  });
});

describe('the queues of a construct', () => {
  it.each([
    [
      'a name that no job could give',
      { 'my images': {} },
      'queues contains "my images": name each queue with 1 to 64 letters',
    ],
    [
      'a timeout that Lambda does not support',
      { images: { timeout: Duration.minutes(16) } },
      'queues.images.timeout is "960". Use a whole number of seconds from 1 to 900.',
    ],
    [
      'too much memory',
      { images: { memorySize: 20_000 } },
      'queues.images.memorySize is "20000". Use a whole number from 256 to 10240.',
    ],
    [
      'a variable that Errand uses',
      { images: { environment: { DATABASE_NAME: 'mine' } } },
      'queues.images.environment contains "DATABASE_NAME". Use names of at least two letters',
    ],
    [
      'a variable that Lambda sets',
      { images: { environment: { AWS_REGION: 'mine' } } },
      'queues.images.environment contains "AWS_REGION"',
    ],
    [
      'an option that does not exist',
      { images: { memory: 2048 } },
      'queues.images.memory is not a queue option: the options are concurrency, timeout, ',
    ],
    [
      'more queues than a function has room for',
      Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`queue${index}`, {}])),
      'queues has 11 queues, including the default one: the maximum is 10.',
    ],
  ])('are refused with %s', (_what, queues, message) => {
    expect(() => templateOf({ queues: queues as Record<string, QueueOptions> })).toThrow(message);
  });

  it('report all mistakes together', () => {
    expect(() => templateOf({ queues: { images: { memorySize: 1, concurrency: 0 } } })).toThrow(
      /queues\.images\.memorySize.*\n.*queues\.images\.concurrency/,
    );
  });

  it('can describe the default queue, unless a setting does', () => {
    const timeout = Duration.seconds(90);
    const template = templateOf({ queues: { default: { timeout, concurrency: 3 } } });
    expect(resourceNamed(template, FUNCTION, 'ErrandWorkerFunction').properties).toMatchObject({
      Timeout: 90,
      ReservedConcurrentExecutions: 3,
    });
    expect(resourceNamed(template, QUEUE, 'ErrandQueuesMain').properties.VisibilityTimeout).toBe(100);
    expect(() => templateOf({ jobTimeout: timeout, queues: { default: { timeout } } })).toThrow(
      'queues.default.timeout and jobTimeout both describe the "default" queue: omit one of them.',
    );
    expect(() => templateOf({ queues: { default: { concurrency: 0 } } })).toThrow(
      'queues.default.concurrency is "0". Use a whole number from 1 to 1000.',
    );
  });

  it('that reserve more than an account’s default quota cause a warning', () => {
    const warningsWith = (concurrency: number, reserveConcurrency: boolean) => {
      const stack = new Stack(unbundledApp(), 'Theirs');
      new Errand(stack, 'Jobs', { reserveConcurrency, queues: { images: { concurrency } } });
      return Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('The queues reserve'))
        .length;
    };
    expect(warningsWith(890, true)).toBe(0);
    expect(warningsWith(891, true)).toBe(1);
    expect(warningsWith(891, false)).toBe(0);
  });
});
