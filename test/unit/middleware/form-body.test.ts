import { describe, expect, it } from '@jest/globals';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import fc from 'fast-check';
import { readBody } from '../../../lambdas/api/request.ts';
import { InvalidRequestError } from '../../../lambdas/job/errors.ts';

import { HttpError } from '../../../lambdas/middleware/problem.ts';

const MAX_FILE_BYTES = 100_000;

/** Parses the body of an API Gateway event. */
async function parse(event: Partial<APIGatewayProxyEventV2>): ReturnType<typeof readBody> {
  return readBody({ headers: {}, ...event } as APIGatewayProxyEventV2, {
    maxBytes: 1_000,
    form: {
      maxFileBytes: MAX_FILE_BYTES,
      adviceForLargeFiles: 'Ask for an upload.',
      fields: () => ({ json: ['payload'], number: ['delay_seconds'], list: ['tags'] }),
    },
  });
}

/** Encodes a form as a browser does. */
async function form(
  entries: [name: string, value: string | Blob][],
): Promise<{ body: Buffer; type: string }> {
  const data = new FormData();
  for (const [name, value] of entries) data.append(name, value);
  const response = new Response(data);
  const type = response.headers.get('content-type') ?? '';
  return { body: Buffer.from(await response.arrayBuffer()), type };
}

const event = ({ body, type }: { body: Buffer; type: string }): Partial<APIGatewayProxyEventV2> => ({
  headers: { 'content-type': type },
  body: body.toString('base64'),
  isBase64Encoded: true,
});

const parseForm = async (...entries: [name: string, value: string | Blob][]) =>
  parse(event(await form(entries)));

/** Returns a refusal's status and the refused fields. */
async function refusal(parsing: Promise<unknown>): Promise<{ status: number; fields: string[] }> {
  try {
    await parsing;
  } catch (error) {
    if (error instanceof HttpError)
      return { status: error.status, fields: error.errors.map(({ field }) => field) };
    if (error instanceof InvalidRequestError)
      return { status: 422, fields: error.errors.map(({ field }) => field) };
    throw error;
  }
  throw new Error('The body was taken.');
}

const FILE: [string, Blob] = ['file', new Blob(['ERROR one\n'], { type: 'text/plain' })];

describe('a form', () => {
  it('becomes the equivalent JSON body, and a file', async () => {
    const { body, file } = await parseForm(
      ['type', 'analyze'],
      ['object_id', '7'],
      ['delay_seconds', '2'],
      ['payload', '{"patterns": ["ERROR", "ä"]}'],
      FILE,
    );
    expect(body).toEqual({
      type: 'analyze',
      object_id: '7',
      delay_seconds: 2,
      payload: { patterns: ['ERROR', 'ä'] },
    });
    expect(file?.bytes.toString()).toBe('ERROR one\n');
    expect(file?.contentType).toBe('text/plain');
  });

  it.each<[how: string, tags: string[], read: unknown[]]>([
    ['one string', ['a'], ['a']],
    ['one field for each string', ['a', ' b'], ['a', ' b']],
    ['a JSON array', ['["a", "b"]'], ['a', 'b']],
    ['an empty JSON array', ['[ ] '], []],
    ['both', ['a', '["[b]"]'], ['a', '[b]']],
  ])('can contain a list as %s', async (_how, tags, read) => {
    const { body } = await parseForm(...tags.map((tag): [string, string] => ['tags', tag]), FILE);
    expect(body).toEqual({ tags: read });
  });

  it('keeps every byte of its file', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 3_000 }), async (bytes) => {
        const { file } = await parseForm(['file', new Blob([Uint8Array.from(bytes)])]);
        expect(file?.bytes.equals(bytes)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('can have an empty file, and its file first', async () => {
    const { body, file } = await parseForm(['file', new Blob([])], ['type', 'analyze']);
    expect(file?.bytes).toHaveLength(0);
    expect(body).toEqual({ type: 'analyze' });
  });

  it('is distinguished from JSON only by its content type', async () => {
    const json = { headers: { 'content-type': 'application/json' }, body: '{"type":"sleep"}' };
    expect(await parse(json)).toMatchObject({ body: { type: 'sleep' } });
    expect(await parse(json)).not.toHaveProperty('file');
  });
});

describe('a form is refused', () => {
  it.each<[why: string, entries: [string, string | Blob][], status: number, fields: string[]]>([
    ['without a file', [['type', 'analyze']], 422, ['file']],
    ['with two files', [FILE, FILE], 422, ['file']],
    ['with a field twice', [['type', 'a'], ['type', 'b'], FILE], 422, ['type']],
    ['with a payload that is no JSON', [['payload', '{"a":'], FILE], 400, ['payload']],
    ['with a list that is no JSON array', [['tags', '[a, b]'], FILE], 400, ['tags']],
    ['with a list that closes more than it opens', [['tags', '["a"],"x":["b"]'], FILE], 400, ['tags']],
    ['with an empty payload', [['payload', ''], FILE], 400, ['payload']],
    ['with a payload that closes more than it opens', [['payload', '1},"x":{"y":1'], FILE], 400, ['payload']],
    ['with the character NUL in its payload', [['payload', '{"a":"\\u0000"}'], FILE], 422, ['payload.a']],
    [
      'with a number that JavaScript would change',
      [['payload', '[9007199254740993]'], FILE],
      422,
      ['payload.0'],
    ],
    ['with a field that is no UTF-8', [['type', new Blob([Uint8Array.of(0xff)])], FILE], 400, ['type']],
    ['with a file that is too large', [['file', new Blob(['x'.repeat(MAX_FILE_BYTES + 1)])]], 413, ['file']],
    ['with very many fields', Array.from({ length: 40 }, (_, n) => [`f${n}`, 'x']), 422, ['body']],
  ])('%s', async (_why, entries, status, fields) => {
    expect(await refusal(parseForm(...entries))).toEqual({ status, fields });
  });

  it('with advice on what to do with a large file', async () => {
    const parsing = parseForm(['file', new Blob(['x'.repeat(MAX_FILE_BYTES + 1)])]);
    await expect(parsing).rejects.toThrow(
      'The file has 100001 bytes; a request accepts at most 100000. Ask for',
    );
  });

  it('without a boundary in its content type', async () => {
    const { body } = await form([FILE]);
    const answer = await refusal(parse(event({ body, type: 'multipart/form-data' })));
    expect(answer).toEqual({ status: 400, fields: ['headers.content-type'] });
  });

  it('if a part has no name', async () => {
    const body = Buffer.from('--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n');
    expect(await refusal(parse(event({ body, type: 'multipart/form-data; boundary=b' })))).toEqual({
      status: 400,
      fields: ['body'],
    });
  });

  it('if it is cut off anywhere', async () => {
    const { body, type } = await form([['type', 'analyze'], ['payload', '{"patterns": ["a"]}'], FILE]);
    // Once the closing boundary begins, all parts are complete, so the test cuts the body off before that boundary.
    const lastPart = body.lastIndexOf('\r\n--');
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: lastPart }), async (length) => {
        const cut = { body: body.subarray(0, length), type };
        expect([400, 422]).toContain((await refusal(parse(event(cut)))).status);
      }),
    );
  });

  it('or accepted, whatever its bytes are, without other errors', async () => {
    const { body, type } = await form([['type', 'analyze'], FILE]);
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: body.length }), fc.uint8Array({ maxLength: 20 }), async (at, junk) => {
        const damaged = Buffer.concat([body.subarray(0, at), junk, body.subarray(at + junk.length)]);
        const outcome = await refusal(parse(event({ body: damaged, type }))).catch((error: unknown) => error);
        if (outcome instanceof Error) expect(outcome.message).toBe('The body was taken.');
      }),
    );
  });
});
