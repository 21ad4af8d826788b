import { isHostEntry } from './host-entry.ts';

/** In characters: a function's variables have 4 KB in all, and the hosts of webhooks may take 2,000 of them. */
const MAX_LENGTH = 1_000;

/** The addresses of this machine, as {@link URL} writes them. */
export const LOOPBACK = /^(127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])$/;

/** Whether messages may be sent to a URL: by HTTPS, since a key goes with them, or to this machine. */
export function isMessagesUrl(text: string): boolean {
  const url = URL.parse(text);
  if (!url || text.length > MAX_LENGTH || url.username !== '' || url.password !== '' || url.hash !== '') {
    return false;
  }
  if (url.protocol === 'https:') return isHostEntry(url.origin);
  return url.protocol === 'http:' && LOOPBACK.test(url.hostname);
}
