import { afterAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import type { HttpApiEvent } from '../../src/http-api/event.ts';
import { httpApisUnderTest } from './http-api-under-test.ts';
import type { HttpApiSettings } from './http-api-under-test.ts';

const apis = httpApisUnderTest();

afterAll(() => apis.end());

/** Sends a request, and returns the event that the function received. */
async function eventOf(
  path: string,
  init: RequestInit = {},
  api: HttpApiSettings = {},
): Promise<HttpApiEvent> {
  const url = await apis.serve((event) => event, api);
  return (await (await fetch(`${url}${path}`, init)).json()) as HttpApiEvent;
}

describe('an event in payload format 2.0', () => {
  it('can have parameters and headers with the names of inherited object properties', async () => {
    const event = await eventOf('/jobs/a?__proto__=1&constructor=2&constructor=3', {
      headers: { constructor: '4' },
    });
    expect(Object.entries(event.queryStringParameters ?? {})).toEqual([
      ['__proto__', '1'],
      ['constructor', '2,3'],
    ]);
    expect(event.headers.constructor).toBe('4');
  });

  it('describes a GET request completely, without members that the request lacks', async () => {
    const event = await eventOf('/jobs/a%20b?status=created&status=failed&q=a+b%2Bc&empty=', {
      headers: { 'User-Agent': 'test/1', 'X-Custom': 'one' },
    });
    expect(event).toEqual({
      version: '2.0',
      routeKey: 'GET /jobs/{job_id}',
      rawPath: '/jobs/a b',
      rawQueryString: 'status=created&status=failed&q=a+b%2Bc&empty=',
      headers: {
        accept: '*/*',
        'accept-encoding': expect.any(String),
        'accept-language': '*',
        host: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
        'sec-fetch-mode': 'cors',
        'user-agent': 'test/1',
        'x-amzn-trace-id': expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/),
        'x-custom': 'one',
        'x-forwarded-for': '127.0.0.1',
        'x-forwarded-port': expect.stringMatching(/^\d+$/),
        'x-forwarded-proto': 'http',
      },
      queryStringParameters: { status: 'created,failed', q: 'a b+c', empty: '' },
      pathParameters: { job_id: 'a b' },
      requestContext: {
        accountId: '000000000000',
        apiId: 'api1234567',
        domainName: '127.0.0.1',
        domainPrefix: '127',
        http: {
          method: 'GET',
          path: '/jobs/a b',
          protocol: 'HTTP/1.1',
          sourceIp: '127.0.0.1',
          userAgent: 'test/1',
        },
        requestId: expect.stringMatching(/^[\w-]{15}=$/),
        routeKey: 'GET /jobs/{job_id}',
        stage: '$default',
        time: expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
        timeEpoch: expect.any(Number),
      },
      isBase64Encoded: false,
    });
    expect(Math.abs(event.requestContext.timeEpoch - Date.now())).toBeLessThan(60_000);
  });

  it('has the stage variables if there are any', async () => {
    const event = await eventOf('/', {}, { stageVariables: { colour: 'blue' } });
    expect(event.stageVariables).toEqual({ colour: 'blue' });
  });

  it('joins repeated headers with commas, moves cookies out of the headers, and drops connection headers', async () => {
    const url = await apis.serve((event) => event);
    const request = httpRequest(`${url}/`, {
      headers: {
        'X-Twice': ['one', 'two'],
        cookie: ['a=1; b=2', 'c=3'],
        connection: 'close',
        te: 'trailers',
      },
    }).end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    const event = (await json(response)) as HttpApiEvent;

    expect(event.headers['x-twice']).toBe('one,two');
    expect(event.cookies).toEqual(['a=1', 'b=2', 'c=3']);
    expect(Object.keys(event.headers)).not.toEqual(expect.arrayContaining(['cookie']));
    expect(event.headers).not.toHaveProperty('connection');
    expect(event.headers).not.toHaveProperty('te');
  });

  it.each([
    ['application/json', false],
    ['application/json; charset=utf-8', false],
    ['Application/JSON', false],
    ['application/problem+json', false],
    ['application/xml', false],
    ['application/javascript', false],
    ['text/csv', false],
    ['application/octet-stream', true],
    ['application/x-www-form-urlencoded', true],
    ['multipart/form-data; boundary=x', true],
  ])('encodes a body with content type %s in base64: %s', async (contentType, isBase64Encoded) => {
    const event = await eventOf('/', {
      method: 'POST',
      body: 'Zoë',
      headers: { 'content-type': contentType },
    });
    expect(event).toMatchObject({
      isBase64Encoded,
      body: isBase64Encoded ? Buffer.from('Zoë').toString('base64') : 'Zoë',
    });
  });

  it('encodes a body without a content type in base64', async () => {
    const event = await eventOf('/', { method: 'POST', body: Buffer.from([0, 255]) });
    expect(event).toMatchObject({ isBase64Encoded: true, body: 'AP8=' });
  });
});
