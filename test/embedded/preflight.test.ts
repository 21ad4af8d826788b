import { expect, it } from '@jest/globals';
import { startCloud } from '../helpers/cloud.ts';

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
  } finally {
    await cloud.end();
  }
});
