import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { JWTPayload } from 'jose';
import type { ProblemView, SubmittedView } from '../helpers/api-client.ts';
import { startCloud, type Cloud } from '../helpers/cloud.ts';
import { startTokenIssuer, type TokenIssuer } from '../helpers/token-issuer.ts';
import type { UploadView } from '../helpers/upload.ts';

// Tests AUTH=jwt with a local token issuer.

let issuer: TokenIssuer;
let cloud: Cloud;

beforeAll(async () => {
  issuer = await startTokenIssuer();
  cloud = await startCloud({
    AUTH: 'jwt',
    JWT_ISSUER: issuer.url,
    JWT_AUDIENCE: 'another,errand',
    JWT_TENANT_CLAIM: 'https://example.com/tenant',
    JWT_SCOPE_PREFIX: 'errand/',
  });
}, 120_000);

afterAll(async () => {
  await cloud.end();
  await issuer.end();
});

const ALL = 'openid errand/read errand/submit errand/admin';

/** Returns the token claims of a caller in this tenant. */
const of = (tenant: string, scope = ALL): JWTPayload => ({ 'https://example.com/tenant': tenant, scope });

async function call<Body>(token: string, method: string, path: string, body?: unknown) {
  return cloud.api.call<Body>(method, path, body, { authorization: `Bearer ${token}` });
}

const SUBMISSION = { object_id: 'of-a-token', delay_seconds: 3600 };

describe('a token', () => {
  it('submits only for the tenant in its claim', async () => {
    const [acme, other] = [await issuer.token(of('acme')), await issuer.token(of('other'))];
    const first = await call<SubmittedView>(acme, 'POST', '/v1/jobs', SUBMISSION);
    expect(first).toMatchObject({ status: 201, body: { deduplicated: false } });
    const path = `/v1/jobs/${first.body.job_id}`;
    expect((await call(acme, 'GET', path)).status).toBe(200);
    expect(await call(other, 'GET', path)).toMatchObject({
      status: 404,
      body: { type: 'urn:errand:problem:job-not-found' },
    });
    expect((await call(other, 'POST', `${path}/cancel`)).status).toBe(404);
    expect(await call(other, 'POST', '/v1/jobs', SUBMISSION)).toMatchObject({
      body: { deduplicated: false },
    });
    expect(await call(acme, 'POST', '/v1/jobs', SUBMISSION)).toMatchObject({ body: { deduplicated: true } });
    expect(await call(acme, 'GET', '/v1/audit')).toMatchObject({ body: { items: [{ actor: null }] } });
    const named = await issuer.token({ ...of('acme'), sub: 'auth0|5f7c' });
    await call(named, 'POST', `${path}/cancel`);
    expect(await call(named, 'GET', '/v1/audit?action=job.cancel')).toMatchObject({
      body: { items: [{ actor: 'subject:auth0|5f7c', subject: first.body.job_id }] },
    });
    const upload = await call<UploadView>(acme, 'POST', '/v1/uploads', {});
    expect(upload.body.file).toMatch(/^uploads\/acme\//);
  });

  it('grants its scopes, and ignores scopes without the prefix', async () => {
    const reader = await issuer.token(of('acme', 'errand/read submit admin'));
    expect((await call(reader, 'GET', '/v1/jobs')).status).toBe(200);
    expect(await call<ProblemView>(reader, 'POST', '/v1/jobs', SUBMISSION)).toMatchObject({
      status: 403,
      body: {
        type: 'urn:errand:problem:forbidden',
        detail: 'This needs the submit scope; the caller has read.',
      },
    });
    const none = await issuer.token({ 'https://example.com/tenant': 'acme' });
    expect(await call(none, 'GET', '/v1/jobs')).toMatchObject({ status: 403 });
    const listed = await issuer.token({ ...of('acme'), scope: undefined, scp: ['errand/read'] });
    expect((await call(listed, 'GET', '/v1/jobs')).status).toBe(200);
  });

  it.each([
    ['names no tenant', { scope: ALL }],
    ['names an empty one', of('')],
    ['names one that could end another’s keys', of('acme#object')],
    ['names null', { ...of(''), 'https://example.com/tenant': null }],
    ['names true', { ...of(''), 'https://example.com/tenant': true }],
    ['has several', { ...of(''), 'https://example.com/tenant': ['acme', 'other'] }],
  ])('that %s is refused with 403, and the error names the claim', async (_what, claims) => {
    const refused = await call<ProblemView>(await issuer.token(claims), 'POST', '/v1/jobs', SUBMISSION);
    expect(refused).toMatchObject({ status: 403, body: { type: 'urn:errand:problem:forbidden' } });
    expect(refused.body.detail).toMatch(
      /^The token's claim https:\/\/example\.com\/tenant must name the tenant/,
    );
  });

  it.each<[string, () => string | Promise<string>]>([
    ['has expired', () => issuer.token({ ...of('acme'), exp: Math.floor(Date.now() / 1000) - 1 })],
    ['is not valid yet', () => issuer.token({ ...of('acme'), nbf: Math.floor(Date.now() / 1000) + 60 })],
    ['never ends', () => issuer.token({ ...of('acme'), exp: undefined })],
    ['has another audience', () => issuer.token({ ...of('acme'), aud: 'else' })],
    ['is another issuer’s', () => issuer.token({ ...of('acme'), iss: 'https://example.com/' })],
    ['has no signature', () => issuer.unsigned(of('acme'))],
    ['is signed with the public key as an HMAC secret', () => issuer.signedWithPublicKey(of('acme'))],
    ['is signed by another key with the same id', () => issuer.forged(of('acme'))],
    ['is none', () => 'acme'],
  ])('that %s is refused with 401 and a challenge, without invoking a function', async (_what, make) => {
    const authorization = `Bearer ${await make()}`;
    const before = cloud.logs.length;
    const refused = await fetch(`${cloud.api.url}/v1/jobs`, { headers: { authorization } });
    expect([refused.status, await refused.json()]).toEqual([401, { message: 'Unauthorized' }]);
    expect(refused.headers.get('www-authenticate')).toMatch(/^Bearer .*error="invalid_token"/);
    expect(cloud.logs.slice(before).every((line) => line.startsWith('ErrandApiAccessLogs'))).toBe(true);
  });

  it('is accepted if signed with the issuer’s new key, or with the old key as long as that is published', async () => {
    const old = await issuer.token(of('acme'));
    expect((await call(old, 'GET', '/v1/jobs')).status).toBe(200);
    await issuer.rotate();
    expect((await call(await issuer.token(of('acme')), 'GET', '/v1/jobs')).status).toBe(200);
    expect((await call(old, 'GET', '/v1/jobs')).status).toBe(200);
  });
});

describe('without a token,', () => {
  it('only the health check responds', async () => {
    const refused = await fetch(`${cloud.api.url}/v1/jobs`);
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    expect((await fetch(`${cloud.api.url}/nothing`)).status).toBe(401);
    expect((await fetch(`${cloud.api.url}/health-alive`)).status).toBe(200);
  });
});
