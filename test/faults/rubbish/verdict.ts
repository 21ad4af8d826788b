import { cbor } from '@smithy/core/cbor';
import { SyntaxValidator } from 'fast-xml-validator';
import { homedir, tmpdir } from 'node:os';
import { PROJECT } from '../../helpers/stack.ts';
import type { Answer } from './exchange.ts';

/** Strings that an error must not reveal: a stack trace, or a path on this machine. */
const LEAKS = [
  /\n\s*at |\bat \S+ \(|\bat (?:async )?\S+:\d+:\d+/,
  /node_modules|file:\/\/|node:internal/,
  /\b(?:TypeError|RangeError|URIError|ReferenceError|SyntaxError)\b/,
  /Cannot read propert|is not a function|is not iterable|Maximum call stack/,
];
const PATHS = [PROJECT, tmpdir(), homedir()].filter((path) => path.length > 3 || path === '/tmp');

/** A character that XML 1.0 does not allow: https://www.w3.org/TR/xml/#charsets */
const NOT_XML = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;

/**
 * Returns the fault in a response.
 *
 * @returns undefined for a success, for a well-formed AWS protocol error, and for the HTTP server's empty response to invalid HTTP
 */
export function faultOf({ status, headers, body }: Answer): string | undefined {
  if (!(status >= 200 && status < 600)) return 'has no valid status';
  const type = headers['content-type'] ?? '';
  const text = body.toString();
  // S3 responds with 501 (NotImplemented) to operations that it does not implement. The response to a HEAD request does not have a body.
  const isNotImplemented = status === 501 && (text === '' || text.includes('<Code>NotImplemented</Code>'));
  if (status >= 500 && !isNotImplemented) return 'is a fault of the service';
  if (status < 400) return type.includes('xml') ? faultOfXml(text) : undefined;
  const leak = LEAKS.find((each) => each.test(text));
  if (leak) return `reveals ${String(leak)}`;
  const path = PATHS.find((each) => text.includes(each));
  if (path !== undefined) return 'reveals a path of this machine';
  if (body.length === 0) return undefined;
  if (type.startsWith('application/cbor')) return faultOfMembers(headers, () => cbor.deserialize(body));
  if (/^application\/(x-amz-)?json/.test(type)) return faultOfMembers(headers, () => JSON.parse(text));
  if (type.includes('xml'))
    return faultOfXml(text) ?? (/<Code>\w+<\/Code>/.test(text) ? undefined : 'has no code');
  return `has the content type "${type}"`;
}

function faultOfMembers(headers: Answer['headers'], read: () => unknown): string | undefined {
  let members: Record<string, unknown>;
  try {
    members = read() as Record<string, unknown>;
  } catch {
    return 'cannot be parsed';
  }
  const type = members.__type ?? headers['x-amzn-errortype'];
  const message = members.message ?? members.Message;
  if (typeof message !== 'string') return 'has no message';
  // The embedded cloud's own pages do not follow an AWS protocol.
  return typeof type === 'string' || headers['x-amzn-requestid'] === undefined || members.__type === undefined
    ? undefined
    : 'names no exception';
}

function faultOfXml(text: string): string | undefined {
  if (NOT_XML.test(text)) return 'has a character that XML does not allow';
  try {
    SyntaxValidator.validate(text, { multipleRoots: false });
    return undefined;
  } catch (error) {
    return `is not valid XML: ${String(error)}`;
  }
}
