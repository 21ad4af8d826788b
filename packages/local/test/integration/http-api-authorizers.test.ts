import { SignatureV4 } from '@smithy/signature-v4';
import { Hash } from '@smithy/core/serde';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT, type JWTPayload } from 'jose';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { identitySource, type Authorizer } from '../../src/http-api/authorizer.ts';
import type { InvocationOutcome } from '../../src/http-api/gateway.ts';
import { createIamAuthorizer } from '../../src/http-api/iam-authorizer.ts';
import { createJwtAuthorizer } from '../../src/http-api/jwt-authorizer.ts';
import { createLambdaAuthorizer } from '../../src/http-api/lambda-authorizer.ts';
import { httpApisUnderTest } from './http-api-under-test.ts';

const apis = httpApisUnderTest();
afterAll(() => apis.end());

/** Serves an API that responds with the caller's identity from the event. */
async function serve(authorize: Authorizer): Promise<string> {
  const target = {
    functionName: 'echo',
    timeoutMillis: 30_000,
    permitted: true,
    authorize,
    routeArn: 'arn:route',
  };
  return apis.serve(({ requestContext }) => ({ authorizer: requestContext.authorizer }), {
    routes: ['$default', 'GET /jobs'].map((routeKey) => ({ routeKey, target })),
  });
}

interface Answer {
  status: number;
  challenge: string | null;
  body: unknown;
}

async function get(url: string, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(url, { headers });
  return {
    status: response.status,
    challenge: response.headers.get('www-authenticate'),
    body: await response.json(),
  };
}

describe('a Lambda authorizer', () => {
  let asked: Record<string, unknown>[] = [];
  let time = 0;
  let url: string;
  let answer: () => InvocationOutcome;
  const returning = (value: unknown) => (): InvocationOutcome => ({
    kind: 'returned',
    payload: Buffer.from(JSON.stringify(value)),
  });

  async function begin(cacheMillis = 1000, permitted = true): Promise<void> {
    asked = [];
    const sources = ['$request.header.Authorization', '$context.routeKey'].map(identitySource);
    const authorizer = createLambdaAuthorizer(
      {
        functionName: 'asked',
        permitted,
        cacheMillis,
        identitySources: sources.filter((source) => source !== undefined),
      },
      (_name, event) => {
        asked.push(JSON.parse(event.toString()) as Record<string, unknown>);
        return Promise.resolve(answer());
      },
      () => time,
    );
    url = await serve(authorizer);
  }

  it('gets an event in format 2.0 without a body, and its context is in the function’s event', async () => {
    answer = returning({ isAuthorized: true, context: { tenant: 'acme' } });
    await begin();
    expect(await get(`${url}/jobs?a=b`, { authorization: 'me' })).toMatchObject({
      status: 200,
      body: { authorizer: { lambda: { tenant: 'acme' } } },
    });
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({
      version: '2.0',
      type: 'REQUEST',
      routeArn: 'arn:route',
      identitySource: ['me', 'GET /jobs'],
      routeKey: 'GET /jobs',
      rawPath: '/jobs',
      headers: { authorization: 'me' },
      queryStringParameters: { a: 'b' },
    });
    expect(asked[0]).not.toHaveProperty('body');
    expect(asked[0]).not.toHaveProperty('isBase64Encoded');
  });

  it('is not invoked without an identity', async () => {
    await begin();
    expect(await get(`${url}/jobs`)).toMatchObject({ status: 401, body: { message: 'Unauthorized' } });
    expect(asked).toHaveLength(0);
  });

  it('is invoked once per caller and route, until its decision expires', async () => {
    await begin(1000);
    for (const [path, who, at, questions] of [
      ['/jobs', 'me', 0, 1],
      ['/jobs', 'me', 999, 1],
      ['/other', 'me', 999, 2],
      ['/jobs', 'you', 999, 3],
      ['/jobs', 'me', 1000, 4],
    ] as const) {
      time = at;
      await get(url + path, { authorization: who });
      expect(asked).toHaveLength(questions);
    }
  });

  it('denies with 403, and denials are cached too', async () => {
    answer = returning({ isAuthorized: false });
    await begin();
    for (let round = 0; round < 2; round += 1) {
      expect(await get(url, { authorization: 'me' })).toMatchObject({
        status: 403,
        body: { message: 'Forbidden' },
      });
    }
    expect(asked).toHaveLength(1);
  });

  it.each([
    ['fails', (): InvocationOutcome => ({ kind: 'failed' })],
    ['says nothing', returning(null)],
    ['says something else', returning({ isAuthorized: 'yes' })],
    ['returns no JSON', (): InvocationOutcome => ({ kind: 'returned', payload: Buffer.from('{"isAuth') })],
  ])('denies access if it %s, and is invoked again', async (_what, given) => {
    answer = given;
    await begin();
    for (let round = 0; round < 2; round += 1) {
      expect((await get(url, { authorization: 'me' })).status).toBe(500);
    }
    expect(asked).toHaveLength(2);
  });

  it('denies access if the API may not invoke it', async () => {
    await begin(0, false);
    expect((await get(url, { authorization: 'me' })).status).toBe(500);
    expect(asked).toHaveLength(0);
  });
});

describe('a JWT authorizer', () => {
  let issuer: string;
  let server: Server;
  let url: string;
  let keys: Awaited<ReturnType<typeof generateKeyPair>>;
  let others: typeof keys;

  beforeAll(async () => {
    keys = await generateKeyPair('RS256');
    others = await generateKeyPair('RS256');
    const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'k', alg: 'RS256', use: 'sig' };
    server = createServer((request, response) => {
      response.setHeader('content-type', 'application/json');
      const isKeys = request.url === '/keys';
      response.end(JSON.stringify(isKeys ? { keys: [jwk] } : { issuer, jwks_uri: `${issuer}keys` }));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    url = await serve(
      createJwtAuthorizer({
        issuer,
        audience: ['errand', 'another'],
        identitySource: ({ headers }) => headers.authorization,
      }),
    );
  });

  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });

  const now = (): number => Math.floor(Date.now() / 1000);
  const token = (claims: JWTPayload, by = keys): Promise<string> =>
    new SignJWT({ iss: issuer, aud: 'errand', exp: now() + 60, ...claims })
      .setProtectedHeader({ alg: 'RS256', kid: 'k' })
      .sign(by.privateKey);

  it('passes a valid token’s claims on as strings, without null claims', async () => {
    const said = { groups: ['a', 'b'], level: 3, trial: true, nickname: null, address: { a: 1 } };
    const answer = await get(url, { authorization: `Bearer ${await token(said)}` });
    const { jwt } = (answer.body as { authorizer: { jwt: { claims: object; scopes: unknown } } }).authorizer;
    const usual = { iss: issuer, aud: 'errand', exp: expect.stringMatching(/^\d+$/) as unknown };
    const strings = { groups: '[a b]', level: '3', trial: 'true', address: '{"a":1}' };
    expect(jwt).toEqual({ claims: { ...usual, ...strings }, scopes: null });
  });

  it('uses client_id only if the token has no audience', async () => {
    const forClient = await token({ aud: undefined, client_id: 'errand' } as unknown as JWTPayload);
    expect((await get(url, { authorization: forClient })).status).toBe(200);
    const forBoth = await token({ aud: 'else', client_id: 'errand' });
    expect((await get(url, { authorization: forBoth })).status).toBe(401);
  });

  it.each([
    ['for another audience', () => token({ aud: 'else' }), 'audience'],
    ['from another issuer', () => token({ iss: 'https://example.com/' }), 'iss'],
    ['that has expired', () => token({ exp: now() - 60 }), 'expired'],
    ['that is not yet valid', () => token({ nbf: now() + 60 }), 'nbf'],
    ['signed by somebody else', () => token({}, others), 'signature'],
    ['that is not a JWT', () => Promise.resolve('errand_1_2'), 'Invalid'],
    [
      'signed with a secret',
      () =>
        new SignJWT({ iss: issuer, aud: 'errand', exp: now() + 60 })
          .setProtectedHeader({ alg: 'HS256', kid: 'k' })
          .sign(new TextEncoder().encode('x'.repeat(32))),
      'alg',
    ],
  ])('refuses a token %s, and names the reason in the challenge', async (_what, make, reason) => {
    const refused = await get(url, { authorization: `Bearer ${await make()}` });
    expect(refused).toMatchObject({ status: 401, body: { message: 'Unauthorized' } });
    expect(refused.challenge).toMatch(/^Bearer scope="" error="invalid_token" error_description="[^"]+"$/);
    expect(refused.challenge).toContain(reason);
  });

  it('asks for a token if there is none', async () => {
    expect(await get(url)).toMatchObject({ status: 401, challenge: 'Bearer' });
  });

  it('denies access while the issuer is unreachable', async () => {
    const lost = await serve(
      createJwtAuthorizer({
        issuer: 'http://127.0.0.1:9/',
        audience: ['errand'],
        identitySource: ({ headers }) => headers.authorization,
      }),
    );
    expect(await get(lost, { authorization: await token({}) })).toMatchObject({
      status: 401,
      challenge: expect.stringContaining('communication error') as unknown,
    });
  });
});

describe('IAM', () => {
  let url: string;
  beforeAll(async () => {
    url = await serve(
      createIamAuthorizer(
        { accountId: '000000000000', region: 'us-east-1', secretAccessKey: 'secret' },
        () => new Date(),
      ),
    );
  });

  async function call(changes: {
    secretAccessKey?: string;
    sessionToken?: string;
    region?: string;
    service?: string;
    signingDate?: Date;
    sentBody?: string;
    sentPath?: string;
  }): Promise<Answer> {
    const { host } = new URL(url);
    const { secretAccessKey = 'secret', sessionToken, signingDate = new Date() } = changes;
    const signer = new SignatureV4({
      service: changes.service ?? 'execute-api',
      region: changes.region ?? 'us-east-1',
      credentials: { accessKeyId: 'me', secretAccessKey, ...(sessionToken && { sessionToken }) },
      sha256: Hash.bind(null, 'sha256'),
    });
    const signed = await signer.sign(
      {
        method: 'POST',
        protocol: 'http:',
        hostname: host,
        path: '/v1/jobs/a%20b',
        query: { z: 'ä b', a: ['2', '1'] },
        headers: { host, 'content-type': 'application/json' },
        body: '{"seconds":1}',
      },
      { signingDate },
    );
    const headers = { ...signed.headers };
    delete headers.host;
    const response = await fetch(`${url}${changes.sentPath ?? '/v1/jobs/a%20b'}?z=%C3%A4%20b&a=2&a=1`, {
      method: 'POST',
      headers,
      body: changes.sentBody ?? '{"seconds":1}',
    });
    return { status: response.status, challenge: null, body: await response.json() };
  }

  it.each([{}, { sessionToken: 'session' }])('accepts a signed request: %j', async (changes) => {
    expect(await call(changes)).toMatchObject({
      status: 200,
      body: { authorizer: { iam: { accessKey: 'me', userArn: 'arn:aws:iam::000000000000:user/me' } } },
    });
  });

  it.each([
    ['with a different secret', { secretAccessKey: 'another' }],
    ['for another region', { region: 'eu-west-1' }],
    ['for another service', { service: 's3' }],
    ['six minutes ago', { signingDate: new Date(Date.now() - 360_000) }],
    ['with a different body', { sentBody: '{"seconds":2}' }],
    ['for a different path', { sentPath: '/v1/jobs/c' }],
  ])('refuses a request signed %s', async (_what, changes) => {
    expect(await call(changes)).toMatchObject({ status: 403, body: { message: 'Forbidden' } });
  });

  it('refuses an unsigned request', async () => {
    expect(await get(url)).toMatchObject({ status: 403, body: { message: 'Forbidden' } });
    expect((await get(url, { authorization: 'Bearer x' })).status).toBe(403);
  });
});
