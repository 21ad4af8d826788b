import { LOOPBACK } from './messages-url.ts';

/** Whether tokens may be trusted that name this issuer: its keys are fetched by HTTPS, or from this machine. */
export function isIssuer(text: string): boolean {
  const url = URL.parse(text);
  if (!url || text.length > 500 || url.username !== '' || url.search !== '' || url.hash !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.test(url.hostname));
}
