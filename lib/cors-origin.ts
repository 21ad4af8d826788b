import { LOOPBACK } from './messages-url.ts';

/** Every origin there is: an entry that stands alone. */
export const ANY_ORIGIN = '*';

/**
 * Whether a text is the origin of web pages as a browser sends it: `https://app.example.com`, `https://app.example.com:8443`, or of
 * this machine `http://localhost:5173`. API Gateway compares it letter by letter, so what a browser would write otherwise (a path,
 * a slash at the end, a capital letter, the scheme's own port) would never match.
 */
export function isCorsOrigin(text: string): boolean {
  const url = URL.parse(text);
  // A URL may have an asterisk in its host, and API Gateway would read a pattern in it.
  if (url?.origin !== text || text.includes('*')) return false;
  if (url.protocol === 'https:') return true;
  return url.protocol === 'http:' && (url.hostname === 'localhost' || LOOPBACK.test(url.hostname));
}
