import { GetFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createErrand, type Errand } from 'errand-client';
import { type ApiClient, type JobView } from '../helpers/api-client.ts';
import { startCloud, type Cloud } from '../helpers/cloud.ts';
import { callsOf, resetAwsCalls } from '../helpers/embedded.ts';

// Deploys the jobs file `pinned.ts` three times. Each test's jobs begin in one deployment and continue in the next.

const SETTINGS = { JOBS: 'test/jobs-files/pinned.ts', KEEP_VERSIONS: '1', JOB_PREFETCH: '3' };
const FIRST = { ...SETTINGS, JOB_MEMORY: '1024', JOB_TIMEOUT: '10' };
const SECOND = { ...SETTINGS, JOB_MEMORY: '1280', JOB_TIMEOUT: '10' };
const THIRD = { ...SETTINGS, JOB_MEMORY: '1024', JOB_TIMEOUT: '11' };

let cloud: Cloud;
let api: ApiClient;
let errand: Errand;

beforeAll(async () => {
  cloud = await startCloud(FIRST);
  api = cloud.api;
  errand = createErrand({ url: api.url });
}, 120_000);

afterAll(async () => {
  await cloud.end();
});

/** Submits a job, and resolves when the job waits for the `go` signal. */
async function begun(type: string): Promise<string> {
  const { job_id: jobId } = await api.submit({ type });
  await api.untilJob(jobId, ({ waiting_for: waits }) => waits?.some((each) => each.signal === 'go') === true);
  return jobId;
}

async function gone(jobId: string): Promise<JobView> {
  await errand.signal(jobId, 'go');
  return api.finished(jobId);
}

describe('after a deployment', () => {
  let [pinned, late, latest] = ['', '', ''];

  beforeAll(async () => {
    [pinned, late, latest] = (await Promise.all(['pinned', 'pinned', 'latest'].map(begun))) as [
      string,
      string,
      string,
    ];
    await cloud.redeploy(SECOND);
  }, 60_000);

  it('a pinned job continues in the version that began it', async () => {
    await resetAwsCalls(cloud);
    expect(await gone(pinned)).toMatchObject({
      status: 'success',
      result: { began: '1', ended: '1', attempt: 1 },
    });
    expect(await api.attempts(pinned)).toMatchObject([{ attempt: 1, outcome: 'success' }]);
    const calls = await callsOf(cloud, cloud.output('WorkerFunctionName'));
    expect(calls['lambda Invoke']).toBe(1);
    // Two statements claim the job; the others record the end of the wait, the second step, and the outcome.
    expect(calls['rds-data ExecuteStatement']).toBe(5);
  });

  it('a new job begins and ends in the new version, without another invocation', async () => {
    await resetAwsCalls(cloud);
    expect(await gone(await begun('pinned'))).toMatchObject({ result: { began: '2', ended: '2' } });
    expect((await callsOf(cloud, cloud.output('WorkerFunctionName')))['lambda Invoke']).toBeUndefined();
  });

  it('an unpinned job continues in the new version, whose steps may not match', async () => {
    const job = await gone(latest);
    expect(job.status).toBe('failed');
    expect(job.message).toContain('"charge"');
  });

  it('a job without recorded steps is retried in the new version', async () => {
    const { job_id: jobId } = await api.submit({ type: 'free' });
    expect(await api.finished(jobId)).toMatchObject({ status: 'success', attempt: 2, result: '2' });
  });

  it('a job whose version was deleted fails and says so, and its retry runs in the newest version', async () => {
    await cloud.redeploy(THIRD);
    const worker = cloud.output('WorkerFunctionName');
    const versionOne = new GetFunctionConfigurationCommand({ FunctionName: worker, Qualifier: '1' });
    await expect(cloud.lambda.send(versionOne)).rejects.toThrow('not found');

    const failed = await gone(late);
    expect(failed.status).toBe('failed');
    expect(failed.message).toMatch(/pinned to version 1 .*KEEP_VERSIONS/);
    await errand.retry(late);
    // The retry does not repeat the first step or the wait, because their results have been recorded.
    expect(await api.finished(late)).toMatchObject({
      status: 'success',
      result: { began: '1', ended: '3', attempt: 2 },
    });
  }, 60_000);
});
