import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Schema } from 'errand-client';
import type { JobView, ProblemView } from '../helpers/api-client.ts';
import { startCloud, type Cloud } from '../helpers/cloud.ts';
import { headerFor } from '../helpers/keys.ts';
import { opened, startReceiver, type Received, type Receiver } from '../helpers/webhook-receiver.ts';

type WebhookKey = Schema<'WebhookKey'>;
type Headers = Record<string, string>;

/** The receiver that all tenants may call, and the receiver that only the `acme` tenant may call. */
let open: Receiver;
let ofAcme: Receiver;
let cloud: Cloud;
let acme: Headers;
let globex: Headers;

beforeAll(async () => {
  open = await startReceiver((_request, response) => response.end());
  ofAcme = await startReceiver((_request, response) => response.end());
  cloud = await startCloud({
    AUTH: 'api-key',
    WEBHOOK_ALLOWED_HOSTS: `${open.origin},acme:${ofAcme.origin}`,
  });
  acme = await headerFor(cloud, 'acme');
  globex = await headerFor(cloud, 'globex');
}, 120_000);

afterAll(async () => {
  await cloud.end();
  await open.end();
  await ofAcme.end();
});

async function call<Body>(headers: Headers, method: string, path: string, body?: unknown): Promise<Body> {
  const answer = await cloud.api.call<Body>(method, path, body, headers);
  if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
}

const keyOf = (headers: Headers): Promise<WebhookKey> => call(headers, 'GET', '/v1/webhook-key');

/** Submits a job, waits for the job and its callback to end, and returns the job. */
async function run(
  headers: Headers,
  submission: object,
): Promise<JobView & { callback_job_id: string | null }> {
  const { body: job } = await cloud.api.run(submission, headers);
  expect(job.status).toBe('success');
  if (job.callback_job_id !== null) {
    const callback = await cloud.api.call<JobView>(
      'GET',
      `/v1/jobs/${job.callback_job_id}`,
      undefined,
      headers,
    );
    expect(await cloud.api.ended(callback, headers)).toMatchObject({ body: { status: 'success' } });
  }
  return job;
}

/** Returns the only request to a path. */
function requestTo(receiver: Receiver, path: string): Received {
  const [request, ...more] = receiver.receivedAt(path);
  if (!request || more.length > 0) throw new Error(`${path} got ${more.length + 1} requests, or none.`);
  return request;
}

const webhook = (url: string, body: unknown = {}): object => ({ type: 'webhook', payload: { url, body } });

describe('one tenant’s webhook to another tenant’s receiver', () => {
  it('fails verification there, even if its body is a callback’s', async () => {
    const job = await run(globex, { payload: { seconds: 0 }, callback_url: `${open.origin}/victim` });
    const genuine = requestTo(open, '/victim');
    const { key } = await keyOf(globex);
    const outcome = { job_id: job.job_id, status: 'success', result: { slept: 0 } };
    expect(opened(genuine, key)).toMatchObject({
      id: `callback_${job.callback_job_id ?? ''}`,
      kind: 'callback',
      body: outcome,
    });

    const forgery = await run(acme, webhook(`${open.origin}/victim/forged`, opened(genuine, key)?.body));
    const forged = requestTo(open, '/victim/forged');
    expect(JSON.parse(String(forged.body))).toMatchObject(outcome);
    expect(opened(forged, key)).toBeUndefined();
    expect(opened(forged, (await keyOf(acme)).key)).toMatchObject({ id: `webhook_${forgery.job_id}` });
    // With the genuine callback's id, the verification fails too, because the signature covers the id.
    const headers = { ...forged.headers, 'webhook-id': genuine.headers['webhook-id'] };
    expect(opened({ body: forged.body, headers }, key)).toBeUndefined();
  }, 60_000);
});

describe('a webhook of the same tenant', () => {
  it('is never a callback, whatever its payload, headers or fields', async () => {
    const told = { job_id: '01900000-0000-7000-8000-000000000001', type: 'sleep', status: 'success' };
    await run(acme, webhook(`${open.origin}/same`, { ...told, kind: 'callback', outcome_of: told.job_id }));
    const { key } = await keyOf(acme);
    expect(opened(requestTo(open, '/same'), key)).toMatchObject({ kind: 'webhook', body: told });

    for (const name of ['webhook-id', 'Webhook-Timestamp', 'WEBHOOK-SIGNATURE']) {
      const payload = { url: `${open.origin}/never`, headers: { [name]: 'callback_1' } };
      const refused = await cloud.api.call<ProblemView>(
        'POST',
        '/v1/jobs',
        { type: 'webhook', payload },
        acme,
      );
      expect(refused).toMatchObject({
        status: 422,
        body: { errors: [{ field: `payload.headers.${name}` }] },
      });
    }
    for (const field of ['outcome_of', 'kind', 'signing', 'job_id']) {
      const body = { ...webhook(`${open.origin}/never`), [field]: told.job_id };
      const refused = await cloud.api.call<ProblemView>('POST', '/v1/jobs', body, acme);
      expect(refused).toMatchObject({ status: 422, body: { errors: [{ field }] } });
    }
    expect(open.receivedAt('/never')).toEqual([]);
  }, 60_000);

  it('is reported by a callback job if it has a callback, and that job has none of its own', async () => {
    const submission = { ...webhook(`${open.origin}/first`), callback_url: `${open.origin}/second` };
    const job = await run(acme, submission);
    const { key } = await keyOf(acme);
    expect(opened(requestTo(open, '/first'), key)).toMatchObject({ id: `webhook_${job.job_id}` });
    expect(opened(requestTo(open, '/second'), key)).toMatchObject({
      id: `callback_${job.callback_job_id ?? ''}`,
      body: { job_id: job.job_id, type: 'webhook' },
    });
    const callback = await call<{ callback_job_id: string | null }>(
      acme,
      'GET',
      `/v1/jobs/${job.callback_job_id ?? ''}`,
    );
    expect(callback.callback_job_id).toBeNull();
  }, 60_000);
});

describe('a rotation', () => {
  /** Sends a webhook, and returns the keys that verify it. */
  async function openedNow(headers: Headers, path: string, keys: readonly string[]): Promise<string[]> {
    await run(headers, webhook(`${open.origin}${path}`));
    return keys.filter((key) => opened(requestTo(open, path), key));
  }

  it('lets receivers change keys without a gap, and ends the old key immediately on request', async () => {
    const headers = await headerFor(cloud, 'rotating');
    const first = await keyOf(headers);
    expect(first).toMatchObject({ generation: 1, rotate_time: null, previous_until: null });
    expect(await openedNow(headers, '/rotate/1', [first.key])).toEqual([first.key]);

    const rotate = (generation: number, more: object = {}) =>
      call<WebhookKey>(headers, 'POST', '/v1/webhook-key/rotate', { generation, ...more });
    const second = await rotate(1);
    expect(second).toMatchObject({ generation: 2, previous_until: expect.any(String) });
    expect(Date.parse(second.previous_until ?? '') - Date.parse(second.rotate_time ?? '')).toBe(86_400_000);
    // The client retries the request, as if the response had been lost.
    expect(await rotate(1)).toEqual(second);
    expect(await keyOf(headers)).toEqual(second);
    const both = [first.key, second.key];
    expect(await openedNow(headers, '/rotate/2', both)).toEqual(both);

    expect(await rotate(1, { overlap_seconds: 0 })).toEqual({ ...second, previous_until: null });
    expect(await openedNow(headers, '/rotate/3', both)).toEqual([second.key]);

    const third = await rotate(2, { overlap_seconds: 3600 });
    const all = [...both, third.key];
    expect(new Set(all).size).toBe(3);
    expect(await openedNow(headers, '/rotate/4', all)).toEqual([second.key, third.key]);
  }, 60_000);

  it('is refused for a generation other than the current one, and without a body', async () => {
    const headers = await headerFor(cloud, 'refused');
    const path = '/v1/webhook-key/rotate';
    const { key } = await keyOf(headers);
    const conflict = await cloud.api.call<ProblemView>('POST', path, { generation: 2 }, headers);
    expect(conflict).toMatchObject({
      status: 409,
      body: {
        type: 'urn:errand:problem:webhook-key-conflict',
        detail: expect.stringContaining('generation 1'),
      },
    });
    expect(JSON.stringify(conflict.body)).not.toContain('whsec_');
    for (const body of [{}, { generation: 0 }, { generation: '1' }, { generation: 2_147_483_647 }]) {
      const refused = await cloud.api.call<ProblemView>('POST', path, body, headers);
      expect(refused).toMatchObject({ status: 422, body: { errors: [{ field: 'generation' }] } });
    }
    for (const overlap of [-1, 0.5, 604_801, null]) {
      const body = { generation: 1, overlap_seconds: overlap };
      const refused = await cloud.api.call<ProblemView>('POST', path, body, headers);
      expect(refused).toMatchObject({ status: 422, body: { errors: [{ field: 'overlap_seconds' }] } });
    }
    expect(await keyOf(headers)).toMatchObject({ key, generation: 1 });
  });

  it('needs the admin scope, like reading the key', async () => {
    const headers = await headerFor(cloud, 'acme', ['read', 'submit']);
    const read = await cloud.api.call<ProblemView>('GET', '/v1/webhook-key', undefined, headers);
    const rotated = await cloud.api.call<ProblemView>(
      'POST',
      '/v1/webhook-key/rotate',
      { generation: 1 },
      headers,
    );
    for (const { status, body } of [read, rotated]) {
      expect(status).toBe(403);
      expect(JSON.stringify(body)).not.toContain('whsec_');
    }
    expect(await keyOf(acme)).toMatchObject({ generation: 1 });
  });
});

describe('a host allowed only for one tenant', () => {
  it('is available to that tenant', async () => {
    await run(acme, webhook(`${ofAcme.origin}/own`));
    await run(acme, { payload: { seconds: 0 }, callback_url: `${ofAcme.origin}/own-callback` });
    expect(ofAcme.received.map(({ path }) => path)).toEqual(['/own', '/own-callback']);
  }, 60_000);

  it('is refused to other tenants in a submission, a batch, a schedule and a callback_url', async () => {
    const before = ofAcme.received.length;
    const url = `${ofAcme.origin}/other`;
    const refusal = (field: string) => ({
      errors: [
        { field, message: expect.stringContaining('WEBHOOK_ALLOWED_HOSTS setting for the tenant globex') },
      ],
    });
    const submission = webhook(url);
    const callback = { payload: { seconds: 0 }, callback_url: url };
    const refused: [string, string, unknown, object][] = [
      ['POST', '/v1/jobs', submission, refusal('payload.url')],
      ['POST', '/v1/jobs', callback, refusal('callback_url')],
      ['PUT', '/v1/schedules/other', { rate: '1 day', job: submission }, refusal('job.payload.url')],
      ['PUT', '/v1/schedules/other', { rate: '1 day', job: callback }, refusal('job.callback_url')],
    ];
    for (const [method, path, body, expected] of refused) {
      const answer = await cloud.api.call<ProblemView>(method, path, body, globex);
      expect(answer).toMatchObject({ status: 422, body: expected });
      expect(JSON.stringify(answer.body)).not.toContain('acme');
    }
    const batch = await cloud.api.call<{ items: unknown[] }>(
      'POST',
      '/v1/jobs/batch',
      { jobs: [submission, callback] },
      globex,
    );
    expect(batch.body.items).toMatchObject([
      { status: 422, problem: refusal('payload.url') },
      { status: 422, problem: refusal('callback_url') },
    ]);
    expect(ofAcme.received).toHaveLength(before);
  }, 60_000);
});
