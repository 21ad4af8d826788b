import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ApiClient, JobView, SubmittedView } from '../helpers/api-client.ts';
import { startCloud, type Cloud } from '../helpers/cloud.ts';
import { SLOWEST_PATTERNS } from '../helpers/slowest-patterns.ts';
import { sendForm, type UploadView } from '../helpers/upload.ts';
import { busySandbox, callsOf, resetAwsCalls } from '../helpers/embedded.ts';

const BATCH = 10;

let cloud: Cloud;
let api: ApiClient;
let worker: string;

beforeAll(async () => {
  cloud = await startCloud({
    JOB_BATCH_SIZE: String(BATCH),
    JOB_PREFETCH: '1',
    JOB_TIMEOUT: '7',
    VISIBILITY_TIMEOUT: '8',
  });
  api = cloud.api;
  worker = cloud.output('WorkerFunctionName');
}, 120_000);

afterAll(async () => {
  await cloud.end();
});

async function submitAll(jobs: unknown[]): Promise<string[]> {
  const { body } = await api.call<{ items: { job: SubmittedView }[] }>('POST', '/v1/jobs/batch', { jobs });
  return body.items.map(({ job }) => job.job_id);
}

async function finishAll(jobIds: readonly string[]): Promise<JobView[]> {
  return Promise.all(jobIds.map((jobId) => api.finished(jobId, 60_000)));
}

describe('a worker that receives ten messages at once', () => {
  it('claims and records its batch with one statement each, and runs the jobs in parallel', async () => {
    await resetAwsCalls(cloud);
    const jobIds = await submitAll(Array.from({ length: 40 }, () => ({ payload: { seconds: 0.3 } })));
    const jobs = await finishAll(jobIds);
    expect(jobs.every(({ status, attempt }) => status === 'success' && attempt === 1)).toBe(true);

    const statements = (await callsOf(cloud, worker))['rds-data ExecuteStatement'] ?? 0;
    expect(statements).toBeGreaterThanOrEqual((40 / BATCH) * 2);
    // The number of statements depends on the queue's batch sizes. Without batches, there would be 80 statements.
    expect(statements).toBeLessThan(40);

    const moments = jobs.flatMap(({ start_time: start, end_time: end }) => [
      { at: Date.parse(start ?? ''), change: 1 },
      { at: Date.parse(end ?? ''), change: -1 },
    ]);
    moments.sort((a, b) => a.at - b.at || a.change - b.change);
    let running = 0;
    const most = Math.max(...moments.map(({ change }) => (running += change)));
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(BATCH);
  }, 90_000);

  it('is woken by one request for a hundred jobs, and runs ten at a time', async () => {
    await resetAwsCalls(cloud);
    const jobIds = await submitAll(Array.from({ length: 100 }, () => ({ payload: { seconds: 0 } })));
    const jobs = await finishAll(jobIds);
    expect(jobs.every(({ status, attempt }) => status === 'success' && attempt === 1)).toBe(true);

    expect(await callsOf(cloud, cloud.output('ApiFunctionName'))).toMatchObject({
      'sqs SendMessageBatch': 1,
    });
    const statements = (await callsOf(cloud, worker))['rds-data ExecuteStatement'] ?? 0;
    expect(statements).toBe((100 / BATCH) * 2);
  }, 90_000);

  it('ends a hanging job, a canceled job and a job with a short timeout independently of each other', async () => {
    const [hangs, cancelled, short, ...well] = await submitAll([
      { payload: { seconds: 60 } },
      { payload: { seconds: 60 } },
      { payload: { seconds: 60 }, timeout_seconds: 1 },
      ...Array.from({ length: 7 }, () => ({ payload: { seconds: 0.1 } })),
    ]);
    await api.until(cancelled ?? '', ['running']);
    await api.call('POST', `/v1/jobs/${cancelled ?? ''}/cancel`);

    expect(await api.finished(hangs ?? '')).toMatchObject({
      status: 'failed',
      message: 'exceeded the timeout of 7 s',
    });
    expect(await api.finished(short ?? '')).toMatchObject({
      status: 'failed',
      message: 'exceeded the timeout of 1 s',
    });
    expect((await api.finished(cancelled ?? '')).status).toBe('canceled');
    for (const job of await finishAll(well)) expect(job).toMatchObject({ status: 'success', attempt: 1 });
  }, 90_000);

  it('runs each job that shares a batch with slow analyze jobs exactly once', async () => {
    const { body: upload } = await api.call<UploadView>('POST', '/v1/uploads', {});
    expect(await sendForm(upload, new Blob(['a'.repeat(1 << 20)]))).toMatchObject({ status: 204 });
    const slow = {
      type: 'analyze',
      payload: { file: upload.file, patterns: SLOWEST_PATTERNS },
      timeout_seconds: 3,
    };
    const neighbor = { payload: { seconds: 1 } };
    // The queue fills while the only worker is busy, so its next batches are full.
    const [busy = ''] = await submitAll([{ payload: { seconds: 60 } }]);
    await api.until(busy, ['running']);
    const submitted = await Promise.all(
      Array.from({ length: 2 * BATCH }, (_, index) => api.submit(index % 5 < 3 ? slow : neighbor)),
    );
    await api.call('POST', `/v1/jobs/${busy}/cancel`);
    const ended = await finishAll(submitted.map(({ job_id: id }) => id));

    for (const job of ended.filter(({ type }) => type === 'sleep'))
      expect(job).toMatchObject({ status: 'success', attempt: 1 });
    for (const job of ended.filter(({ type }) => type === 'analyze'))
      expect(job).toMatchObject({ status: 'failed', attempt: 1, message: 'exceeded the timeout of 3 s' });
  }, 90_000);

  it('has its whole batch rerun if it is killed, and nothing is lost', async () => {
    const jobIds = await submitAll(Array.from({ length: BATCH }, () => ({ payload: { seconds: 1 } })));
    await api.until(jobIds[0] ?? '', ['running']);
    process.kill((await busySandbox(cloud, worker)).pid, 'SIGKILL');
    const jobs = await finishAll(jobIds);
    expect(jobs.map(({ status }) => status)).toEqual(jobIds.map(() => 'success'));
    expect(Math.max(...jobs.map(({ attempt }) => attempt))).toBe(2);
  }, 90_000);
});
