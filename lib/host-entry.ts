import { BlockList, isIP } from 'node:net';

/** A scheme or none, a wildcard or none, and a host with a port or none: no path, no credentials. */
const ENTRY = /^(https?:\/\/)?(\*\.)?([^*/?#@\\\s]+)$/i;

/** At least two labels: a name without a dot, such as `localhost`, never leads to a public address. */
const NAME = /^([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'https:': '443', 'http:': '80' };

/** Where clouds keep metadata and credentials; nobody receives webhooks there. Covers IPv4 addresses inside IPv6 (`::ffff:…`) too. */
const metadata = new BlockList();
metadata.addSubnet('169.254.0.0', 16, 'ipv4');
metadata.addSubnet('fe80::', 10, 'ipv6');
metadata.addAddress('fd00:ec2::254', 'ipv6');

/**
 * Whether a text names hosts that webhooks may go to: `example.com`, `example.com:8443`, `*.example.com`, or with its
 * scheme `http://127.0.0.1:8080`. An address must be written as it is: `127.1` is a slip, or worse. A link-local one is never taken.
 */
export function isHostEntry(entry: string): boolean {
  const [, scheme = 'https://', wildcard, authority = ''] = ENTRY.exec(entry) ?? [];
  const url = URL.parse(scheme + authority);
  if (!url) return false;
  const { host, hostname, protocol } = url;
  const written = authority.toLowerCase();
  if (written !== host && written !== `${hostname}:${DEFAULT_PORTS[protocol] ?? ''}`) return false;
  const address = hostname.replaceAll(/^\[|\]$/g, '');
  const version = isIP(address);
  if (version === 0) return NAME.test(hostname);
  return wildcard === undefined && !metadata.check(address, version === 4 ? 'ipv4' : 'ipv6');
}
