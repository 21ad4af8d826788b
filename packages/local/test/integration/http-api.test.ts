import { afterAll, describe, expect, it } from '@jest/globals';
import { UNAUTHORIZED } from '../../src/http-api/authorizer.ts';
import type { InvocationOutcome } from '../../src/http-api/gateway.ts';
import { httpApisUnderTest, type HttpApiSettings } from './http-api-under-test.ts';

const apis = httpApisUnderTest();

afterAll(() => apis.end());

describe('a function’s return value', () => {
  async function answered(result: unknown): Promise<Response> {
    return fetch(`${await apis.serve(() => result)}/`);
  }

  it('with a status code is sent as the response', async () => {
    const response = await answered({
      statusCode: 201,
      headers: { 'Content-Type': 'application/problem+json', 'X-Count': 3, Connection: 'close' },
      cookies: ['a=1; HttpOnly', 'b=2'],
      body: '{"ok":true}',
    });
    expect(response.status).toBe(201);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(response.headers.get('x-count')).toBe('3');
    expect(response.headers.get('connection')).toBe('keep-alive');
    expect(response.headers.get('apigw-requestid')).toMatch(/=$/);
    expect(response.headers.getSetCookie()).toEqual(['a=1; HttpOnly', 'b=2']);
    expect(await response.text()).toBe('{"ok":true}');
  });

  it('in base64 is decoded', async () => {
    const response = await answered({ statusCode: 200, body: 'AP8=', isBase64Encoded: true });
    expect(Buffer.from(await response.arrayBuffer())).toEqual(Buffer.from([0, 255]));
  });

  it('with a status code but no content type is text/plain', async () => {
    const response = await answered({ statusCode: 200, body: 'hello' });
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
  });

  it('with status code 204 has no content', async () => {
    const response = await answered({ statusCode: 204 });
    expect([response.status, response.headers.get('content-length'), await response.text()]).toEqual([
      204,
      null,
      '',
    ]);
  });

  it.each([
    ['an object', { message: 'hi' }],
    ['a text', 'hi'],
    ['nothing', null],
    ['a list', [1]],
  ])(
    'without a status code, %s, is the body of a 200 response with content type application/json',
    async (_what, result) => {
      const response = await answered(result);
      expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json']);
      expect(await response.json()).toEqual(result);
    },
  );

  it.each([
    ['an invalid status code', { statusCode: 'teapot' }],
    ['a status code below 200', { statusCode: 99 }],
    ['a body that is not a string', { statusCode: 200, body: { a: 1 } }],
    ['cookies that are not a list', { statusCode: 200, cookies: 'a=1' }],
    ['a header with a line break', { statusCode: 200, headers: { 'x-bad': 'a\r\nb' } }],
  ])('with %s becomes a 500', async (_what, result) => {
    const response = await answered(result);
    expect([response.status, await response.json()]).toEqual([500, { message: 'Internal Server Error' }]);
  });
});

describe('the gateway itself responds with', () => {
  it.each<[string, InvocationOutcome, number, string]>([
    ['a function error', { kind: 'failed' }, 500, 'Internal Server Error'],
    ['a throttled function', { kind: 'throttled' }, 503, 'Service Unavailable'],
    ['an event that is too large for Lambda', { kind: 'too-large' }, 413, 'Request Entity Too Large'],
  ])('%s', async (_what, outcome, status, message) => {
    const response = await fetch(`${await apis.serve(() => outcome)}/`);
    expect([response.status, await response.json()]).toEqual([status, { message }]);
  });

  it('503 if the integration times out', async () => {
    const response = await fetch(
      `${await apis.serve(() => new Promise(() => undefined), { timeoutMillis: 50 })}/`,
    );
    expect([response.status, await response.json()]).toEqual([503, { message: 'Service Unavailable' }]);
  });

  it('404 if no route matches', async () => {
    const url = await apis.serve(() => ({}), { routes: [] });
    const response = await fetch(`${url}/`);
    expect([response.status, await response.json()]).toEqual([404, { message: 'Not Found' }]);
  });

  it('500 if it has no permission to invoke the function, and does not invoke it', async () => {
    let invoked = 0;
    const response = await fetch(`${await apis.serve(() => (invoked += 1), { permitted: false })}/`);
    expect([response.status, await response.json(), invoked]).toEqual([
      500,
      { message: 'Internal Server Error' },
      0,
    ]);
  });

  it('400 for a path that cannot be decoded', async () => {
    const response = await fetch(`${await apis.serve(() => ({}))}/100%25`);
    expect([response.status, await response.json()]).toEqual([400, { message: 'Bad Request' }]);
  });

  it('413 for a body above 10 MiB, with or without a Content-Length', async () => {
    const url = await apis.serve((event) => ({ received: event.body?.length }));
    const largest = Buffer.alloc(10 * 1024 * 1024, 'a');
    const tooLarge = Buffer.alloc(largest.length + 1, 'a');
    const post = (body: RequestInit['body'], init: RequestInit = {}) =>
      fetch(url, { method: 'POST', body: body ?? null, headers: { 'content-type': 'text/plain' }, ...init });

    expect(await (await post(largest)).json()).toEqual({ received: largest.length });
    const told = await post(tooLarge);
    expect([told.status, await told.json()]).toEqual([413, { message: 'Request Entity Too Large' }]);
    const chunked = await post(new Blob([tooLarge]).stream(), { duplex: 'half' });
    expect([chunked.status, await chunked.json()]).toEqual([413, { message: 'Request Entity Too Large' }]);
  });

  it('431 if the request line and the header values exceed 10,240 bytes', async () => {
    const url = await apis.serve(() => ({}));
    const withHeaderOf = async (length: number) =>
      (await fetch(url, { headers: { 'x-long': 'a'.repeat(length) } })).status;
    expect(await withHeaderOf(10_000)).toBe(200);
    expect(await withHeaderOf(10_240)).toBe(431);
  });

  it('429 beyond the stage’s burst', async () => {
    const url = await apis.serve(() => ({}), { throttle: { ratePerSecond: 0.001, burst: 2 } });
    const statuses = [];
    for (let request = 0; request < 4; request += 1) statuses.push((await fetch(url)).status);
    expect(statuses).toEqual([200, 200, 429, 429]);
  });
});

describe('an API with CORS', () => {
  const cors = {
    AllowOrigins: ['https://app.example', 'http://*'],
    AllowMethods: ['GET', 'POST'],
    AllowHeaders: ['x-custom'],
    MaxAge: 60,
  };

  /** Sends the preflight request that a browser sends before a POST from a page with this origin. */
  const preflight = (url: string, origin = 'https://app.example') =>
    fetch(url, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } });

  const get = {
    routeKey: 'GET /{proxy+}',
    target: { functionName: 'f', timeoutMillis: 1000, permitted: true },
  };

  it('responds to a preflight that matches no route, without invoking the function', async () => {
    let invoked = 0;
    const url = await apis.serve(() => (invoked += 1), { cors, routes: [get] });
    const response = await preflight(`${url}/jobs`);
    expect([response.status, invoked]).toEqual([204, 0]);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'access-control-allow-origin': 'https://app.example',
      'access-control-allow-methods': 'GET,POST',
      'access-control-allow-headers': 'x-custom',
      'access-control-max-age': '60',
    });
  });

  it('sends no CORS headers to a preflight from an origin that is not allowed', async () => {
    const url = await apis.serve(() => ({}), { cors, routes: [get] });
    const response = await preflight(`${url}/jobs`, 'https://evil.example');
    expect(response.status).toBe(204);
    expect([...response.headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([]);
  });

  it('invokes the authorizer of the route that matches the preflight, even $default', async () => {
    const target = { ...get.target, authorize: () => Promise.resolve({ refusal: UNAUTHORIZED }) };
    const url = await apis.serve(() => ({}), { cors, routes: [get, { routeKey: '$default', target }] });
    expect((await preflight(`${url}/jobs`)).status).toBe(401);
  });

  it.each([
    ['https://app.example', 'https://app.example'],
    ['http://localhost:8080', 'http://localhost:8080'],
    ['https://evil.example', null],
  ])(
    'responds to a request from %s with the origin %s, regardless of what the function returns',
    async (origin, allowed) => {
      const url = await apis.serve(
        () => ({ statusCode: 200, headers: { 'Access-Control-Allow-Origin': '*' } }),
        {
          cors,
        },
      );
      const response = await fetch(url, { headers: { origin } });
      expect(response.headers.get('access-control-allow-origin')).toBe(allowed);
    },
  );

  it('routes an OPTIONS request that is not a preflight', async () => {
    const response = await fetch(await apis.serve((event) => event.routeKey, { cors }), {
      method: 'OPTIONS',
    });
    expect(await response.json()).toBe('$default');
  });
});

describe('the access log', () => {
  const accessLog = {
    logGroup: 'group',
    format:
      '$context.httpMethod $context.routeKey $context.status $context.responseLength $context.identity.sourceIp ' +
      '"$context.error.message" "$context.integrationErrorMessage"',
  };

  it.each<[string, unknown, HttpApiSettings, string]>([
    [
      'a response from the function',
      { statusCode: 201, body: 'ä' },
      {},
      'GET $default 201 2 127.0.0.1 "-" "-"',
    ],
    [
      'a function that fails',
      { kind: 'failed' },
      {},
      'GET $default 500 35 127.0.0.1 "Internal Server Error" "The function failed."',
    ],
    ['no route', {}, { routes: [] }, 'GET - 404 23 127.0.0.1 "Not Found" "-"'],
    [
      'the throttle',
      {},
      { throttle: { ratePerSecond: 1, burst: 0 } },
      'GET - 429 31 127.0.0.1 "Too Many Requests" "-"',
    ],
  ])('has a line for %s', async (_what, outcome, settings, line) => {
    await fetch(await apis.serve(() => outcome, { accessLog, ...settings }));
    expect(apis.accessLog.at(-1)).toBe(`group ${line}`);
  });

  it('has the time, the response’s request ID, and the milliseconds', async () => {
    const format = '$context.requestTime|$context.requestId|$context.responseLatency';
    const response = await fetch(await apis.serve(() => ({}), { accessLog: { ...accessLog, format } }));
    const [time, id, latency] = apis.accessLog.at(-1)?.split('|') ?? [];
    expect(time).toMatch(/^group \d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/);
    expect(id).toBe(response.headers.get('apigw-requestid'));
    expect(latency).toMatch(/^\d+$/);
  });
});
