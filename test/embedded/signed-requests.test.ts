import { Hash } from '@smithy/core/serde';
import { SignatureV4 } from '@smithy/signature-v4';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createErrand } from 'errand-client';
import type { SubmittedView } from '../helpers/api-client.ts';
import { startCloud, type Cloud } from '../helpers/cloud.ts';
import { signWith } from './functions/signed-fetch.ts';

// Tests AUTH=iam with requests that are signed like the AWS SDKs' requests. All access keys of the embedded cloud have the same secret.

let cloud: Cloud;

beforeAll(async () => {
  cloud = await startCloud({ AUTH: 'iam', DEFAULT_TENANT: 'acme' });
}, 120_000);

afterAll(async () => {
  await cloud.end();
});

interface Changes {
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  readonly signingDate?: Date;
  /** Changes made to the request after signing. */
  readonly sent?: { readonly path?: string; readonly body?: string; readonly method?: string };
}

/** Sends a request signed with these credentials. */
async function call(
  method: string,
  path: string,
  payload?: unknown,
  { accessKeyId = 'alice', secretAccessKey = 'embedded', signingDate = new Date(), sent = {} }: Changes = {},
) {
  const { host } = new URL(cloud.api.url);
  const body = payload === undefined ? undefined : JSON.stringify(payload);
  const url = new URL(path, cloud.api.url);
  const signer = new SignatureV4({
    service: 'execute-api',
    region: 'us-east-1',
    credentials: { accessKeyId, secretAccessKey },
    sha256: Hash.bind(null, 'sha256'),
  });
  const { headers } = await signer.sign(
    {
      method,
      protocol: 'http:',
      hostname: host,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: { host, 'content-type': 'application/json' },
      body,
    },
    { signingDate },
  );
  // `fetch` sets this header itself.
  delete headers.host;
  const response = await fetch(cloud.api.url + (sent.path ?? path), {
    method: sent.method ?? method,
    headers,
    ...(body !== undefined && { body: sent.body ?? body }),
  });
  return { status: response.status, body: (await response.json()) as SubmittedView & { file: string } };
}

const SUBMISSION = { object_id: 'signed', delay_seconds: 3600 };

describe('a signed request', () => {
  it('submits and reads for DEFAULT_TENANT, the tenant of all principals', async () => {
    const first = await call('POST', '/v1/jobs', SUBMISSION);
    expect(first).toMatchObject({ status: 201, body: { deduplicated: false } });
    const again = await call('POST', '/v1/jobs', SUBMISSION, { accessKeyId: 'bob' });
    expect(again).toMatchObject({ status: 200, body: { deduplicated: true, job_id: first.body.job_id } });
    const listed = await call('GET', '/v1/jobs?object_id=signed&limit=5', undefined, { accessKeyId: 'bob' });
    expect(listed).toMatchObject({ status: 200, body: { items: [{ job_id: first.body.job_id }] } });
    expect((await call('GET', '/v1/audit')).body).toMatchObject({
      items: [{ action: 'job.submit', actor: expect.stringMatching(/^arn:aws:iam::\d{12}:user\/alice$/) }],
    });
    expect((await call('POST', '/v1/uploads', {})).body.file).toMatch(/^uploads\/acme\//);
  });

  it('has every scope, because IAM policies decide what a principal may call', async () => {
    expect((await call('PUT', '/jobs/stop')).status).toBe(200);
    expect((await call('GET', '/v1/stats')).body).toMatchObject({ queue: { visible: expect.any(Number) } });
  });

  it('to an unknown path gets 404', async () => {
    expect(await call('GET', '/nothing')).toMatchObject({
      status: 404,
      body: { type: 'urn:errand:problem:not-found' },
    });
  });

  it.each<[string, Changes]>([
    ['with a wrong secret', { secretAccessKey: 'guessed' }],
    ['six minutes ago', { signingDate: new Date(Date.now() - 360_000) }],
    ['with another body', { sent: { body: '{"object_id":"changed"}' } }],
    ['for another path', { sent: { path: '/v1/jobs/batch' } }],
    ['with another query', { sent: { path: '/v1/jobs?wait=1' } }],
    ['for another method', { sent: { method: 'PUT' } }],
  ])('that was signed %s is refused with 403', async (_what, changes) => {
    expect(await call('POST', '/v1/jobs', SUBMISSION, changes)).toEqual({
      status: 403,
      body: { message: 'Forbidden' },
    });
  });
});

describe('a request without a signature', () => {
  it.each(['/v1/jobs', '/v1/stats', '/nothing', '/openapi.json'])(
    'for %s is refused with 403',
    async (path) => {
      const response = await fetch(cloud.api.url + path);
      expect([response.status, await response.json()]).toEqual([403, { message: 'Forbidden' }]);
    },
  );

  it('is refused even with a bearer token', async () => {
    expect((await fetch(`${cloud.api.url}/v1/jobs`, { headers: { authorization: 'Bearer x' } })).status).toBe(
      403,
    );
  });

  it('can read the health check', async () => {
    expect((await fetch(`${cloud.api.url}/health-alive`)).status).toBe(200);
  });
});

describe('a client with a signing fetch', () => {
  it('submits jobs, waits for them and sends files', async () => {
    const credentials = { accessKeyId: 'alice', secretAccessKey: 'embedded' };
    const errand = createErrand({ url: cloud.api.url, fetch: signWith(credentials, 'us-east-1') });
    const run = await errand.submitFile('analyze', new Blob(['needle']), { patterns: ['needle'] });
    expect((await run.wait({ timeoutSeconds: 20 })).status).toBe('success');
    const wrong = signWith({ ...credentials, secretAccessKey: 'wrong' }, 'us-east-1');
    const refused = createErrand({ url: cloud.api.url, fetch: wrong }).get(run.jobId);
    await expect(refused).rejects.toMatchObject({ status: 403, detail: 'Forbidden' });
  });
});
