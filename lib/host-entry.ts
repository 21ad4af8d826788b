import { isIP } from 'node:net';

/** A scheme or none, a wildcard or none, and a host with a port or none: no path, no credentials. */
const ENTRY = /^(https?:\/\/)?(\*\.)?([^*/?#@\\\s]+)$/i;

/** At least two labels: a name without a dot, such as `localhost`, never leads to a public address. */
const NAME = /^([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'https:': '443', 'http:': '80' };

/**
 * Whether a text names hosts that webhooks may go to: `example.com`, `example.com:8443`, `*.example.com`, or with its
 * scheme `http://127.0.0.1:8080`. An address must be written as it is: `127.1` is a slip, or worse.
 */
export function isHostEntry(entry: string): boolean {
  const [, scheme = 'https://', wildcard, authority = ''] = ENTRY.exec(entry) ?? [];
  const url = URL.parse(scheme + authority);
  if (!url) return false;
  const { host, hostname, protocol } = url;
  const written = authority.toLowerCase();
  if (written !== host && written !== `${hostname}:${DEFAULT_PORTS[protocol] ?? ''}`) return false;
  const isAddress = isIP(hostname.replaceAll(/^\[|\]$/g, '')) !== 0;
  return isAddress ? wildcard === undefined : NAME.test(hostname);
}
