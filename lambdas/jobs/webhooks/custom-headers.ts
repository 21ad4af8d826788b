import * as z from 'zod/mini';

/** What belongs to one connection (RFC 9110, 7.6.1), and what the body's framing and coding depend on. */
const OF_THE_CONNECTION = [
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

/** What a receiver must be able to trust: who sent it, for which job, and that the signature proves it. */
const OURS = ['idempotency-key', 'user-agent', 'webhook-id', 'webhook-timestamp', 'webhook-signature'];
const RESERVED = new Set([...OF_THE_CONNECTION, ...OURS]);
const RESERVED_PREFIXES = ['errand-', 'proxy-'];

const MAX_HEADERS = 20;
const MAX_VALUE = 2_048;

/** A token of RFC 9110. */
const NAME = /^[!#$%&'*+.^_`|~0-9a-zA-Z-]{1,100}$/;

/** Visible ASCII with spaces and tabs within. */
const VALUE = /^$|^[\x21-\x7e]([\t\x20-\x7e]*[\x21-\x7e])?$/;

/** Headers that a submission adds to its request: not those of the connection, and none of ours. */
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
        if (!NAME.test(name)) refuse('is not the name of a header', name);
        else if (isReserved(lowerCase)) refuse('is set by the service or the connection; leave it out', name);
        else if (seen.has(lowerCase)) refuse('is given twice, in upper and lower case', name);
        seen.add(lowerCase);
      }
    }),
  );

function isReserved(name: string): boolean {
  return RESERVED.has(name) || RESERVED_PREFIXES.some((prefix) => name.startsWith(prefix));
}
