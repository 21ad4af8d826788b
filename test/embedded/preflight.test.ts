import { expect, it } from '@jest/globals';
import { checkBootstrap, checkConcurrency } from '../../bin/command-line/doctor/account-checks.ts';
import { openAccount } from '../../bin/command-line/doctor/aws-account.ts';
import { checkSecret } from '../../bin/command-line/doctor/database-checks.ts';
import { randomUUID } from 'node:crypto';
import { GetAccountSettingsCommand } from '@aws-sdk/client-lambda';
import { untilHeld, type JobView } from '../helpers/api-client.ts';
import { startCloud, type Cloud } from '../helpers/cloud.ts';
import { busySandboxes } from '../helpers/embedded.ts';

/** A new AWS account's quota for concurrent executions. */
const accountConcurrency = 10;

it('a deployment into an account with a quota of 10 fails with an error that says what to do', async () => {
  const start = startCloud({}, { accountConcurrency });
  await expect(start).rejects.toThrow(
    /\(Custom::Preflight\) failed: The preflight check failed: The queues reserve 10 concurrent Lambda executions, .* its quota is 10, .*RESERVE_CONCURRENCY=false .*L-B99A9384\) of at least 110\./,
  );
});

it('with a quota of 10, the API accepts every submission while workers and waiting requests use their full share', async () => {
  // This setting is also the embedded cloud's own quota.
  const cloud = await startCloud({
    ACCOUNT_CONCURRENCY: String(accountConcurrency),
    RESERVE_CONCURRENCY: 'false',
    JOB_PREFETCH: '2',
    MAX_WAITS: '2',
    TENANT_MAX_WAITS: '2',
  });
  try {
    // GIVEN
    const { AccountLimit: limit } = await cloud.lambda.send(new GetAccountSettingsCommand({}));
    expect(limit?.ConcurrentExecutions).toBe(accountConcurrency);
    const submitSleep = () => cloud.api.submit({ object_id: randomUUID(), payload: { seconds: 6 } });
    const sleepers = await Promise.all([submitSleep(), submitSleep()]);
    const ids = sleepers.map(({ job_id: jobId }) => jobId);
    await busySandboxes(cloud, cloud.output('WorkerFunctionName'), 2);
    const waits = ids.map((id) => untilHeld(() => cloud.api.call<JobView>('GET', `/v1/jobs/${id}?wait=25`)));
    await busySandboxes(cloud, cloud.output('ApiFunctionName'), 2);
    // WHEN
    const answers = [];
    for (let number = 0; number < 30; number += 1) {
      answers.push(
        await cloud.api.call('POST', '/v1/jobs', { object_id: randomUUID(), payload: { seconds: 0 } }),
      );
    }
    // THEN
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
    for (const { status, body } of await Promise.all(waits)) {
      expect({ status, job: body.status }).toEqual({ status: 200, job: 'success' });
    }
    await checkByDoctor(cloud);
  } finally {
    await cloud.end();
  }
});

/** Runs the `errand doctor` checks that need only the embedded cloud's services. */
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
