import { describe, expect, it } from '@jest/globals';
import type { CheckResult } from '../../../bin/command-line/doctor/check.ts';
import { ec2Error, jsonError, queryError, type AwsResponses } from '../../helpers/aws-double.ts';
import {
  auroraCluster,
  clusters,
  concurrency,
  engineVersions,
  orderable,
  quota,
  stack,
  stackTag,
  vpcs,
} from '../../helpers/aws-responses.ts';
import { appWith, aws, doctor, doctorText, prepareDoctor } from '../../helpers/run-doctor.ts';
import { PROJECT } from '../../helpers/stack.ts';

prepareDoctor();

describe('errand doctor', () => {
  it('prints one line for each check, and succeeds if the stack can be deployed', async () => {
    const { code, output } = await doctorText('--app', await appWith({}));
    expect(code).toBe(0);
    const lines = output.split('\n');
    expect(lines).toContain(
      'ok       credentials  account 123456789012, region eu-central-1, as arn:aws:iam::123456789012:user/ada',
    );
    const names = lines.map((line) => line.slice(9, 22).trim());
    expect(names).toEqual([
      ...[
        'node',
        'credentials',
        'app',
        'stack',
        'plan',
        'concurrency',
        'engine',
        'data api',
        'clusters',
        'vpcs',
      ],
      'bootstrap',
    ]);
    expect(lines.every((line) => line.startsWith('ok '))).toBe(true);
  });

  it('checks the Data API for the stack’s engine version and instance class', async () => {
    await doctor();
    const call = aws.calls.findLast((each) => each.startsWith('DescribeOrderableDBInstanceOptions'));
    expect(Object.fromEntries(new URLSearchParams(call))).toMatchObject({
      Engine: 'aurora-postgresql',
      EngineVersion: '17.7',
      DBInstanceClass: 'db.serverless',
    });
  });

  it.each<[string, string, AwsResponses, RegExp]>([
    [
      'plan',
      'the Free plan',
      { GetAccountPlanState: { body: { accountPlanType: 'FREE', accountPlanStatus: 'ACTIVE' } } },
      /Free plan, .*AURORA_CLUSTER_ARN/,
    ],
    [
      'concurrency',
      'a quota of 10',
      { GetAccountSettings: concurrency(10, 10) },
      /reserve 15 .* its quota is 10, .*RESERVE_CONCURRENCY=false .*at least 115/,
    ],
    [
      'engine',
      'a region without the engine version',
      {
        DescribeDBEngineVersions: engineVersions('16.9'),
      },
      /eu-central-1 does not offer Aurora PostgreSQL 17.7 or another version 17/,
    ],
    [
      'data api',
      'a region without Serverless v2',
      { DescribeOrderableDBInstanceOptions: orderable('') },
      /does not offer Aurora Serverless v2/,
    ],
    [
      'data api',
      'a region without the Data API',
      {
        DescribeOrderableDBInstanceOptions: orderable(
          '<OrderableDBInstanceOption><SupportsHttpEndpoint>false</SupportsHttpEndpoint></OrderableDBInstanceOption>',
        ),
      },
      /no Data API/,
    ],
    [
      'clusters',
      'a used quota of clusters',
      { DescribeDBClusters: clusters(auroraCluster(), auroraCluster()), GetServiceQuota: quota(2) },
      /2 of the quota of 2 "DB clusters" are used in eu-central-1, and the app needs 1 more: .*L-952B80B8/,
    ],
    [
      'vpcs',
      'a used default quota of VPCs',
      { DescribeVpcs: vpcs(5) },
      /5 of the quota of 5 "VPCs per Region" .*L-F678F1CE/,
    ],
    [
      'bootstrap',
      'a region that is not bootstrapped',
      { GetParameter: jsonError('ParameterNotFound', '') },
      /npx cdk bootstrap aws:\/\/123456789012\/eu-central-1/,
    ],
    [
      'bootstrap',
      'an old bootstrap stack',
      { GetParameter: { body: { Parameter: { Value: '5' } } } },
      /version 5, but the app needs 6/,
    ],
    [
      'stack',
      'a first deploy that was rolled back',
      { DescribeStacks: stack('ROLLBACK_FAILED') },
      /remove what is left/,
    ],
    ['stack', 'a deploy in progress', { DescribeStacks: stack('UPDATE_IN_PROGRESS') }, /wait until/],
  ])('reports an error of the check "%s" for %s', async (name, _problem, changed, message) => {
    const { code, checks } = await doctor(changed);
    expect(code).toBe(1);
    expect(checks.filter(({ status }) => status !== 'ok')).toEqual([
      { name, status: 'error', message: expect.stringMatching(message) },
    ]);
  });

  it('lists the other minor versions in the region', async () => {
    const { checks } = await doctor({
      DescribeDBEngineVersions: engineVersions('16.9', '17.4', '17.5'),
    });
    expect(checks).toContainEqual({
      name: 'engine',
      status: 'error',
      message: expect.stringContaining(
        'does not offer Aurora PostgreSQL 17.7, only 17.4, 17.5 of version 17',
      ),
    });
  });

  it('does not count a deployed stack’s own resources against the quotas', async () => {
    const vpc = `<item><vpcId>vpc-2</vpcId><tagSet>${stackTag('item', 'key', 'value')}</tagSet></item>`;
    const { code, checks } = await doctor({
      DescribeStacks: stack('UPDATE_COMPLETE'),
      DescribeVpcs: vpcs(4, vpc),
      DescribeDBClusters: clusters(auroraCluster(`<TagList>${stackTag('Tag', 'Key', 'Value')}</TagList>`)),
      GetServiceQuota: quota(1),
      GetAccountSettings: concurrency(150, 110),
    });
    expect(code).toBe(0);
    expect(checks.filter(({ status }) => status !== 'ok')).toEqual([]);
  });

  it('does not fail for denied calls, and names the permissions', async () => {
    const denied = queryError('AccessDenied', 'User is not authorized', 403);
    const deniedJson = jsonError('AccessDeniedException', 'User is not authorized');
    const { code, checks } = await doctor({
      DescribeStacks: denied,
      GetAccountPlanState: deniedJson,
      GetAccountSettings: { ...deniedJson, status: 403 },
      DescribeDBEngineVersions: denied,
      DescribeOrderableDBInstanceOptions: denied,
      DescribeDBClusters: denied,
      DescribeVpcs: ec2Error('UnauthorizedOperation', 'You are not authorized', 403),
      GetParameter: deniedJson,
      GetServiceQuota: deniedJson,
    });
    expect(code).toBe(0);
    expect(checks.filter(({ status }) => status === 'warning').map(({ message }) => message)).toEqual(
      [
        ...['cloudformation:DescribeStacks', 'freetier:GetAccountPlanState', 'lambda:GetAccountSettings'],
        ...[
          'rds:DescribeDBEngineVersions',
          'rds:DescribeOrderableDBInstanceOptions',
          'rds:DescribeDBClusters',
        ],
        ...['ec2:DescribeVpcs', 'ssm:GetParameter'],
      ].map((permission) => `could not check: needs the ${permission} permission`),
    );
  });

  it('warns if RDS does not report whether the region has the Data API', async () => {
    const { code, checks } = await doctor({
      DescribeOrderableDBInstanceOptions: orderable(
        '<OrderableDBInstanceOption><DBInstanceClass>db.serverless</DBInstanceClass></OrderableDBInstanceOption>',
      ),
    });
    expect(code).toBe(0);
    expect(checks).toContainEqual(
      expect.objectContaining({
        name: 'data api',
        status: 'warning',
        message: expect.stringContaining('Look it up'),
      }),
    );
  });

  it('warns if AWS reports no plan', async () => {
    const { code, checks } = await doctor({
      GetAccountPlanState: jsonError('ResourceNotFoundException', ''),
    });
    expect(code).toBe(0);
    expect(checks).toContainEqual(
      expect.objectContaining({
        name: 'plan',
        status: 'warning',
        message: expect.stringContaining("does not report this account's plan"),
      }),
    );
  });
});

it("errand doctor reads the requirements of this repository's app from its template", async () => {
  const app = `cd ${PROJECT} && ${process.execPath} bin/errand.ts`;
  process.env.JOB_PREFETCH = '7';
  const { output } = await doctorText('--json', '--app', app);
  const { checks } = JSON.parse(output) as { checks: CheckResult[] };
  expect(checks.filter(({ status }) => status !== 'ok')).toEqual([]);
  const messages = Object.fromEntries(checks.map(({ name, message }) => [name, message]));
  expect(messages.concurrency).toContain('reserve 7');
  expect(messages.engine).toMatch(/offers Aurora PostgreSQL 17\.\d+/);
  expect(messages.clusters).toContain('needs 1 more');
  expect(messages.vpcs).toContain('needs 1 more');
});
