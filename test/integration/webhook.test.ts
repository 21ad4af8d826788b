import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import type { ApiClient, ProblemView } from '../helpers/api-client.ts';
import { startCloud, type Cloud } from '../helpers/cloud.ts';
import { opened, startReceiver, type Received, type Receiver } from '../helpers/webhook-receiver.ts';

let receiver: Receiver;
let other: Receiver;
let cloud: Cloud;
let api: ApiClient;
let key: string;

beforeAll(async () => {
  receiver = await startReceiver(answer);
  other = await startReceiver((_request, response) => response.end());
  cloud = await startCloud({
    JOB_TIMEOUT: '20',
    JOB_PREFETCH: '4',
    WEBHOOK_ALLOWED_HOSTS: `${receiver.origin},${other.origin}`,
  });
  api = cloud.api;
  key = (await api.call<{ key: string }>('GET', '/v1/webhook-key')).body.key;
}, 120_000);

afterAll(async () => {
  await Promise.all([receiver.end(), other.end()]);
  await cloud.end();
});

/** Responds according to the request's path. */
function answer({ path }: Received, response: ServerResponse, earlier: number): void {
  switch (path) {
    case '/fails-once':
      if (earlier === 0) response.writeHead(500).end('out of paper');
      else response.end('done');
      return;
    case '/busy-once':
      if (earlier === 0) response.writeHead(429, { 'retry-after': '2' }).end();
      else response.end('done');
      return;
    case '/refuses':
      response.writeHead(400).end('no such order');
      return;
    case '/redirects':
      response.writeHead(307, { location: `${other.origin}/` }).end();
      return;
    case '/silent?too-long':
    case '/silent?canceled':
      return;
    default:
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true}');
  }
}

/** Submits a webhook to a path on the receiver. */
async function submit(
  path: string,
  rest: { payload?: object } & Record<string, unknown> = {},
): Promise<string> {
  const { payload, ...fields } = rest;
  const { job_id: jobId } = await api.submit({
    type: 'webhook',
    payload: { url: receiver.origin + path, ...payload },
    ...fields,
  });
  return jobId;
}

/** Waits until the only connection to a path is closed. */
async function connectionClosed(path: string): Promise<void> {
  const requests = receiver.receivedAt(path);
  expect(requests).toHaveLength(1);
  await Promise.all(requests.map(({ closed }) => closed));
}

describe('a webhook', () => {
  it('is signed, and succeeds with the receiver’s response', async () => {
    const jobId = await submit('/hooks', { payload: { body: { order: 7 }, headers: { 'X-Own': 'mine' } } });

    expect(await api.finished(jobId)).toMatchObject({
      status: 'success',
      attempt: 1,
      max_attempts: 5,
      message: null,
      result: {
        status: 200,
        content_type: 'application/json',
        encoding: 'text',
        body: '{"ok":true}',
        truncated: false,
      },
    });
    const [request] = receiver.receivedAt('/hooks');
    expect(request?.body.toString()).toBe('{"order":7}');
    expect(request?.headers).toMatchObject({
      'content-type': 'application/json',
      'idempotency-key': jobId,
      'errand-attempt': '1',
      'x-own': 'mine',
    });
    expect(key).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const received = opened({ body: request?.body ?? Buffer.of(), headers: request?.headers ?? {} }, key);
    expect(received).toEqual({ id: `webhook_${jobId}`, kind: 'webhook', body: { order: 7 } });
    expect(request?.headers).not.toHaveProperty('errand-signature');
  });

  it('is retried after a 500 with the same key, and its message contains the error until then', async () => {
    const jobId = await submit('/fails-once');
    const failure = `127.0.0.1:${receiver.port} responded with 500: out of paper`;

    const waiting = await api.untilJob(jobId, ({ message }) => message !== null);
    expect(waiting).toMatchObject({ status: 'created', attempt: 1, message: failure, result: null });

    expect(await api.finished(jobId)).toMatchObject({
      status: 'success',
      attempt: 2,
      message: null,
      result: { body: 'done' },
    });
    expect(await api.attempts(jobId)).toMatchObject([
      { attempt: 1, outcome: 'failed', message: failure },
      { attempt: 2, outcome: 'success', message: null },
    ]);
    const headers = receiver.receivedAt('/fails-once').map((request) => request.headers);
    expect(headers.map((header) => header['idempotency-key'])).toEqual([jobId, jobId]);
    expect(headers.map((header) => header['webhook-id'])).toEqual([`webhook_${jobId}`, `webhook_${jobId}`]);
    expect(headers.map((header) => header['errand-attempt'])).toEqual(['1', '2']);
  });

  it('is retried at the receiver’s time, not the policy’s', async () => {
    const jobId = await submit('/busy-once');
    const waiting = await api.untilJob(jobId, ({ message }) => message !== null);
    const [first] = await api.attempts(jobId);
    // The receiver's `Retry-After` is two seconds. Without this header, the retry policy would wait for at least four seconds.
    const backOff = Date.parse(waiting.run_at) - Date.parse(first?.end_time ?? '');
    expect(backOff).toBe(2_000);

    const job = await api.finished(jobId);
    expect(job).toMatchObject({ status: 'success', attempt: 2 });
    const [, second] = await api.attempts(jobId);
    expect(Date.parse(second?.start_time ?? '')).toBeGreaterThanOrEqual(Date.parse(waiting.run_at));
  });

  it('fails permanently if the receiver refuses it', async () => {
    const jobId = await submit('/refuses');
    expect(await api.finished(jobId)).toMatchObject({
      status: 'failed',
      attempt: 1,
      message: `127.0.0.1:${receiver.port} responded with 400: no such order`,
    });
    expect(receiver.receivedAt('/refuses')).toHaveLength(1);
  });

  it('does not follow redirects to another host, not even to an allowed one', async () => {
    const jobId = await submit('/redirects');
    expect(await api.finished(jobId)).toMatchObject({
      status: 'failed',
      attempt: 1,
      message: expect.stringContaining(`redirects to ${other.origin}`),
    });
    expect(other.received).toEqual([]);
  });

  it('ends at its timeout, with its connection, if there is no response', async () => {
    const jobId = await submit('/silent?too-long', { timeout_seconds: 1 });
    expect(await api.finished(jobId)).toMatchObject({
      status: 'failed',
      attempt: 1,
      message: 'exceeded the timeout of 1 s',
    });
    await connectionClosed('/silent?too-long');
  });

  it('ends when its job is canceled while there is no response', async () => {
    const jobId = await submit('/silent?canceled');
    await api.until(jobId, ['running']);
    await api.call('POST', `/v1/jobs/${jobId}/cancel`);
    expect(await api.finished(jobId)).toMatchObject({ status: 'canceled', attempt: 1 });
    await connectionClosed('/silent?canceled');
  });
});

describe('a submission of a webhook', () => {
  async function refusalOf(payload: unknown): Promise<ProblemView> {
    const { status, body } = await api.call<ProblemView>('POST', '/v1/jobs', { type: 'webhook', payload });
    expect(status).toBe(422);
    return body;
  }

  it.each([
    'https://example.com/hooks',
    'https://127.0.0.1/',
    'http://127.0.0.1:1/',
    'http://localhost:3000/',
    'http://169.254.169.254/latest/meta-data',
  ])('to %s is refused because the host is not allowed', async (url) => {
    expect(await refusalOf({ url })).toMatchObject({
      type: 'urn:errand:problem:invalid-request',
      errors: [{ field: 'payload.url', message: expect.stringContaining('WEBHOOK_ALLOWED_HOSTS') }],
    });
  });

  it('reports each invalid field', async () => {
    expect(await refusalOf({})).toMatchObject({ errors: [{ field: 'payload.url' }] });
    expect(await refusalOf({ url: 'nonsense' })).toMatchObject({ errors: [{ field: 'payload.url' }] });
    const url = receiver.origin;
    expect(await refusalOf({ url, method: 'GET' })).toMatchObject({ errors: [{ field: 'payload.method' }] });
    expect(await refusalOf({ url, headers: { Host: 'example.com' } })).toMatchObject({
      errors: [{ field: 'payload.headers.Host' }],
    });
  });
});
