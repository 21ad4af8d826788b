import { describe, expect, it } from '@jest/globals';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import fc from 'fast-check';
import { InvalidRequestError } from '../../../lambdas/job/errors.ts';
import { readJsonBody } from '../../../lambdas/middleware/json-body.ts';
import { HttpError } from '../../../lambdas/middleware/problem.ts';
import { anyText } from '../../helpers/any-text.ts';

const MAX_BYTES = 1_000;

/** Parses the body of an API Gateway event. */
function parse(event: Partial<APIGatewayProxyEventV2>, maxBytes = MAX_BYTES): unknown {
  const json = { headers: { 'content-type': 'application/json' }, ...event };
  return readJsonBody(json as APIGatewayProxyEventV2, { maxBytes });
}

const parseText = (body: string): unknown => parse({ body });

/** Parses an event whose body must be refused, and returns the refusal. */
function refusalOf(
  event: Partial<APIGatewayProxyEventV2>,
  maxBytes?: number,
): HttpError | InvalidRequestError {
  try {
    parse(event, maxBytes);
  } catch (error) {
    if (error instanceof HttpError || error instanceof InvalidRequestError) return error;
    throw error;
  }
  throw new Error('The body was taken.');
}

const fieldsOf = (body: string, maxBytes?: number): string[] =>
  refusalOf({ body }, maxBytes).errors.map(({ field }) => field);

describe('a JSON body', () => {
  it('is accepted', () => {
    expect(parseText('{"a": [1, "ä", null]}')).toEqual({ a: [1, 'ä', null] });
  });

  it('is decoded from base64', () => {
    const body = Buffer.from('{"a":"ä"}').toString('base64');
    expect(parse({ body, isBase64Encoded: true })).toEqual({ a: 'ä' });
  });

  it('is refused if API Gateway has replaced invalid UTF-8 by U+FFFD', () => {
    const sent = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]);
    const headers = { 'content-type': 'application/json', 'content-length': String(sent.length) };
    expect(refusalOf({ headers, body: sent.toString() })).toMatchObject({
      status: 400,
      slug: 'malformed-body',
    });
  });

  it('is accepted with a U+FFFD that the client sent', () => {
    const body = '{"a":"\ufffd"}';
    const headers = { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) };
    expect(parse({ headers, body })).toEqual({ a: '\ufffd' });
  });

  it('is accepted, whatever JSON it contains', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), (text) => {
        // Numbers that would lose precision and values that a store can't keep are refused. All other values must stay unchanged.
        let parsed: unknown;
        try {
          parsed = parse({ body: text }, 1_000_000);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidRequestError);
          return;
        }
        expect(parsed).toStrictEqual(JSON.parse(text));
      }),
    );
  });

  it.each([
    'application/json',
    'application/json; charset=utf-8',
    'Application/JSON',
    'application/vnd.errand+json',
  ])('can have the content type %s', (type) => {
    expect(parse({ body: '1', headers: { 'content-type': type } })).toBe(1);
  });

  it('is refused with any other content type, or none', () => {
    for (const headers of [{}, { 'content-type': 'text/plain' }, { 'content-type': 'application/jsonp' }]) {
      const refusal = refusalOf({ body: '{}', headers });
      expect(refusal).toMatchObject({ status: 415, headers: { accept: 'application/json' } });
      expect(refusal.errors).toMatchObject([{ field: 'headers.content-type' }]);
    }
  });

  it.each(['', ' \n', '{', '{"a":1,}', "{'a':1}", 'NaN', '[1 2]', 'undefined', '\0'])(
    'that is not JSON is refused: %j',
    (body) => {
      expect(refusalOf({ body })).toMatchObject({ status: 400, errors: [{ field: 'body' }] });
    },
  );

  it('that is missing is refused', () => {
    expect(refusalOf({})).toMatchObject({ status: 400, errors: [{ field: 'body' }] });
  });

  it('that is not UTF-8 is refused', () => {
    const body = Buffer.from([0x22, 0xff, 0x22]).toString('base64');
    expect(refusalOf({ body, isBase64Encoded: true })).toMatchObject({ status: 400 });
  });
});

describe('the size of a body', () => {
  it('counts bytes, not characters', () => {
    const body = JSON.stringify('ä'.repeat(499));
    expect(body).toHaveLength(501);
    expect(parse({ body })).toHaveLength(499);
    expect(refusalOf({ body: JSON.stringify('ä'.repeat(500)) })).toMatchObject({
      status: 413,
      errors: [{ field: 'body' }],
    });
  });

  it('is checked before the content', () => {
    expect(refusalOf({ body: '{'.repeat(MAX_BYTES + 1) })).toMatchObject({ status: 413 });
  });
});

describe('a value that no store can keep is refused with the field’s name', () => {
  it.each([
    ['{"payload":{"a":[0,"x\\u0000"]}}', 'payload.a.1'],
    ['{"object_id":"\\ud800"}', 'object_id'],
    ['"\\u0000"', 'body'],
    ['{"payload":{"seconds":12345678901234567890}}', 'payload.seconds'],
    ['{"payload":{"list":[1,{"n":1e999}]}}', 'payload.list.1.n'],
    ['[9007199254740993]', '0'],
    ['-9007199254740993', 'body'],
  ])('%s', (body, field) => {
    expect(fieldsOf(body)).toEqual([field]);
  });

  it('as JSON, if no store can keep the name either', () => {
    expect(fieldsOf('{"a\\u0000b":1}')).toEqual(['"a\\u0000b"']);
  });

  it('if it is nested in more than 64 levels', () => {
    const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
    expect(parseText(nested(64))).toBeDefined();
    expect(refusalOf({ body: nested(65) })).toBeInstanceOf(InvalidRequestError);
    expect(refusalOf({ body: '{"a":'.repeat(65) + '1' + '}'.repeat(65) })).toBeInstanceOf(
      InvalidRequestError,
    );
  });

  it('if it is nested more deeply than any stack, even with a number inside that loses precision', () => {
    const levels = 100_000;
    const body = '['.repeat(levels) + '12345678901234567890' + ']'.repeat(levels);
    expect(refusalOf({ body }, 1_000_000)).toBeInstanceOf(InvalidRequestError);
  });

  it('with at most twenty fields', () => {
    expect(fieldsOf(JSON.stringify(Array(100).fill('\0')))).toHaveLength(20);
    expect(fieldsOf(`[${Array(30).fill('12345678901234567890').join()}]`)).toHaveLength(20);
  });

  it('in a short response, however long the names are', () => {
    const name = 'x'.repeat(200_000);
    const refusal = refusalOf({ body: JSON.stringify({ [name]: Array(20).fill('\0') }) }, 1_000_000);
    expect(JSON.stringify(refusal.errors).length + refusal.message.length).toBeLessThan(50_000);
  });
});

describe('a number', () => {
  it.each([
    '9007199254740991',
    '-9007199254740991',
    '0.1',
    '1e21',
    '1.7976931348623157e308',
    '1e-400',
    '12345678901234567.5',
  ])('that JavaScript represents well enough is accepted: %s', (text) => {
    expect(parseText(text)).toBe(Number(text));
  });

  it.each(['9007199254740992', '1e309', '-1E+309', '1e0000309'])(
    'that JavaScript cannot represent is refused: %s',
    (text) => {
      expect(fieldsOf(text)).toEqual(['body']);
    },
  );

  it('is refused if and only if it is an integer that JavaScript would read as another one', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }), (integer) => {
        const isExact = Number.isSafeInteger(Number(integer));
        if (isExact) expect(parseText(String(integer))).toBe(Number(integer));
        else expect(fieldsOf(String(integer))).toEqual(['body']);
      }),
    );
  });
});

describe('any input', () => {
  it('is accepted or refused, without other errors', () => {
    const pieces = [
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '\\',
      '\\u0000',
      '\\ud800',
      '1',
      'e999',
      '-',
      'null',
      '__proto__',
      'é',
    ];
    const soup = fc.array(fc.constantFrom(...pieces), { maxLength: 30 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.oneof(soup, anyText()), fc.boolean(), (body, isBase64Encoded) => {
        try {
          parse({ body, isBase64Encoded });
        } catch (error) {
          expect(error instanceof HttpError || error instanceof InvalidRequestError).toBe(true);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
