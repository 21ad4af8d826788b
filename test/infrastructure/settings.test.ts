import { describe, expect, it } from '@jest/globals';
import { Duration } from 'aws-cdk-lib/core';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import fc from 'fast-check';
import { readSettings, resolveSettings } from '../../lib/settings/read-settings.ts';
import { problemsOf } from './setting-problems.ts';

describe('reading the settings', () => {
  it('needs no values, because every setting has a default', () => {
    expect(readSettings({})).toEqual({ stackName: 'Errand' });
    expect(resolveSettings({})).toEqual({
      builtInJobs: true,
      jobTimeout: Duration.seconds(46),
      jobPrefetch: 10,
      jobBatchSize: 1,
      jobMemory: 1024,
      visibilityTimeout: Duration.seconds(56),
      dedupWindow: Duration.seconds(300),
      keepVersions: 5,
      sweepAfter: Duration.seconds(60),
      auroraMinAcu: 0,
      auroraMaxAcu: 4,
      auroraReaders: 0,
      auroraRetain: false,
      auroraAutoPause: Duration.seconds(300),
      auroraDatabaseName: 'errand',
      deletionProtection: true,
      reserveConcurrency: true,
      ...{ accountConcurrency: 1000, tracing: 'off' },
      auth: 'api-key',
      jwtAudience: [],
      jwtTenantClaim: 'tenant',
      jwtScopePrefix: '',
      defaultTenant: 'default',
      tenantMaxJobsInFlight: 0,
      tenantSubmissionsPerSecond: 0,
      ...{ tenantMaxWaits: 2, maxWaits: 4, apiRateLimit: 500, apiBurstLimit: 1000 },
      ...{ console: true, corsOrigins: [] },
      allowUnauthenticated: false,
      logRetentionDays: RetentionDays.ONE_MONTH,
      retentionDays: 30,
      uploadRetentionDays: 7,
      webhookAllowedHosts: [],
      metrics: 'queues',
      alarms: true,
      dashboard: true,
    });
  });

  it('reads every setting from the environment', () => {
    expect(
      readSettings({
        JOB_TIMEOUT: '900',
        JOB_PREFETCH: '1000',
        VISIBILITY_TIMEOUT: '43200',
        DEDUP_WINDOW: '1',
        SWEEP_AFTER: '3600',
        AURORA_MIN_ACU: '0',
        AURORA_MAX_ACU: '1.5',
        AURORA_AUTO_PAUSE: '86400',
        JOB_BATCH_SIZE: '10',
        DELETION_PROTECTION: 'false',
        RESERVE_CONCURRENCY: 'false',
        AUTH: 'none',
        ALLOW_UNAUTHENTICATED: 'true',
        LOG_RETENTION_DAYS: '7',
        RETENTION_DAYS: '3650',
        UPLOAD_RETENTION_DAYS: '365',
        WEBHOOK_ALLOWED_HOSTS: 'example.com, *.example.org',
        MESSAGES_URL: 'https://example.com/messages',
        STACK_NAME: 'Errand-2',
      }),
    ).toEqual({
      jobTimeout: Duration.seconds(900),
      jobPrefetch: 1000,
      jobBatchSize: 10,
      visibilityTimeout: Duration.seconds(43_200),
      dedupWindow: Duration.seconds(1),
      sweepAfter: Duration.seconds(3600),
      auroraMinAcu: 0,
      auroraMaxAcu: 1.5,
      auroraAutoPause: Duration.seconds(86_400),
      deletionProtection: false,
      reserveConcurrency: false,
      auth: 'none',
      allowUnauthenticated: true,
      logRetentionDays: RetentionDays.ONE_WEEK,
      retentionDays: 3650,
      uploadRetentionDays: 365,
      webhookAllowedHosts: ['example.com', '*.example.org'],
      messagesUrl: 'https://example.com/messages',
      stackName: 'Errand-2',
    });
  });

  it('reads from the context what the environment lacks, as a string or as JSON', () => {
    const context = { JOB_PREFETCH: 3, DELETION_PROTECTION: false, JOB_TIMEOUT: '5', AURORA_MAX_ACU: 2.5 };
    expect(readSettings({ JOB_TIMEOUT: '6' }, context)).toEqual({
      stackName: 'Errand',
      jobTimeout: Duration.seconds(6),
      jobPrefetch: 3,
      deletionProtection: false,
      auroraMaxAcu: 2.5,
    });
  });

  it('treats an empty variable as absent', () => {
    const settings = readSettings({ JOB_TIMEOUT: '', AUTH: '' }, { JOB_TIMEOUT: 7 });
    expect(settings).toEqual({ stackName: 'Errand', jobTimeout: Duration.seconds(7) });
  });

  it('raises the visibility timeout with a longer job timeout', () => {
    expect(resolveSettings(readSettings({ JOB_TIMEOUT: '900' })).visibilityTimeout.toSeconds()).toBe(910);
  });

  it('never pauses a database that cannot scale to 0', () => {
    expect(resolveSettings(readSettings({ AURORA_MIN_ACU: '0.5' })).auroraAutoPause).toBeUndefined();
  });
});

describe('a single setting', () => {
  const seconds = (min: number, max: number): string => `a whole number of seconds from ${min} to ${max}`;
  const minAcu =
    'a number of Aurora capacity units: 0 (the database pauses when idle) or 0.5 to 256 in steps of 0.5';
  const maxAcu = 'a number of Aurora capacity units: 1 to 256 in steps of 0.5';
  it.each([
    ['JOB_TIMEOUT', '0', seconds(1, 900)],
    ['JOB_TIMEOUT', '901', seconds(1, 900)],
    ['JOB_TIMEOUT', '46s', seconds(1, 900)],
    ['JOB_TIMEOUT', '1e2', seconds(1, 900)],
    ['JOB_TIMEOUT', ' 46', seconds(1, 900)],
    ['JOB_TIMEOUT', '-1', seconds(1, 900)],
    ['JOB_PREFETCH', '0', 'a whole number from 1 to 1000'],
    ['JOB_PREFETCH', '1001', 'a whole number from 1 to 1000'],
    ['JOB_PREFETCH', '2.5', 'a whole number from 1 to 1000'],
    ['JOB_MEMORY', '255', 'a whole number from 256 to 10240'],
    ['JOB_MEMORY', '10241', 'a whole number from 256 to 10240'],
    ['VISIBILITY_TIMEOUT', '43201', seconds(1, 43_200)],
    ['RETENTION_DAYS', '0', 'a whole number from 1 to 3650'],
    ['RETENTION_DAYS', '3651', 'a whole number from 1 to 3650'],
    ['UPLOAD_RETENTION_DAYS', '0', 'a whole number from 1 to 365'],
    ['UPLOAD_RETENTION_DAYS', '366', 'a whole number from 1 to 365'],
    ['DEDUP_WINDOW', '0', seconds(1, 86_400)],
    ['DEDUP_WINDOW', '86401', seconds(1, 86_400)],
    ['SWEEP_AFTER', '3601', seconds(1, 3600)],
    ['AURORA_MIN_ACU', '0.3', minAcu],
    ['AURORA_MIN_ACU', '256.5', minAcu],
    ['AURORA_MAX_ACU', '0.5', maxAcu],
    ['AURORA_MAX_ACU', '1.25', maxAcu],
    ['AURORA_MAX_ACU', 'many', maxAcu],
    ['AURORA_AUTO_PAUSE', '299', seconds(300, 86_400)],
    ['AURORA_AUTO_PAUSE', '86401', seconds(300, 86_400)],
    ['DELETION_PROTECTION', 'yes', 'one of true, false'],
    ['RESERVE_CONCURRENCY', '1', 'one of true, false'],
    ['ALLOW_UNAUTHENTICATED', 'TRUE', 'one of true, false'],
    ['AUTH', 'basic', 'one of api-key, iam, jwt, none'],
  ])('refuses %s "%s"', (name, value, expected) => {
    expect(problemsOf(() => readSettings({ [name]: value }))).toEqual([
      `${name} is "${value}". Use ${expected}.`,
    ]);
  });

  it('refuses a retention that CloudWatch does not support, and lists those it supports', () => {
    const [problem] = problemsOf(() => readSettings({ LOG_RETENTION_DAYS: '31' }));
    expect(problem).toMatch(/^LOG_RETENTION_DAYS is "31"\. Use one of 1, 3, 5, 7, 14, 30, 60, .*, 3653\.$/);
  });

  it('refuses a stack name that CloudFormation would refuse', () => {
    expect(problemsOf(() => readSettings({ STACK_NAME: '1 stack' }))).toEqual([
      'STACK_NAME is "1 stack". Use a letter, then up to 127 letters, digits or hyphens.',
    ]);
  });

  it('refuses a structure in the context', () => {
    expect(problemsOf(() => readSettings({}, { JOB_PREFETCH: [5] }))).toEqual([
      'JOB_PREFETCH is "[5]". Use a whole number from 1 to 1000.',
    ]);
  });
});

describe('settings together', () => {
  it.each([
    [
      { JOB_TIMEOUT: '60', VISIBILITY_TIMEOUT: '60' },
      /^VISIBILITY_TIMEOUT "60" is not longer than JOB_TIMEOUT "60": /,
    ],
    [{ VISIBILITY_TIMEOUT: '30' }, /^VISIBILITY_TIMEOUT "30" is not longer than JOB_TIMEOUT "46": /],
    [
      { JOB_PREFETCH: '1', RESERVE_CONCURRENCY: 'false' },
      /^JOB_PREFETCH "1" with RESERVE_CONCURRENCY "false" would run two jobs at once: /,
    ],
    [
      { DEDUP_WINDOW: '86400', RETENTION_DAYS: '1' },
      /^DEDUP_WINDOW "86400" is as long as RETENTION_DAYS "1" \(days\): /,
    ],
    [
      { UPLOAD_RETENTION_DAYS: '31' },
      /^UPLOAD_RETENTION_DAYS "31" is more than RETENTION_DAYS "30": .* Lower UPLOAD_RETENTION_DAYS or raise RETENTION_DAYS\.$/,
    ],
    [{ AURORA_MIN_ACU: '8' }, /^AURORA_MIN_ACU "8" is more than AURORA_MAX_ACU "4": /],
    [
      { AURORA_MIN_ACU: '0.5', AURORA_AUTO_PAUSE: '300' },
      /^AURORA_AUTO_PAUSE "300" has no effect with AURORA_MIN_ACU "0.5", /,
    ],
    [
      { AUTH: 'none' },
      /^AUTH "none" lets anyone .* ALLOW_UNAUTHENTICATED "false" does not allow that. Set AUTH to api-key, iam or jwt, or set ALLOW_UNAUTHENTICATED to true/,
    ],
  ])('are refused where they contradict each other: %j', (environment, message) => {
    const problems = problemsOf(() => readSettings(environment));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(message);
  });

  it('are accepted at the limit of each relation', () => {
    expect(
      problemsOf(() =>
        readSettings({
          JOB_TIMEOUT: '60',
          VISIBILITY_TIMEOUT: '61',
          JOB_PREFETCH: '1',
          AURORA_MIN_ACU: '4',
          AURORA_MAX_ACU: '4',
          DEDUP_WINDOW: '86399',
          RETENTION_DAYS: '1',
          UPLOAD_RETENTION_DAYS: '1',
        }),
      ),
    ).toEqual([]);
  });

  it('keep files no longer than jobs by default', () => {
    expect(resolveSettings({ retentionDays: 3 })).toMatchObject({ retentionDays: 3, uploadRetentionDays: 3 });
  });

  it('are reported together, one line each', () => {
    const problems = problemsOf(() => readSettings({ JOB_PREFETCH: 'x', AUTH: 'none', AURORA_MIN_ACU: '9' }));
    expect(problems.map((problem) => problem.split(' ')[0])).toEqual([
      'JOB_PREFETCH',
      'AURORA_MIN_ACU',
      'AUTH',
    ]);
  });

  it('report each mistake once, without relations of a refused setting', () => {
    expect(problemsOf(() => readSettings({ JOB_TIMEOUT: '9000', VISIBILITY_TIMEOUT: '30' }))).toEqual([
      'JOB_TIMEOUT is "9000". Use a whole number of seconds from 1 to 900.',
    ]);
  });

  it('are consistent in every accepted combination', () => {
    const environment = fc.record(
      {
        JOB_TIMEOUT: fc.integer({ min: 0, max: 1000 }).map(String),
        VISIBILITY_TIMEOUT: fc.integer({ min: 0, max: 1000 }).map(String),
        JOB_PREFETCH: fc.integer({ min: 0, max: 4 }).map(String),
        RESERVE_CONCURRENCY: fc.constantFrom('true', 'false'),
        AURORA_MIN_ACU: fc.integer({ min: 0, max: 10 }).map((halves) => String(halves / 2)),
        AURORA_MAX_ACU: fc.integer({ min: 0, max: 10 }).map((halves) => String(halves / 2)),
        AURORA_AUTO_PAUSE: fc.integer({ min: 200, max: 90_000 }).map(String),
        AUTH: fc.constantFrom('iam', 'none'),
        ALLOW_UNAUTHENTICATED: fc.constantFrom('true', 'false'),
      },
      { requiredKeys: [] },
    );
    let accepted = 0;
    fc.assert(
      fc.property(environment, (variables) => {
        if (problemsOf(() => readSettings(variables)).length > 0) return;
        accepted += 1;
        const settings = resolveSettings(readSettings(variables));
        const timeout = settings.jobTimeout.toSeconds();
        expect(timeout).toBeGreaterThanOrEqual(1);
        expect(timeout).toBeLessThanOrEqual(900);
        expect(settings.visibilityTimeout.toSeconds()).toBeGreaterThan(timeout);
        expect(settings.jobPrefetch > 1 || settings.reserveConcurrency).toBe(true);
        expect(settings.auroraMinAcu).toBeLessThanOrEqual(settings.auroraMaxAcu);
        expect(settings.auroraAutoPause === undefined).toBe(settings.auroraMinAcu > 0);
        expect(settings.auth !== 'none' || settings.allowUnauthenticated).toBe(true);
      }),
      { numRuns: 1000 },
    );
    expect(accepted).toBeGreaterThan(50);
  });
});
