import { describe, expect, it } from '@jest/globals';
import { customHeaders } from '../../../../lambdas/jobs/webhooks/custom-headers.ts';

/** Returns the invalid fields with their problems. */
function problemsOf(headers: unknown): string[] {
  const issues = customHeaders.safeParse(headers).error?.issues ?? [];
  return issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
}

describe("a submission's custom headers", () => {
  it.each([
    {},
    { authorization: 'Bearer abc.def' },
    { 'X-Trace': 'a b\tc', 'content-type': 'application/cloudevents+json', cookie: 'a=b; c=d' },
    { 'x-empty': '' },
  ])('may be %j', (headers) => {
    expect(problemsOf(headers)).toEqual([]);
  });

  it.each([
    'Host',
    'content-length',
    'Transfer-Encoding',
    'Connection',
    'Keep-Alive',
    'TE',
    'Trailer',
    'Upgrade',
    'Expect',
    'Proxy-Authorization',
    'Proxy-Connection',
    'Accept-Encoding',
    'Content-Encoding',
    'Idempotency-Key',
    'Errand-Signature',
    'ERRAND-anything',
    'User-Agent',
    'Webhook-Id',
    'webhook-timestamp',
    'webhook-signature',
  ])('may not be %s', (name) => {
    expect(problemsOf({ [name]: 'x' })).toEqual([
      `${name}: is set by the service or the connection; leave it out`,
    ]);
  });

  it.each(['', 'a b', 'a:b', 'a\r\nb', 'ä', 'x'.repeat(101)])('must have valid names, unlike %p', (name) => {
    expect(problemsOf({ [name]: 'x' })).toEqual([`${name}: is not a header name`]);
  });

  it.each(['a\r\nx-evil: 1', 'a\nb', 'a\0b', ' a', 'a ', 'ä', '\t'])(
    'must have valid values, unlike %p',
    (value) => {
      expect(problemsOf({ 'x-a': value })).toEqual([
        'x-a: must consist of visible ASCII characters, with spaces only between them',
      ]);
    },
  );

  it('must be strings, each given once, and not too many or too long', () => {
    expect(problemsOf({ 'x-a': 1 })).toEqual(['x-a: must be a string']);
    expect(problemsOf([])).toEqual([': must be an object of header names and values']);
    expect(problemsOf({ 'X-A': '1', 'x-a': '2' })).toEqual(['x-a: occurs twice, in different cases']);
    expect(problemsOf({ 'x-a': 'x'.repeat(2_049) })).toEqual(['x-a: must have at most 2048 characters']);
    const many = Object.fromEntries(Array.from({ length: 21 }, (_, index) => [`x-${index}`, '']));
    expect(problemsOf(many)).toEqual([': must have at most 20 headers']);
  });
});
