import { expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { GetAccountSettingsCommand } from '@aws-sdk/client-lambda';
import type { JobView } from '../helpers/api-client.ts';
import { startCloud } from '../helpers/cloud.ts';
import { busySandboxes } from '../helpers/embedded.ts';

/** The quota of a new AWS account. */
const accountConcurrency = 10;

it('a deployment into an account with a quota of 10 fails and says what to do', async () => {
  const start = startCloud({}, { accountConcurrency });
  await expect(start).rejects.toThrow(
    /\(Custom::Preflight\) failed: The preflight check failed: The queues reserve 10 concurrent executions .* its quota is 10, .*RESERVE_CONCURRENCY=false .*L-B99A9384\) of at least 110\./,
  );
});

it('the API accepts every submission while the workers and the waiting requests have all that they may take of a quota of 10', async () => {
  // The setting is the quota of the embedded cloud too.
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
    const waits = ids.map((id) => cloud.api.call<JobView>('GET', `/v1/jobs/${id}?wait=25`));
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
  } finally {
    await cloud.end();
  }
});
