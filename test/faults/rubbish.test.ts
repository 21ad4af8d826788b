import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { startCloud, type Cloud } from '../helpers/cloud.ts';
import { expectHarmless } from '../helpers/harmless.ts';
import { rawBody, rawRequest, sendRaw, type RawAnswer } from '../helpers/raw-http.ts';
import { anyText } from '../helpers/any-text.ts';

let cloud: Cloud;

beforeAll(async () => {
  cloud = await startCloud({ JOB_TIMEOUT: '20', JOB_PREFETCH: '4' });
}, 120_000);

afterEach(async () => {
  expect((await fetch(`${cloud.api.url}/health-check`)).status).toBe(200);
});

afterAll(async () => {
  await cloud.end();
});

const JSON_TYPE = 'application/json';

/** Sends the bytes and expects a harmless response. */
async function send(bytes: Buffer): Promise<RawAnswer> {
  const answer = await sendRaw(cloud.api.url, bytes);
  expectHarmless(answer, bytes.toString('latin1'));
  return answer;
}

const post = (path: string, body: Buffer | string) => send(rawBody('POST', path, JSON_TYPE, body));

/** Returns the response's status, and the fields named in the error. */
async function refusalOf(answer: Promise<RawAnswer>): Promise<[number, ...string[]]> {
  const { status, body } = await answer;
  const { errors = [] } = JSON.parse(body) as { errors?: { field: string }[] };
  return [status, ...errors.map(({ field }) => field)];
}

describe('a JSON body is refused', () => {
  const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
  const text = (prefix: string, suffix: string, ...bytes: number[]) =>
    Buffer.concat([Buffer.from(prefix), Buffer.from(bytes), Buffer.from(suffix)]);
  it.each<[why: string, path: string, body: Buffer | string, ...refusal: unknown[]]>([
    ['for bytes that are not UTF-8', '/v1/jobs', text('{"object_id":"', '"}', 0xff, 0xfe), 400, 'body'],
    [
      'for 10,000 levels',
      '/v1/jobs',
      `{"payload":${nested(10_000)}}`,
      422,
      expect.stringContaining('payload.0'),
    ],
    [
      'for 100,000 levels',
      '/v1/jobs/batch',
      `{"jobs":[${nested(100_000)}]}`,
      422,
      expect.stringContaining('jobs.0'),
    ],
    ['for the key __proto__', '/v1/jobs', '{"__proto__":{"type":"sleep"}}', 422, '__proto__'],
    [
      'for __proto__ in a payload',
      '/v1/jobs',
      '{"payload":{"__proto__":{"seconds":1}}}',
      422,
      'payload.__proto__',
    ],
    ['for the key constructor', '/v1/jobs', '{"constructor":1}', 422, 'constructor'],
    ['for the type __proto__', '/v1/jobs', '{"type":"__proto__"}', 422, 'type'],
    ['for NUL in a key', '/v1/jobs', '{"payload":{"a\\u0000":1}}', 422, JSON.stringify('payload.a\0')],
    ['for NUL in a type', '/v1/jobs', '{"type":"a\\u0000"}', 422, 'type'],
    ['for NUL in a message', '/v1/messages', '{"to":"+905551111111","content":"\\u0000"}', 422, 'content'],
    ['for NUL in an upload', '/v1/uploads', '{"content_type":"text/\\u0000"}', 422, 'content_type'],
    [
      'for half a surrogate pair',
      '/v1/messages',
      '{"to":"+905551111111","content":"\\ud800"}',
      422,
      'content',
    ],
    ['for half a surrogate pair in a key', '/v1/jobs', '{"\\udc00":1}', 422, JSON.stringify('\udc00')],
    ['for 1e400', '/v1/jobs', '{"payload":{"seconds":1e400}}', 422, 'payload.seconds'],
    ['for 5 MB', '/v1/jobs', `"${'x'.repeat(5_000_000)}"`, 413, 'body'],
  ])('%s', async (_why, path, body, ...refusal) => {
    expect(await refusalOf(post(path, body))).toEqual(refusal);
  });

  it('but if a key occurs twice, its last value counts, and -0 counts as 0', async () => {
    const body = '{"type":"nope","type":"sleep","object_id":-0,"payload":{"seconds":-0}}';
    const answer = await post('/v1/jobs', body);
    expect(JSON.parse(answer.body)).toMatchObject({ type: 'sleep', object_id: '0' });
  });

  it('by API Gateway if it exceeds API Gateway’s or Lambda’s limits', async () => {
    expect((await post('/v1/jobs', 'x'.repeat(7_000_000))).status).toBe(413);
    const announced = rawRequest('POST', '/v1/jobs', [['content-length', '11000000']]);
    expect((await send(announced)).status).toBe(413);
  });
});

describe('a schedule is refused', () => {
  const put = (name: string, fields: object) =>
    send(
      rawBody(
        'PUT',
        `/v1/schedules/${name}`,
        JSON_TYPE,
        JSON.stringify({ rate: '1 hour', job: {}, ...fields }),
      ),
    );
  it.each<[why: string, name: string, fields: object, status: number, field: string]>([
    [
      'in the year 0, which the database does not have',
      's',
      { start_at: '0000-01-01T00:00:00Z' },
      422,
      'start_at',
    ],
    ['beyond the year 9999 in UTC', 's', { end_at: '9999-12-31T23:59:59-23:59' }, 422, 'end_at'],
    ['for NUL in its name', 'a%00', {}, 400, 'name'],
    ['for the name __proto__', '__proto__', {}, 400, 'name'],
    ['for a zone that is a path', 's', { timezone: '../../etc/passwd' }, 422, 'timezone'],
  ])('%s', async (_why, name, fields, ...refusal) => {
    expect(await refusalOf(put(name, fields))).toEqual(refusal);
  });

  it('but if it ends in the last millisecond of the year 9999, it keeps that year', async () => {
    const answer = await put('s', { end_at: '9999-12-31T23:59:59.9999999Z', state: 'stopped' });
    expect(JSON.parse(answer.body)).toMatchObject({ end_at: '9999-12-31T23:59:59.999Z' });
  });
});

describe('a path or a query', () => {
  const JOB = '/v1/jobs/01900000-0000-7000-8000-000000000000';
  const cases: [path: string, status: number][] = [
    ['/%2e%2e/%2e%2e/etc/passwd', 404],
    ['//v1//jobs', 404],
    ['/v1/jobs/%2F', 404],
    ['/v1/jobs/%00', 400],
    ['/v1/jobs/%C0%AF', 400],
    ['/v1/jobs/%25', 400],
    ['/docs/..%252f..%252findex.mjs', 404],
    ['http://elsewhere.example/v1/jobs', 404],
    [`/v1/jobs/${'a'.repeat(9_000)}`, 400],
    [`/${'a'.repeat(20_000)}`, 431],
    [`/${'a/'.repeat(4_000)}`, 404],
    ['/v1/jobs?__proto__=1', 400],
    ['/v1/jobs?constructor=1', 400],
    ['/v1/jobs?type=%00', 400],
    ['/v1/jobs?limit=1&limit=2', 400],
    [`/v1/jobs?cursor=${Buffer.alloc(16, 0xff).toString('base64url')}`, 400],
    [`/v1/jobs?cursor=${Buffer.from('a-schedule').toString('base64url')}`, 400],
    [`/v1/schedules?cursor=${Buffer.from('a\0').toString('base64url')}`, 400],
    [`/v1/schedules?cursor=${Buffer.alloc(16, 0xff).toString('base64url')}`, 400],
    ['/v1/messages?cursor=AAAAAAAAAAAAAAAAAAAAAA', 200],
    [`${JOB}?wait=-1`, 400],
    [`${JOB}?wait=1e999`, 400],
    [`${JOB}?wait=NaN`, 400],
  ];
  it.each(cases.map(([path, status]) => ({ name: path.slice(0, 60), path, status })))(
    '$name gets $status',
    async ({ path, status }) => {
      expect((await send(rawRequest('GET', path))).status).toBe(status);
    },
  );
});

describe('invalid HTTP', () => {
  const many = (count: number) => Array.from({ length: count }, (_, index) => [`x-${index}`, 'v'] as const);
  const typed = ['content-type', JSON_TYPE] as const;
  it.each<[what: string, bytes: Buffer, status: number]>([
    ['400 headers', rawRequest('GET', '/health-alive', many(400)), 200],
    ['a header of 20 KB', rawRequest('GET', '/health-alive', [['x', 'v'.repeat(20_000)]]), 431],
    ['headers of 100 KB', rawRequest('GET', '/health-alive', [['x', 'v'.repeat(100_000)]]), 431],
    ['the header __proto__', rawRequest('GET', '/health-alive', [['__proto__', 'x']]), 200],
    ['NUL in a header', rawRequest('GET', '/health-alive', [['x', 'a\0']]), 400],
    ['another content type', rawBody('POST', '/v1/jobs', 'text/plain; charset=\u00ff', '{}'), 415],
    [
      'two content types',
      rawBody('POST', '/v1/jobs', JSON_TYPE, '{}', [['content-type', 'text/plain']]),
      415,
    ],
    ['no content type', rawRequest('POST', '/v1/jobs', [['content-length', '2']], '{}'), 415],
    ['a negative length', rawRequest('POST', '/v1/jobs', [typed, ['content-length', '-1']], '{}'), 400],
    ['two lengths', rawBody('POST', '/v1/jobs', JSON_TYPE, '{}', [['content-length', '3']]), 400],
    [
      'both a length and chunks',
      rawBody('POST', '/v1/jobs', JSON_TYPE, '{}', [['transfer-encoding', 'chunked']]),
      400,
    ],
    [
      'an invalid chunk',
      rawRequest('POST', '/v1/jobs', [typed, ['transfer-encoding', 'chunked']], 'zz\r\n'),
      400,
    ],
    ['an unknown method', rawRequest('RUBBISH', '/v1/jobs'), 400],
    ['HEAD', rawRequest('HEAD', '/v1/jobs'), 405],
    ['OPTIONS', rawRequest('OPTIONS', '/v1/jobs'), 405],
    ['TRACE', rawRequest('TRACE', '/v1/jobs'), 405],
    ['CONNECT', rawRequest('CONNECT', 'errand:443'), 0],
    ['a TLS greeting', Buffer.from([0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0]), 400],
  ])('gets the right status for %s', async (_what, bytes, status) => {
    expect((await send(bytes)).status).toBe(status);
  });

  it('can send a body in chunks like any other body', async () => {
    const chunks = '1\r\n{\r\n1\r\n}\r\n0\r\n\r\n';
    const bytes = rawRequest('POST', '/v1/uploads', [typed, ['transfer-encoding', 'chunked']], chunks);
    expect((await send(bytes)).status).toBe(201);
  });
});

describe('a form is refused', () => {
  const part = (name: string, value: string, more = '') =>
    `--B\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${value}\r\n`;
  const file = part('file', 'x', '; filename="x"');
  const form = (...parts: string[]) => `${parts.join('')}--B--\r\n`;
  const BOUND = 'multipart/form-data; boundary=B';
  it.each<[why: string, type: string, body: string, ...refusal: unknown[]]>([
    ['without a boundary', 'multipart/form-data', 'x', 400, 'headers.content-type'],
    ['without a file', BOUND, form(part('type', 'sleep')), 422, 'file'],
    ['with two files', BOUND, form(file, file), 422, 'file'],
    ['without its end', BOUND, file, 400, 'body'],
    ['with the field __proto__', BOUND, form(file, part('__proto__', 'x')), 422, '__proto__'],
    ['with NUL in a field', BOUND, form(file, part('type', 'a\0')), 422, 'type'],
    ['with a huge field', BOUND, form(file, part('object_id', 'x'.repeat(2_000_000))), 422, 'object_id'],
    [
      'with a number of 500 digits',
      BOUND,
      form(file, part('delay_seconds', '1'.repeat(500))),
      422,
      'delay_seconds',
    ],
    [
      'of 5,000 parts',
      BOUND,
      form(...Array.from({ length: 5_000 }, (_, i) => part(`f${i}`, ''))),
      422,
      'body',
    ],
  ])('%s', async (_why, type, body, ...refusal) => {
    expect(await refusalOf(send(rawBody('POST', '/v1/jobs', type, body)))).toEqual(refusal);
  });
});

describe('rubbish', () => {
  const runs = { numRuns: 60, seed: 20_261_122, endOnFailure: true };
  const awkward = fc.constantFrom('\0', '\ud800', '__proto__', 'constructor', '\u202e', '-0', '1e400', '');
  const string = fc.oneof(awkward, anyText(80));
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      string,
      fc.double(),
      fc.maxSafeInteger(),
      fc.constantFrom(null, true),
      tie('list'),
      tie('map'),
    ),
    list: fc.array(tie('tree'), { maxLength: 4 }),
    map: fc.dictionary(string, tie('tree'), { maxKeys: 4 }),
  }));
  const fields = [
    'object_id',
    'type',
    'payload',
    'run_at',
    'callback_url',
    'max_attempts',
    'jobs',
    'to',
    'content',
  ];
  const more = ['content_type', 'bytes', 'rate', 'cron', 'timezone', 'start_at', 'end_at', 'job', 'state'];
  const body = fc.dictionary(fc.constantFrom(...fields, ...more), tree, { maxKeys: 4 });
  const posted = fc.constantFrom('/v1/jobs', '/v1/jobs/batch', '/v1/messages', '/v1/uploads');

  it('in a JSON body gets a harmless response', async () => {
    await fc.assert(
      fc.asyncProperty(posted, body, async (path, value) => {
        await post(path, JSON.stringify(value));
        await send(rawBody('PUT', '/v1/schedules/any', JSON_TYPE, JSON.stringify(value)));
      }),
      runs,
    );
  });

  it('in the bytes of a body, with any content type, gets a harmless response', async () => {
    const type = fc.constantFrom(
      JSON_TYPE,
      'multipart/form-data; boundary=B',
      'text/plain',
      '',
      '\u00ff/\u0001;;=',
    );
    await fc.assert(
      fc.asyncProperty(posted, type, fc.uint8Array({ maxLength: 300 }), async (path, contentType, bytes) => {
        await send(rawBody('POST', path, contentType, Buffer.from(bytes)));
      }),
      runs,
    );
  });

  it('in a path, a query or a header gets a harmless response', async () => {
    const lists = fc.constantFrom('/v1/jobs', '/v1/schedules', '/v1/messages', '/messages/sent');
    const parameter = fc.constantFrom('cursor', 'wait', 'limit', 'status', 'object_id', '__proto__');
    const text = string.map((value) => encodeURIComponent(value.toWellFormed()));
    await fc.assert(
      fc.asyncProperty(
        lists,
        parameter,
        text,
        fc.string({ maxLength: 30 }),
        async (path, name, value, header) => {
          await send(rawRequest('GET', `${path}?${name}=${value}`, [['if-none-match', header]]));
          await send(rawRequest('GET', `${path}/${value}`, [['accept-encoding', header]]));
        },
      ),
      runs,
    );
  });
});
