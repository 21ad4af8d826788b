import { describe, expect, it } from '@jest/globals';
import { Duration, Stack } from 'aws-cdk-lib/core';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Match } from 'aws-cdk-lib/assertions';
import fc from 'fast-check';
import { ErrandFunction } from '../../lib/errand-function.ts';
import type { GivenEnvironment } from '../../lib/errand-function.ts';
import type { ErrandStackProps } from '../../lib/errand-stack.ts';
import { resolveSettings } from '../../lib/settings/read-settings.ts';
import { functionOf, resourceNamed, resourcesOf, templateOf, unbundledApp } from './errand-template.ts';

const OWN_CLUSTER = {
  auroraClusterArn: 'arn:aws:rds:eu-central-1:123456789012:cluster:shared',
  auroraSecretArn: 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:shared-a1B2c3',
};

const FUNCTION = 'AWS::Lambda::Function';
const MAPPING = 'AWS::Lambda::EventSourceMapping';
const PARTS = [
  ...['Api', 'Authentication', 'Schedules', 'Worker', 'DeadLetter', 'Sweeper', 'Migrations', 'Preflight'],
];

function variablesOf(template: ReturnType<typeof templateOf>, part: string): string[] {
  const { Variables } = functionOf(template, part).Environment as { Variables: object };
  return Object.keys(Variables).sort();
}

describe('every function', () => {
  it('runs Node 24 on arm64, and logs JSON to its own log group with the configured retention', () => {
    // WHEN
    const template = templateOf({ logRetentionDays: RetentionDays.ONE_WEEK });
    // THEN
    expect(resourcesOf(template, FUNCTION).size).toBe(PARTS.length);
    for (const part of PARTS) {
      const { id } = resourceNamed(template, 'AWS::Logs::LogGroup', `Errand${part}FunctionLogs`);
      expect(functionOf(template, part)).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Handler: 'index.handler',
        LoggingConfig: { LogFormat: 'JSON', LogGroup: { Ref: id } },
      });
      // Lambda treats metric lines as INFO, which is the default log level. A higher level would drop these lines, so the level must stay unset.
      expect(functionOf(template, part)).not.toHaveProperty('LoggingConfig.ApplicationLogLevel');
    }
    template.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 7 });
  });

  it('gets the names of the resources it uses, and no others', () => {
    // WHEN
    const template = templateOf();
    // THEN
    const database = ['CLUSTER_ARN', 'DATABASE_NAME', 'SECRET_ARN'];
    const common = [...database, 'METRICS', 'SERVICE', 'QUEUE_BATCH_SIZES', 'QUEUE_URLS'];
    expect(variablesOf(template, 'Migrations')).toEqual(['APPLICATION_SECRET_ARN', ...database]);
    expect(variablesOf(template, 'Worker')).toEqual(
      [
        ...common,
        'BUILT_IN_JOBS',
        'DEDUP_WINDOW',
        'JOB_TIMEOUT',
        'QUEUE_TIMEOUTS',
        'TABLE_NAME',
        'TENANT_MAX_JOBS_IN_FLIGHT',
        'TENANT_SUBMISSIONS_PER_SECOND',
        'QUEUE_NAME',
        'UPLOADS_BUCKET',
        'UPLOAD_RETENTION_DAYS',
        'RETENTION_DAYS',
      ].sort(),
    );
    expect(variablesOf(template, 'DeadLetter')).toEqual([...common, 'FIRINGS_QUEUE_URL'].sort());
    expect(variablesOf(template, 'Sweeper')).toEqual(
      [...common, 'RETENTION_DAYS', 'SWEEP_AFTER', 'TABLE_NAME'].sort(),
    );
    expect(variablesOf(template, 'Authentication')).toEqual(['KEY_TABLE_NAME']);
    const schedules = ['DEAD_LETTER_ARN', 'FIRINGS_QUEUE_URL', 'SCHEDULE_GROUP', 'SCHEDULE_ROLE_ARN'];
    expect(variablesOf(template, 'Schedules')).toEqual(
      [...common, ...schedules, ...['JOB_QUEUES', 'TABLE_NAME', 'TENANT_MAX_JOBS_IN_FLIGHT']].sort(),
    );
    expect(variablesOf(template, 'Api')).toEqual(
      [
        ...common,
        ...schedules,
        'AUTH',
        'BUILT_IN_JOBS',
        'DEFAULT_TENANT',
        ...['DEAD_LETTER_QUEUE_URL', 'KEY_TABLE_NAME'],
        ...['DEDUP_WINDOW', 'JOB_TIMEOUT', 'QUEUE_TIMEOUTS', 'RETENTION_DAYS', 'TABLE_NAME'],
        'TENANT_MAX_JOBS_IN_FLIGHT',
        'TENANT_SUBMISSIONS_PER_SECOND',
        'TENANT_MAX_WAITS',
        'MAX_WAITS',
        'UPLOADS_BUCKET',
      ].sort(),
    );
  });

  it('gets the settings in whole seconds', () => {
    // WHEN
    const template = templateOf({
      jobTimeout: Duration.minutes(2),
      dedupWindow: Duration.minutes(1),
      sweepAfter: Duration.minutes(3),
      retentionDays: 90,
    });
    // THEN
    expect(functionOf(template, 'Api').Environment).toMatchObject({
      Variables: { JOB_TIMEOUT: '120', DEDUP_WINDOW: '60' },
    });
    expect(functionOf(template, 'Sweeper').Environment).toMatchObject({
      Variables: { SWEEP_AFTER: '180', RETENTION_DAYS: '90' },
    });
  });
});

describe('a function’s environment', () => {
  function sweeperWith(environment: object): () => unknown {
    const stack = new Stack(unbundledApp(), 'Test');
    return () =>
      new ErrandFunction(stack, 'Function', {
        source: 'sweeper',
        description: 'Under test.',
        timeout: Duration.seconds(1),
        memorySize: 128,
        settings: resolveSettings({}),
        environment: environment as GivenEnvironment<'sweeper'>,
      });
  }
  const complete = {
    clusterArn: 'c',
    secretArn: 's',
    databaseName: 'd',
    tableName: 't',
    queueUrls: new Map(),
    queueBatchSizes: new Map(),
  };

  it('is complete with the construct’s values and the settings', () => {
    expect(sweeperWith(complete)).not.toThrow();
  });

  it.each([
    ['omits a variable that the function needs', { ...complete, queueUrls: undefined }, 'queueUrls'],
    ['sets one that the function does not read', { ...complete, bucket: 'b' }, 'bucket'],
  ])('fails the synth if the construct %s', (_what, environment, name) => {
    expect(sweeperWith(environment)).toThrow(
      `lambdas/environment.ts and the environment of the "sweeper" function differ in: ${name}.`,
    );
  });
});

describe('the worker', () => {
  it('gets one message at a time, with partial batch responses', () => {
    // WHEN
    const template = templateOf();
    // THEN
    const queue = resourceNamed(template, 'AWS::SQS::Queue', 'ErrandQueuesMain').id;
    expect(resourceNamed(template, MAPPING, 'ErrandWorker').properties).toMatchObject({
      EventSourceArn: { 'Fn::GetAtt': [queue, 'Arn'] },
      FunctionName: { Ref: resourceNamed(template, FUNCTION, 'ErrandWorkerFunction').id },
      BatchSize: 1,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
  });

  it('has the job’s timeout, and the configured concurrency', () => {
    // WHEN
    const template = templateOf({ jobTimeout: Duration.seconds(900), jobPrefetch: 7 });
    // THEN
    expect(functionOf(template, 'Worker')).toMatchObject({ Timeout: 900, ReservedConcurrentExecutions: 7 });
    expect(resourceNamed(template, MAPPING, 'ErrandWorker').properties).toMatchObject({
      ScalingConfig: { MaximumConcurrency: 7 },
    });
  });

  it('receives one message at a time, or the configured number', () => {
    for (const jobBatchSize of [undefined, 10]) {
      // WHEN
      const template = templateOf(jobBatchSize === undefined ? {} : { jobBatchSize });
      // THEN
      expect(resourceNamed(template, MAPPING, 'ErrandWorker').properties).toMatchObject({
        BatchSize: jobBatchSize ?? 1,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
      });
    }
  });

  it('has the configured memory', () => {
    for (const jobMemory of [undefined, 2048]) {
      // WHEN
      const template = templateOf(jobMemory === undefined ? {} : { jobMemory });
      // THEN
      expect(functionOf(template, 'Worker')).toMatchObject({ MemorySize: jobMemory ?? 1024 });
    }
  });

  it('runs one job at a time with a reservation, because an SQS mapping needs a concurrency of at least two', () => {
    // WHEN
    const template = templateOf({ jobPrefetch: 1 });
    // THEN
    expect(functionOf(template, 'Worker')).toMatchObject({ ReservedConcurrentExecutions: 1 });
    expect(resourceNamed(template, MAPPING, 'ErrandWorker').properties).toMatchObject({
      ScalingConfig: { MaximumConcurrency: 2 },
    });
  });

  it('reserves nothing in an account without unreserved concurrency, and keeps the mapping’s limit', () => {
    // WHEN
    const template = templateOf({ reserveConcurrency: false, jobPrefetch: 5 });
    // THEN
    template.allResourcesProperties(FUNCTION, { ReservedConcurrentExecutions: Match.absent() });
    expect(resourceNamed(template, MAPPING, 'ErrandWorker').properties).toMatchObject({
      ScalingConfig: { MaximumConcurrency: 5 },
    });
  });

  it('never has settings that AWS refuses or that lose jobs', () => {
    const settings = fc.record({
      jobTimeout: fc.integer({ min: 1, max: 900 }).map((seconds) => Duration.seconds(seconds)),
      jobPrefetch: fc.integer({ min: 2, max: 1000 }),
      reserveConcurrency: fc.boolean(),
    });
    fc.assert(
      fc.property(settings, (props) => {
        const template = templateOf(props);
        const worker = functionOf(template, 'Worker');
        const { VisibilityTimeout } = resourceNamed(
          template,
          'AWS::SQS::Queue',
          'ErrandQueuesMain',
        ).properties;
        const { ScalingConfig } = resourceNamed(template, MAPPING, 'ErrandWorker').properties;
        const { MaximumConcurrency } = ScalingConfig as { MaximumConcurrency: number };
        expect(VisibilityTimeout).toBeGreaterThan(worker.Timeout as number);
        expect(MaximumConcurrency).toBe(props.jobPrefetch);
        expect(worker.ReservedConcurrentExecutions ?? MaximumConcurrency).toBe(MaximumConcurrency);
      }),
      { numRuns: 20 },
    );
  });
});

describe('the dead-letter function', () => {
  it('reads the dead-letter queue with low concurrency, and may send in a loop', () => {
    // WHEN
    const template = templateOf();
    // THEN
    const queue = resourceNamed(template, 'AWS::SQS::Queue', 'ErrandQueuesDeadLetter').id;
    expect(resourceNamed(template, MAPPING, 'ErrandDeadLetter').properties).toMatchObject({
      EventSourceArn: { 'Fn::GetAtt': [queue, 'Arn'] },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 2 },
    });
    expect(functionOf(template, 'DeadLetter')).toMatchObject({ RecursiveLoop: 'Allow' });
  });
});

describe('the sweeper', () => {
  it('starts every minute, ends before the next start, and is never retried', () => {
    // WHEN
    const template = templateOf();
    // THEN
    const { id, properties } = resourceNamed(template, FUNCTION, 'ErrandSweeperFunction');
    expect(properties.Timeout).toBeLessThan(60);
    template.hasResourceProperties('AWS::Events::Rule', {
      ScheduleExpression: 'rate(1 minute)',
      State: 'ENABLED',
      Targets: [
        Match.objectLike({
          Arn: { 'Fn::GetAtt': [id, 'Arn'] },
          RetryPolicy: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 },
        }),
      ],
    });
    template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
      FunctionName: { Ref: id },
      MaximumRetryAttempts: 0,
      MaximumEventAgeInSeconds: 60,
    });
  });
});

describe('the migrations', () => {
  it('run when the database is available', () => {
    // WHEN
    const template = templateOf();
    // THEN
    const { resource, properties } = resourceNamed(template, 'Custom::Migration', 'ErrandMigrations');
    const migrate = resourceNamed(template, FUNCTION, 'ErrandMigrationsFunction');
    expect(properties.ServiceToken).toEqual({ 'Fn::GetAtt': [migrate.id, 'Arn'] });
    expect(resource.DependsOn).toEqual(
      expect.arrayContaining([
        resourceNamed(template, 'AWS::RDS::DBCluster', 'Errand').id,
        resourceNamed(template, 'AWS::RDS::DBInstance', 'Errand').id,
      ]),
    );
  });

  it('fail after the function’s timeout', () => {
    // WHEN
    const template = templateOf();
    // THEN
    const { properties } = resourceNamed(template, 'Custom::Migration', 'ErrandMigrations');
    const timeout = functionOf(template, 'Migrations').Timeout as number;
    // The timeout is Lambda's maximum, because building an index may take a long time.
    expect(timeout).toBe(900);
    expect(Number(properties.ServiceTimeout)).toBeGreaterThan(timeout);
  });

  it('run again when they change, because the resource contains their hash', () => {
    // WHEN
    const { properties } = resourceNamed(templateOf(), 'Custom::Migration', 'ErrandMigrations');
    // THEN
    expect(properties.migrations).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each([
    ['a cluster of your own', {}, OWN_CLUSTER],
    [
      'another cluster',
      OWN_CLUSTER,
      { ...OWN_CLUSTER, auroraClusterArn: `${OWN_CLUSTER.auroraClusterArn}-2` },
    ],
    ['another database', OWN_CLUSTER, { ...OWN_CLUSTER, auroraDatabaseName: 'second' }],
  ])('run again on %s', (_change, before, after) => {
    const propertiesWith = (settings: ErrandStackProps) =>
      resourceNamed(templateOf(settings), 'Custom::Migration', 'ErrandMigrations').properties;
    expect(propertiesWith(after)).not.toEqual(propertiesWith(before));
  });

  it('run again on a replaced cluster, whose ARN differs', () => {
    const template = templateOf();
    const { properties } = resourceNamed(template, 'Custom::Migration', 'ErrandMigrations');
    const cluster = resourceNamed(template, 'AWS::RDS::DBCluster', 'Errand').id;
    expect(JSON.stringify(properties.cluster)).toContain(`{"Ref":"${cluster}"}`);
  });

  it('run before every function that needs them', () => {
    // WHEN
    const template = templateOf();
    // THEN
    const migrations = resourceNamed(template, 'Custom::Migration', 'ErrandMigrations').id;
    for (const part of ['Api', 'Worker', 'DeadLetter', 'Sweeper']) {
      const { resource } = resourceNamed(template, FUNCTION, `Errand${part}Function`);
      expect(resource.DependsOn).toContain(migrations);
    }
  });
});
