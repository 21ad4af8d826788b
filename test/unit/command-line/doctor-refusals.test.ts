import { describe, expect, it } from '@jest/globals';
import { jsonError, queryError, type AwsResponses } from '../../helpers/aws-double.ts';
import { ACCOUNT, auroraCluster, clusters, concurrency, vpcs } from '../../helpers/aws-responses.ts';
import { doctor, doctorText, GIVEN_CLUSTER, prepareDoctor, project } from '../../helpers/run-doctor.ts';

prepareDoctor();

describe('errand doctor, with an existing cluster,', () => {
  const given = { resources: GIVEN_CLUSTER };
  const here = auroraCluster('<HttpEndpointEnabled>true</HttpEndpointEnabled>');

  it('accepts a cluster with the Data API and a readable secret, even on the Free plan', async () => {
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
    expect(JSON.stringify(checks)).not.toContain('pa55word');
  });

  it.each<[string, string, AwsResponses, RegExp]>([
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
      /runs aurora-mysql, but Errand needs Aurora PostgreSQL/,
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

describe('errand doctor stops for', () => {
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
      message: expect.stringContaining('pass --region'),
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
      expect(output).toContain('run errand doctor there, or pass --app');
    } finally {
      process.chdir(folder);
    }
  });
});
