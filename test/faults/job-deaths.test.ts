import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ApiClient, JobView, SubmittedView } from '../helpers/api-client.ts';
import { startCloud, type Cloud } from '../helpers/cloud.ts';

const BATCH = 10;

let cloud: Cloud;
let api: ApiClient;

beforeAll(async () => {
  cloud = await startCloud({
    JOBS: 'test/jobs-files/deaths/index.ts',
    JOB_BATCH_SIZE: String(BATCH),
    JOB_PREFETCH: '1',
    JOB_TIMEOUT: '3',
    VISIBILITY_TIMEOUT: '4',
    QUEUES: JSON.stringify({ distant: { concurrency: 2, timeout: 5 } }),
  });
  api = cloud.api;
}, 120_000);

afterAll(async () => {
  await cloud.end();
});

async function submitAll(jobs: object[]): Promise<string[]> {
  const { body } = await api.call<{ items: { job: SubmittedView }[] }>('POST', '/v1/jobs/batch', { jobs });
  return body.items.map(({ job }) => job.job_id);
}

function finishAll(jobIds: readonly string[]): Promise<JobView[]> {
  return Promise.all(jobIds.map((jobId) => api.finished(jobId, 60_000)));
}

async function outcomesOf(jobId: string): Promise<string[]> {
  const { body } = await api.call<{ items: { outcome: string }[] }>('GET', `/v1/jobs/${jobId}/attempts`);
  return body.items.map(({ outcome }) => outcome);
}

describe.each([
  'exit',
  'exit with success',
  'a native crash',
  'a segmentation fault',
  'an endless loop',
  'memory beyond the limit',
])('a job whose process ends on every attempt, by %s,', (how) => {
  it('fails without affecting another queue’s jobs, and each other job in its batch loses one attempt', async () => {
    const neighbors = Array.from({ length: BATCH - 1 }, () => ({ type: 'neighbor', payload: {} }));
    const [dying = '', ...others] = await submitAll([{ type: 'dies', payload: { how } }, ...neighbors]);
    const distant = await submitAll(Array.from({ length: 20 }, () => ({ type: 'distant', payload: {} })));

    for (const job of await finishAll(distant))
      expect(job).toMatchObject({ status: 'success', attempt: 1, result: 'undisturbed' });
    expect(await api.finished(dying, 60_000)).toMatchObject({
      status: 'failed',
      message: 'The worker stopped without an answer on attempt 2 of 2.',
    });
    expect(await outcomesOf(dying)).toEqual(['lost', 'lost']);
    for (const job of await finishAll(others))
      expect(job).toMatchObject({ status: 'success', attempt: 2, result: 'undisturbed' });
  }, 120_000);
});
