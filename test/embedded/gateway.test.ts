import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startCloud, type Cloud } from '../helpers/cloud.ts';
import { headerFor } from '../helpers/keys.ts';

// Tests the template's CORS settings for the stage and the bucket, and its throttling and access log settings for the stage.

const PAGE = 'https://app.example.com';
const BURST = 40;

let cloud: Cloud;
let key: { authorization: string };

beforeAll(async () => {
  cloud = await startCloud({
    AUTH: 'api-key',
    CORS_ORIGINS: `${PAGE},http://localhost:5173`,
    // At this low rate, an empty token bucket stays almost empty for the rest of the test.
    API_RATE_LIMIT: '1',
    API_BURST_LIMIT: String(BURST),
  });
  key = await headerFor(cloud, 'page');
}, 120_000);

afterAll(async () => {
  await cloud.end();
});

/** Sends a CORS preflight request, as a browser does before a request that is not simple. */
async function preflight(origin: string, path = '/v1/jobs'): Promise<Response> {
  return fetch(cloud.api.url + path, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type',
    },
  });
}

/** Returns the access log's entries. */
function accesses(): Record<string, string>[] {
  return cloud.logs
    .filter((line) => line.startsWith('ErrandApiAccessLogs'))
    .map((line) => JSON.parse(line.slice(line.indexOf('{'))) as Record<string, string>);
}

/** Returns the response's CORS headers. */
function corsOf(response: Response): Record<string, string> {
  return Object.fromEntries([...response.headers].filter(([name]) => name.startsWith('access-control-')));
}

describe('a page on an allowed origin', () => {
  it('gets a preflight response without a key and without invoking a function', async () => {
    const before = cloud.logs.length;
    for (const path of ['/v1/jobs', '/v1/schedules/nightly', '/nothing/here']) {
      const response = await preflight(PAGE, path);
      expect(response.status).toBe(204);
      expect(corsOf(response)).toEqual({
        'access-control-allow-origin': PAGE,
        'access-control-allow-methods': 'POST,GET,PUT,DELETE',
        'access-control-allow-headers': 'authorization,content-type,if-none-match',
        'access-control-expose-headers':
          'allow,apigw-requestid,etag,location,retry-after,www-authenticate,x-request-id',
        'access-control-max-age': '7200',
      });
    }
    expect(cloud.logs.slice(before).every((line) => line.startsWith('ErrandApiAccessLogs'))).toBe(true);
  });

  it('submits a job with its key, and can read the response and its Location', async () => {
    const response = await fetch(`${cloud.api.url}/v1/jobs`, {
      method: 'POST',
      headers: { ...key, origin: PAGE, 'content-type': 'application/json' },
      body: '{"payload": {"seconds": 0}}',
    });
    expect(response.status).toBe(201);
    expect(response.headers.get('location')).toMatch(/^\/v1\/jobs\//);
    expect(corsOf(response)).toMatchObject({ 'access-control-allow-origin': PAGE });
  });

  it('can read refusals by the API and by API Gateway', async () => {
    for (const [path, headers, status] of [
      ['/v1/jobs/none', key, 400],
      ['/nothing/here', key, 404],
      ['/v1/jobs', {}, 401],
    ] as const) {
      const response = await fetch(cloud.api.url + path, { headers: { ...headers, origin: PAGE } });
      expect([response.status, corsOf(response)['access-control-allow-origin']]).toEqual([status, PAGE]);
    }
  });
});

describe('the bucket for uploads', () => {
  it('gets CORS rules for the same pages', async () => {
    const url = `${cloud.awsEndpointUrl}/${cloud.output('UploadsBucketName')}`;
    const ask = async (origin: string) => {
      const headers = {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'traceparent',
      };
      const response = await fetch(url, { method: 'OPTIONS', headers });
      return { status: response.status, ...corsOf(response) };
    };
    for (const origin of [PAGE, 'http://localhost:5173']) {
      expect(await ask(origin)).toEqual({
        status: 200,
        'access-control-allow-origin': origin,
        'access-control-allow-credentials': 'true',
        'access-control-allow-methods': 'POST',
        'access-control-allow-headers': 'traceparent',
        'access-control-max-age': '7200',
      });
    }
    expect(await ask('https://evil.example.com')).toEqual({ status: 403 });
  });
});

describe('any other page', () => {
  it.each(['https://evil.example.com', 'https://app.example.com:8443', 'http://app.example.com', 'null'])(
    'on %s can read nothing',
    async (origin) => {
      expect(corsOf(await preflight(origin))).toEqual({});
      const answer = await fetch(`${cloud.api.url}/health-alive`, { headers: { origin } });
      expect([answer.status, corsOf(answer)]).toEqual([200, {}]);
    },
  );
});

describe('a path that does not exist', () => {
  it('reveals nothing without a key, and with a key returns the same problem as without CORS', async () => {
    const wrong = { authorization: 'Bearer errand_0000000000000000_0' };
    expect((await fetch(`${cloud.api.url}/v2`, { headers: wrong })).status).toBe(401);
    const response = await fetch(`${cloud.api.url}/v1/jobs`, { method: 'PATCH', headers: key });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST, GET']);
  });
});

describe('the access log', () => {
  it('has a line per request, with its route instead of its path', async () => {
    const { headers } = await fetch(`${cloud.api.url}/v1/jobs/not-an-id?secret=1`, { headers: key });
    const id = headers.get('apigw-requestid');
    expect(accesses().find((line) => line.request_id === id)).toMatchObject({
      route: 'GET /v1/jobs/{job_id}',
      method: 'GET',
      status: '400',
      ip: '127.0.0.1',
      gateway_error: '-',
      function_error: '-',
    });
    expect(headers.get('x-request-id')).toBe(id);
  });
});

// These tests run last, because they exhaust the throttle's burst.
describe('the throttle', () => {
  it('refuses requests beyond the burst with API Gateway’s 429, without invoking a function', async () => {
    const answers = [];
    for (let request = 0; request <= BURST; request += 1)
      answers.push(await fetch(`${cloud.api.url}/health-alive`));
    const last = answers.at(-1);
    expect(answers[0]?.status).toBe(200);
    expect([last?.status, await last?.json()]).toEqual([429, { message: 'Too Many Requests' }]);
    expect(accesses().at(-1)).toMatchObject({
      route: '-',
      status: '429',
      gateway_error: 'Too Many Requests',
    });
  });
});
