import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { runCommand } from '../../../bin/command-line/program.ts';
import type { CheckResult } from '../../../bin/command-line/doctor/check.ts';
import {
  ec2Error,
  jsonError,
  queryError,
  queryResult,
  startAwsDouble,
  type AwsDouble,
  type AwsResponse,
} from '../../helpers/aws-double.ts';
import { PROJECT } from '../../helpers/stack.ts';

const ACCOUNT = '123456789012';
const CLUSTER = `arn:aws:rds:eu-central-1:${ACCOUNT}:cluster:jobs`;
const SECRET = `arn:aws:secretsmanager:eu-central-1:${ACCOUNT}:secret:jobs-a1B2c3`;

const clusters = (...members: string[]): AwsResponse =>
  queryResult(
    'DescribeDBClusters',
    `<DBClusters>${members.map((each) => `<DBCluster>${each}</DBCluster>`).join('')}</DBClusters>`,
  );
const auroraCluster = (more = ''): string =>
  `<Engine>aurora-postgresql</Engine><EngineVersion>17.7</EngineVersion><Status>available</Status>${more}`;
const stackTag = (tag: string, key: string, value: string): string =>
  `<${tag}><${key}>aws:cloudformation:stack-name</${key}><${value}>Shop</${value}></${tag}>`;
const vpcs = (count: number, last = ''): AwsResponse => ({
  body: `<DescribeVpcsResponse><vpcSet>${`<item><vpcId>vpc-1</vpcId><tagSet/></item>`.repeat(count)}${last}</vpcSet></DescribeVpcsResponse>`,
});
const engineVersions = (...versions: string[]): AwsResponse =>
  queryResult(
    'DescribeDBEngineVersions',
    `<DBEngineVersions>${versions.map((each) => `<DBEngineVersion><EngineVersion>${each}</EngineVersion></DBEngineVersion>`).join('')}</DBEngineVersions>`,
  );
const orderable = (option: string): AwsResponse =>
  queryResult(
    'DescribeOrderableDBInstanceOptions',
    `<OrderableDBInstanceOptions>${option}</OrderableDBInstanceOptions>`,
  );
const concurrency = (total: number, unreserved: number): AwsResponse => ({
  body: { AccountLimit: { ConcurrentExecutions: total, UnreservedConcurrentExecutions: unreserved } },
});
const stack = (status: string): AwsResponse =>
  queryResult(
    'DescribeStacks',
    `<Stacks><member><StackName>Shop</StackName><StackStatus>${status}</StackStatus></member></Stacks>`,
  );
const quota = (value: number): AwsResponse => ({ body: { Quota: { Value: value } } });

/** An account that can have the stack. */
const HEALTHY: Readonly<Record<string, AwsResponse>> = {
  GetCallerIdentity: queryResult(
    'GetCallerIdentity',
    `<Arn>arn:aws:iam::${ACCOUNT}:user/ada</Arn><UserId>A</UserId><Account>${ACCOUNT}</Account>`,
  ),
  GetAccountPlanState: { body: { accountId: ACCOUNT, accountPlanType: 'PAID', accountPlanStatus: 'ACTIVE' } },
  GetAccountSettings: concurrency(1000, 1000),
  DescribeStacks: queryError('ValidationError', 'Stack with id Shop does not exist'),
  DescribeDBEngineVersions: engineVersions('17.7'),
  DescribeOrderableDBInstanceOptions: orderable(
    '<OrderableDBInstanceOption><DBInstanceClass>db.serverless</DBInstanceClass><SupportsHttpEndpoint>true</SupportsHttpEndpoint></OrderableDBInstanceOption>',
  ),
  DescribeDBClusters: clusters(),
  DescribeVpcs: vpcs(1),
  GetServiceQuota: jsonError('NoSuchResourceException', 'no value'),
  GetParameter: { body: { Parameter: { Value: '30' } } },
  GetSecretValue: { body: { SecretString: '{"username":"errand","password":"secret"}' } },
};

interface AppFacts {
  readonly resources?: object;
  readonly environment?: string;
}

const OWN_CLUSTER = {
  Check: { Type: 'Custom::Preflight', Properties: { reservations: { default: 10, images: 5 } } },
  Migrate: { Type: 'Custom::Migration', Properties: { cluster: { 'Fn::Join': [] }, secret: { Ref: 'S' } } },
  Cluster: {
    Type: 'AWS::RDS::DBCluster',
    Properties: { Engine: 'aurora-postgresql', EngineVersion: '17.7' },
  },
  Vpc: { Type: 'AWS::EC2::VPC' },
};
const GIVEN_CLUSTER = {
  Migrate: { Type: 'Custom::Migration', Properties: { cluster: CLUSTER, secret: SECRET } },
};

let aws: AwsDouble;
let responses: Readonly<Record<string, AwsResponse>>;
let project: string;
let variables: NodeJS.ProcessEnv;

beforeAll(async () => {
  aws = await startAwsDouble(() => responses);
  project = await mkdtemp(path.join(os.tmpdir(), 'errand-doctor-test-'));
});
afterAll(async () => {
  await aws.end();
  await rm(project, { recursive: true, force: true });
});

beforeEach(() => {
  responses = HEALTHY;
  variables = { ...process.env };
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: aws.url,
    AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_REGION: 'eu-central-1',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: path.join(project, 'none'),
    AWS_SHARED_CREDENTIALS_FILE: path.join(project, 'none'),
  });
});
afterEach(() => {
  for (const name of Object.keys(process.env)) Reflect.deleteProperty(process.env, name);
  Object.assign(process.env, variables);
});

/** The command of an app that writes this assembly. */
async function appWith({
  resources = OWN_CLUSTER,
  environment = 'aws://unknown-account/unknown-region',
}: AppFacts): Promise<string> {
  const manifest = {
    artifacts: {
      Shop: {
        type: 'aws:cloudformation:stack',
        environment,
        properties: {
          templateFile: 'Shop.template.json',
          requiresBootstrapStackVersion: 6,
          bootstrapStackVersionSsmParameter: '/cdk-bootstrap/hnb659fds/version',
        },
      },
    },
  };
  const script = `
    import { writeFileSync } from 'node:fs';
    const write = (file, content) => writeFileSync(process.env.CDK_OUTDIR + '/' + file, JSON.stringify(content));
    write('manifest.json', ${JSON.stringify(manifest)});
    write('Shop.template.json', ${JSON.stringify({ Resources: resources })});
  `;
  await writeFile(path.join(project, 'app.mjs'), script);
  return `"${process.execPath}" ${path.join(project, 'app.mjs')}`;
}

interface Ended {
  readonly code: number;
  readonly checks: readonly CheckResult[];
}

async function doctorText(...words: string[]): Promise<{ code: number; output: string }> {
  const ended = { code: 0, output: '' };
  await runCommand(['doctor', ...words], {
    environment: process.env,
    output: (line) => (ended.output += line),
    messages: { write: (line) => (ended.output += line) },
    readInput: () => Promise.resolve(''),
    setExitCode: (code) => (ended.code = code),
  });
  return ended;
}

/** Runs `errand doctor --json` for an app, with these responses instead of the healthy ones. */
async function doctor(
  changed: Readonly<Record<string, AwsResponse>> = {},
  app: AppFacts = {},
): Promise<Ended> {
  responses = { ...HEALTHY, ...changed };
  const { code, output } = await doctorText('--json', '--app', await appWith(app));
  return { code, checks: (JSON.parse(output) as { checks: CheckResult[] }).checks };
}

describe('errand doctor', () => {
  it('prints one line for each check, and succeeds if the account can have the stack', async () => {
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

  it('asks for the Data API of the engine version and instance class that the stack creates', async () => {
    await doctor();
    const call = aws.calls.findLast((each) => each.startsWith('DescribeOrderableDBInstanceOptions'));
    expect(Object.fromEntries(new URLSearchParams(call))).toMatchObject({
      Engine: 'aurora-postgresql',
      EngineVersion: '17.7',
      DBInstanceClass: 'db.serverless',
    });
  });

  it.each<[string, string, Readonly<Record<string, AwsResponse>>, RegExp]>([
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
        DescribeDBEngineVersions: queryError('InvalidParameterCombination', 'Cannot find version 17.7'),
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
      /version 5, and the app needs 6/,
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

  it('names the other minor versions that the region offers', async () => {
    const { checks } = await doctor({ DescribeDBEngineVersions: engineVersions() });
    expect(checks).toContainEqual(expect.objectContaining({ name: 'engine', status: 'error' }));
  });

  it('counts what a deployed stack has already', async () => {
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

  it('does not fail for calls that are denied, and names the permissions', async () => {
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
      ].map((permission) => `could not check: needs the permission ${permission}`),
    );
  });

  it('warns if RDS does not say whether the region has the Data API', async () => {
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

  it('warns if AWS names no plan', async () => {
    const { code, checks } = await doctor({
      GetAccountPlanState: jsonError('ResourceNotFoundException', ''),
    });
    expect(code).toBe(0);
    expect(checks).toContainEqual(
      expect.objectContaining({
        name: 'plan',
        status: 'warning',
        message: expect.stringContaining('names no plan'),
      }),
    );
  });
});

describe('errand doctor, with a cluster that exists already,', () => {
  const given = { resources: GIVEN_CLUSTER };
  const here = auroraCluster('<HttpEndpointEnabled>true</HttpEndpointEnabled>');

  it('accepts a cluster with the Data API and a readable secret, also on the Free plan', async () => {
    const { code, checks } = await doctor(
      {
        DescribeDBClusters: clusters(here),
        GetAccountPlanState: { body: { accountPlanType: 'FREE' } },
        GetAccountSettings: concurrency(10, 10),
        DescribeVpcs: vpcs(5),
      },
      given,
    );
    expect(checks.filter(({ status }) => status !== 'ok')).toEqual([]);
    expect(code).toBe(0);
    expect(JSON.stringify(checks)).not.toContain('"secret"}');
  });

  it.each<[string, string, Readonly<Record<string, AwsResponse>>, RegExp]>([
    [
      'cluster',
      'does not exist',
      { DescribeDBClusters: queryError('DBClusterNotFoundFault', 'DBCluster jobs not found.', 404) },
      /there is no cluster .*AURORA_CLUSTER_ARN/,
    ],
    [
      'cluster',
      'has its Data API off',
      { DescribeDBClusters: clusters(auroraCluster('<HttpEndpointEnabled>false</HttpEndpointEnabled>')) },
      /aws rds enable-http-endpoint --resource-arn arn:aws:rds/,
    ],
    [
      'cluster',
      'has another engine',
      { DescribeDBClusters: clusters('<Engine>aurora-mysql</Engine>') },
      /a cluster of aurora-mysql: Errand needs Aurora PostgreSQL/,
    ],
    [
      'secret',
      'has no secret',
      { GetSecretValue: jsonError('ResourceNotFoundException', '') },
      /AURORA_SECRET_ARN/,
    ],
    [
      'secret',
      'has a secret without a password',
      { GetSecretValue: { body: { SecretString: '{"username":"errand"}' } } },
      /has no password/,
    ],
    [
      'secret',
      'has a secret that is not JSON',
      { GetSecretValue: { body: { SecretString: 'x' } } },
      /no username and no password/,
    ],
  ])('reports an error of the check "%s" if the cluster %s', async (name, _problem, changed, message) => {
    const { code, checks } = await doctor({ DescribeDBClusters: clusters(here), ...changed }, given);
    expect(code).toBe(1);
    expect(checks.filter(({ status }) => status === 'error')).toEqual([
      { name, status: 'error', message: expect.stringMatching(message) },
    ]);
  });

  it('warns about a cluster that is not available', async () => {
    const stopped = here.replace('available', 'stopped');
    const { code, checks } = await doctor({ DescribeDBClusters: clusters(stopped) }, given);
    expect(code).toBe(0);
    expect(checks).toContainEqual(
      expect.objectContaining({
        name: 'cluster',
        status: 'warning',
        message: expect.stringContaining('is stopped'),
      }),
    );
  });
});

describe('errand doctor stops at', () => {
  it('credentials that AWS refuses', async () => {
    const { code, checks } = await doctor({
      GetCallerIdentity: queryError('ExpiredToken', 'The security token is expired', 403),
    });
    expect(code).toBe(1);
    expect(checks.at(-1)).toEqual({
      name: 'credentials',
      status: 'error',
      message: expect.stringMatching(/expired.*: log in with aws sso login/),
    });
  });

  it('a missing region', async () => {
    Reflect.deleteProperty(process.env, 'AWS_REGION');
    const { code, checks } = await doctor();
    expect(code).toBe(1);
    expect(checks.at(-1)).toMatchObject({
      name: 'credentials',
      message: expect.stringContaining('give --region'),
    });
  });

  it('an app that fails, with its error', async () => {
    const { code, output } = await doctorText(
      '--app',
      `"${process.execPath}" -e "throw new Error('no jobs file')"`,
    );
    expect(code).toBe(1);
    expect(output).toMatch(/error +app .*no jobs file/);
  });

  it('an app without an Errand', async () => {
    const { code, checks } = await doctor({}, { resources: {} });
    expect(code).toBe(1);
    expect(checks.at(-1)).toEqual({ name: 'app', status: 'error', message: 'the app has no Errand' });
  });

  it('an app for another region', async () => {
    const { checks } = await doctor({}, { environment: `aws://${ACCOUNT}/us-east-1` });
    expect(checks.at(-1)).toMatchObject({
      name: 'app',
      status: 'error',
      message: expect.stringContaining('Shop in 123456789012/us-east-1'),
    });
  });

  it('a folder without a CDK app', async () => {
    const folder = process.cwd();
    process.chdir(project);
    try {
      const { code, output } = await doctorText();
      expect(code).toBe(1);
      expect(output).toContain('run errand doctor there, or give --app');
    } finally {
      process.chdir(folder);
    }
  });
});

it("errand doctor reads the needs of this repository's app from its template", async () => {
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
