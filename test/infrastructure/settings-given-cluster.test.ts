import { describe, expect, it } from '@jest/globals';
import { readSettings, resolveSettings } from '../../lib/settings/read-settings.ts';
import { problemsOf } from './setting-problems.ts';

const CLUSTER = 'arn:aws:rds:eu-central-1:123456789012:cluster:jobs';
const SECRET = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:rds!cluster-5f0c-a1B2c3';
const given = { AURORA_CLUSTER_ARN: CLUSTER, AURORA_SECRET_ARN: SECRET };

describe('the settings of the user’s own cluster', () => {
  it('are its ARN, its secret’s ARN, and the name of a database, which is errand by default', () => {
    const settings = readSettings({ ...given, AURORA_DATABASE_NAME: 'jobs' });
    expect(settings).toEqual({
      stackName: 'Errand',
      auroraClusterArn: CLUSTER,
      auroraSecretArn: SECRET,
      auroraDatabaseName: 'jobs',
    });
    expect(resolveSettings(readSettings(given))).toMatchObject({
      auroraClusterArn: CLUSTER,
      auroraSecretArn: SECRET,
      auroraDatabaseName: 'errand',
    });
  });

  it.each([
    'arn:aws-cn:rds:cn-north-1:123456789012:cluster:jobs',
    'arn:aws-us-gov:rds:us-gov-west-1:123456789012:cluster:jobs-2',
  ])('accept the partition of %s', (cluster) => {
    const [, partition = '', , region = ''] = cluster.split(':');
    const secret = `arn:${partition}:secretsmanager:${region}:123456789012:secret:jobs/master-a1B2c3`;
    expect(
      problemsOf(() => readSettings({ AURORA_CLUSTER_ARN: cluster, AURORA_SECRET_ARN: secret })),
    ).toEqual([]);
  });

  const clusterArn = 'an ARN such as arn:aws:rds:eu-central-1:123456789012:cluster:jobs';
  const secretArn =
    'an ARN such as arn:aws:secretsmanager:eu-central-1:123456789012:secret:jobs-a1B2c3, including the six characters at its end';
  const databaseName =
    'a database name: a letter or an underscore, then up to 51 letters, digits, underscores or hyphens';
  it.each([
    ['AURORA_CLUSTER_ARN', 'jobs', clusterArn],
    ['AURORA_CLUSTER_ARN', 'arn:aws:rds:eu-central-1:123456789012:db:jobs', clusterArn],
    ['AURORA_CLUSTER_ARN', SECRET, clusterArn],
    ['AURORA_SECRET_ARN', CLUSTER, secretArn],
    ['AURORA_SECRET_ARN', 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:jobs', secretArn],
    ['AURORA_DATABASE_NAME', '1st', databaseName],
    ['AURORA_DATABASE_NAME', 'a b', databaseName],
    ['AURORA_DATABASE_NAME', 'x'.repeat(53), databaseName],
  ])('are refused if they are invalid: %s "%s"', (name, value, expected) => {
    expect(problemsOf(() => readSettings({ ...given, [name]: value }))).toEqual([
      `${name} is "${value}". Use ${expected}.`,
    ]);
  });

  it.each([
    [{ AURORA_CLUSTER_ARN: CLUSTER }, /^AURORA_CLUSTER_ARN ".*" needs a secret: set AURORA_SECRET_ARN/],
    [{ AURORA_SECRET_ARN: SECRET }, /^AURORA_SECRET_ARN ".*" has no cluster: set AURORA_CLUSTER_ARN/],
    [
      { ...given, AURORA_SECRET_ARN: SECRET.replace('eu-central-1', 'us-east-1') },
      /^AURORA_CLUSTER_ARN ".*" and AURORA_SECRET_ARN ".*us-east-1.*" are in different regions/,
    ],
    [
      { AURORA_DATABASE_NAME: 'jobs' },
      /^AURORA_DATABASE_NAME "jobs" has no effect on the stack's own cluster: /,
    ],
    [
      { ...given, AURORA_MIN_ACU: '2' },
      /^AURORA_MIN_ACU "2" has no effect on AURORA_CLUSTER_ARN ".* Omit AURORA_MIN_ACU\.$/,
    ],
    [
      { ...given, AURORA_MAX_ACU: '8' },
      /^AURORA_MAX_ACU "8" has no effect on AURORA_CLUSTER_ARN ".* Omit AURORA_MAX_ACU\.$/,
    ],
    [{ ...given, AURORA_AUTO_PAUSE: '300' }, /^AURORA_AUTO_PAUSE "300" has no effect on AURORA_CLUSTER_ARN /],
  ])('are refused if they contradict each other: %j', (environment, message) => {
    const problems = problemsOf(() => readSettings(environment));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(message);
  });
});
