import { isHostEntry } from './host-entry.ts';

/** In characters: a function's variables have 4 KB in all, and the hosts of webhooks may take 2,000 of them. */
const MAX_LENGTH = 1_000;

/** The addresses of this machine, as {@link URL} writes them. */
export const LOOPBACK = /^(127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])$/;

/** The scheme and the host of a URL as they are written. */
const ORIGIN = /^https?:\/\/[^/?#]*/i;

/**
 * Whether messages may be sent to a URL: by HTTPS, since a key goes with them, or to this machine. Its host must be written as it is:
 * `https://2130706433/` is this machine, and nobody who reads it would know.
 */
export function isMessagesUrl(text: string): boolean {
  const url = URL.parse(text);
  if (!url || text.length > MAX_LENGTH || url.username !== '' || url.password !== '' || url.hash !== '') {
    return false;
  }
  if (!isHostEntry(ORIGIN.exec(text)?.[0] ?? '')) return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.test(url.hostname));
}
