import { expect, it } from '@jest/globals';
import { checkBootstrap, checkConcurrency } from '../../bin/command-line/doctor/account-checks.ts';
import { openAccount } from '../../bin/command-line/doctor/aws-account.ts';
import { checkSecret } from '../../bin/command-line/doctor/database-checks.ts';
import { startCloud, type Cloud } from '../helpers/cloud.ts';

/** The quota of a new AWS account. */
const accountConcurrency = 10;

it('a deployment into an account with a quota of 10 fails and says what to do', async () => {
  const start = startCloud({}, { accountConcurrency });
  await expect(start).rejects.toThrow(
    /\(Custom::Preflight\) failed: The preflight check failed: The queues reserve 10 concurrent executions .* its quota is 10, .*RESERVE_CONCURRENCY=false .*L-B99A9384\) of at least 110\./,
  );
});

it('a deployment without reservations runs jobs with a quota of 10', async () => {
  const cloud = await startCloud({ RESERVE_CONCURRENCY: 'false' }, { accountConcurrency });
  try {
    const { job_id: jobId } = await cloud.api.submit({ object_id: 'one', payload: { seconds: 0 } });
    expect(await cloud.api.finished(jobId)).toMatchObject({ status: 'success' });
    await checkByDoctor(cloud);
  } finally {
    await cloud.end();
  }
});

/** The checks of `errand doctor` whose services the embedded cloud has. */
async function checkByDoctor(cloud: Cloud): Promise<void> {
  const variables = {
    AWS_ENDPOINT_URL: cloud.awsEndpointUrl,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  };
  Object.assign(process.env, variables);
  const account = await openAccount({ profile: undefined, region: 'us-east-1', environment: process.env });
  try {
    expect(await checkConcurrency(account, { default: 10 }, false)).toEqual({
      status: 'error',
      message: expect.stringMatching(/its quota is 10, .*RESERVE_CONCURRENCY=false/),
    });
    expect(await checkConcurrency(account, undefined, false)).toMatchObject({ status: 'ok' });
    const secretArn = cloud.output('ApplicationSecretArn');
    expect(await checkSecret(account, secretArn)).toMatchObject({ status: 'ok' });
    expect(await checkSecret(account, `${secretArn.slice(0, -6)}absent`)).toMatchObject({
      status: 'error',
    });
    const bootstrap = { parameter: '/cdk-bootstrap/hnb659fds/version', version: 6 };
    expect(await checkBootstrap(account, '000000000000', bootstrap)).toEqual({
      status: 'error',
      message: expect.stringContaining('npx cdk bootstrap aws://000000000000/us-east-1'),
    });
  } finally {
    account.destroy();
    for (const name of Object.keys(variables)) Reflect.deleteProperty(process.env, name);
  }
}
