import * as z from 'zod/mini';

/** Headers that control the connection (RFC 9110, 7.6.1), and headers that describe the body's framing and encoding. */
const CONNECTION_HEADERS = [
  'accept-encoding',
  'connection',
  'content-encoding',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/** Headers that receivers rely on: the sender, the job, and the signature. */
const ERRAND_HEADERS = [
  'idempotency-key',
  'user-agent',
  'webhook-id',
  'webhook-timestamp',
  'webhook-signature',
];
const RESERVED = new Set([...CONNECTION_HEADERS, ...ERRAND_HEADERS]);
const RESERVED_PREFIXES = ['errand-', 'proxy-'];

const MAX_HEADERS = 20;
const MAX_VALUE = 2_048;

/** Matches an RFC 9110 token of at most 100 characters. */
const NAME = /^[!#$%&'*+.^_`|~0-9a-zA-Z-]{1,100}$/;

/** Matches a header value of visible ASCII characters, which may have spaces and tabs between them. The value may be empty. */
const VALUE = /^$|^[\x21-\x7e]([\t\x20-\x7e]*[\x21-\x7e])?$/;

/**
 * The headers that a `webhook` job's payload adds to the request. The payload must not set connection headers or Errand's own
 * headers.
 */
export const customHeaders = z
  .record(
    z.string(),
    z
      .string('must be a string')
      .check(
        z.maxLength(MAX_VALUE, `must have at most ${MAX_VALUE} characters`),
        z.regex(VALUE, 'must consist of visible ASCII characters, with spaces only between them'),
      ),
    'must be an object of header names and values',
  )
  .check(
    z.superRefine((headers, context) => {
      const refuse = (message: string, ...path: string[]): void => {
        context.addIssue({ code: 'custom', message, path });
      };
      const names = Object.keys(headers);
      if (names.length > MAX_HEADERS) refuse(`must have at most ${MAX_HEADERS} headers`);
      const seen = new Set<string>();
      for (const name of names) {
        const lowerCase = name.toLowerCase();
        if (!NAME.test(name)) refuse('is not a header name', name);
        else if (isReserved(lowerCase)) refuse('is set by the service or the connection; leave it out', name);
        else if (seen.has(lowerCase)) refuse('occurs twice, in different cases', name);
        seen.add(lowerCase);
      }
    }),
  );

function isReserved(name: string): boolean {
  return RESERVED.has(name) || RESERVED_PREFIXES.some((prefix) => name.startsWith(prefix));
}
