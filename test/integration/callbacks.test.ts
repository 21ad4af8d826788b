import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ApiClient, JobView, ProblemView } from '../helpers/api-client.ts';
import { startCloud, type Cloud } from '../helpers/cloud.ts';

interface Told {
  path: string;
  idempotencyKey: string | undefined;
  body: JobView;
}

let receiver: Server;
let url: string;
let cloud: Cloud;
let api: ApiClient;
const told: Told[] = [];

beforeAll(async () => {
  receiver = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      told.push({
        path: request.url ?? '',
        idempotencyKey: request.headers['idempotency-key'] as string | undefined,
        body: JSON.parse(Buffer.concat(chunks).toString()) as JobView,
      });
      response.end('thanks');
    });
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  cloud = await startCloud({ JOB_TIMEOUT: '10', JOB_PREFETCH: '4', WEBHOOK_ALLOWED_HOSTS: url });
  api = cloud.api;
}, 120_000);

afterAll(async () => {
  await cloud.end();
  receiver.close();
});

/** Waits for the callback job to end, and returns the requests that the receiver got at this path. */
async function toldOf(job: JobView & { callback_job_id?: string | null }, path: string): Promise<Told[]> {
  expect(job.callback_job_id).toEqual(expect.any(String));
  const callback = await api.finished(job.callback_job_id ?? '');
  expect(callback).toMatchObject({ type: 'webhook', status: 'success', attempt: 1 });
  return told.filter((entry) => entry.path === path);
}

describe('a callback', () => {
  it('reports a job’s success with its result', async () => {
    const { job_id: jobId } = await api.submit({
      object_id: 'told',
      payload: { seconds: 0 },
      callback_url: `${url}/success`,
    });
    const job = await api.finished(jobId);
    expect(await toldOf(job, '/success')).toEqual([
      {
        path: '/success',
        idempotencyKey: (job as JobView & { callback_job_id: string }).callback_job_id,
        body: {
          job_id: jobId,
          object_id: 'told',
          type: 'sleep',
          status: 'success',
          attempt: 1,
          message: null,
          result: { slept: 0 },
          create_time: job.create_time,
          start_time: job.start_time,
          end_time: job.end_time,
        },
      },
    ]);
  });

  it('reports a job’s failure with the reason', async () => {
    const { job_id: jobId } = await api.submit({
      payload: { seconds: 9 },
      timeout_seconds: 1,
      callback_url: `${url}/failed`,
    });
    const entries = await toldOf(await api.finished(jobId), '/failed');
    expect(entries).toMatchObject([{ body: { status: 'failed', message: 'exceeded the timeout of 1 s' } }]);
  });

  it('reports a cancellation, and the end of a retry with another callback job', async () => {
    const { job_id: jobId } = await api.submit({
      payload: { seconds: 0 },
      delay_seconds: 600,
      callback_url: `${url}/canceled`,
    });
    expect(await api.job(jobId)).toMatchObject({ callback_job_id: null });
    const { body: canceled } = await api.call<JobView>('POST', `/v1/jobs/${jobId}/cancel`);
    expect(await toldOf(canceled, '/canceled')).toMatchObject([{ body: { status: 'canceled' } }]);

    await api.call('POST', `/v1/jobs/${jobId}/retry`);
    const entries = await toldOf(await api.finished(jobId), '/canceled');
    expect(entries).toMatchObject([{ body: { status: 'canceled' } }, { body: { status: 'success' } }]);
    expect(new Set(entries.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(2);
  });

  it('to a host that is not in the list is refused with the setting’s name', async () => {
    const answer = await api.call<ProblemView>('POST', '/v1/jobs', { callback_url: 'https://example.com/' });
    expect(answer.status).toBe(422);
    expect(answer.body.errors).toEqual([
      { field: 'callback_url', message: expect.stringContaining('WEBHOOK_ALLOWED_HOSTS') },
    ]);
  });
});
