import { readHost } from '../../lambdas/access/host-entry.ts';

/** Matches the loopback addresses, as {@link URL} formats them. */
const LOOPBACK = /^(127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])$/;

/** Matches the scheme and the host of a URL, as written. */
const ORIGIN = /^https?:\/\/[^/?#]*/i;

/**
 * The maximum length of MESSAGES_URL, in characters. A function's environment is limited to 4 KB, and the webhook hosts may take 2,000 bytes of
 * it.
 */
const MAX_MESSAGES_URL = 1_000;

/** The `corsOrigins` entry that allows every origin. It must be the only entry. */
export const ANY_ORIGIN = '*';

/**
 * Whether messages may be sent to a URL. Each request contains a key, so the URL must use HTTPS or point to this machine. The host must be
 * in canonical form: `https://2130706433/` points to this machine, but no reader would recognize it.
 */
export function isMessagesUrl(text: string): boolean {
  const url = URL.parse(text);
  if (!url || text.length > MAX_MESSAGES_URL) return false;
  if (url.username !== '' || url.password !== '' || url.hash !== '') return false;
  return readHost(ORIGIN.exec(text)?.[0] ?? '') !== undefined && isHttpsOrLoopback(url);
}

/**
 * Whether a string is a URL that uses HTTPS or points to this machine, and has no query. An issuer's URL must be secure because keys are fetched
 * from it; an approval link must be secure because the link is a credential.
 */
export function isSecureUrl(text: string): boolean {
  const url = URL.parse(text);
  if (!url || text.length > 500 || url.username !== '' || url.search !== '' || url.hash !== '') return false;
  return isHttpsOrLoopback(url);
}

/**
 * Whether a string is an origin in exactly the form that a browser sends: `https://app.example.com`, `https://app.example.com:8443`, or
 * on this machine `http://localhost:5173`. API Gateway compares origins character by character. An origin with a path, a trailing slash, a
 * capital letter or the default port would therefore never match.
 */
export function isCorsOrigin(text: string): boolean {
  const url = URL.parse(text);
  // Reject asterisks: a URL's host may contain them, but API Gateway would treat them as wildcards.
  if (url?.origin !== text || text.includes('*')) return false;
  return isHttpsOrLoopback(url) || (url.protocol === 'http:' && url.hostname === 'localhost');
}

function isHttpsOrLoopback({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname));
}
