import { BlockList, isIP } from 'node:net';

/** A scheme or none, a wildcard or none, and a host with a port or none: no path, no credentials. */
const HOST_ENTRY = /^(https?:\/\/)?(\*\.)?([^*/?#@\\\s]+)$/i;

/** At least two labels: a name without a dot, such as `localhost`, never leads to a public address. */
const HOST_NAME = /^([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** The loopback addresses, as {@link URL} writes them. */
const LOOPBACK = /^(127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])$/;

/** The scheme and the host of a URL, as written. */
const ORIGIN = /^https?:\/\/[^/?#]*/i;

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'https:': '443', 'http:': '80' };

/** In characters. A function's environment holds 4 KB, of which the hosts of webhooks may take 2,000. */
const MAX_MESSAGES_URL = 1_000;

/** Link-local addresses, where clouds keep metadata and credentials. Also covers IPv4 inside IPv6 (`::ffff:…`). */
const linkLocal = new BlockList();
linkLocal.addSubnet('169.254.0.0', 16, 'ipv4');
linkLocal.addSubnet('fe80::', 10, 'ipv6');
linkLocal.addAddress('fd00:ec2::254', 'ipv6');

/** The entry of {@link isCorsOrigin}'s list that allows every origin. It must be the only entry. */
export const ANY_ORIGIN = '*';

/**
 * Whether an entry names hosts that may receive webhooks: `example.com`, `example.com:8443`, `*.example.com`, or with a
 * scheme `http://127.0.0.1:8080`. IP addresses must be in canonical form (`127.1` is a typo, or worse). Link-local
 * addresses are always refused.
 */
export function isHostEntry(entry: string): boolean {
  const [, scheme = 'https://', wildcard, authority = ''] = HOST_ENTRY.exec(entry) ?? [];
  const url = URL.parse(scheme + authority);
  if (!url) return false;
  const { host, hostname, protocol } = url;
  const written = authority.toLowerCase();
  if (written !== host && written !== `${hostname}:${DEFAULT_PORTS[protocol] ?? ''}`) return false;
  const address = hostname.replaceAll(/^\[|\]$/g, '');
  const version = isIP(address);
  if (version === 0) return HOST_NAME.test(hostname);
  return wildcard === undefined && !linkLocal.check(address, version === 4 ? 'ipv4' : 'ipv6');
}

/**
 * Whether messages may be sent to a URL. A key goes with each message, so the URL must use HTTPS or point at this machine.
 * The host must be in canonical form: `https://2130706433/` is this machine, but no reader would know.
 */
export function isMessagesUrl(text: string): boolean {
  const url = URL.parse(text);
  if (!url || text.length > MAX_MESSAGES_URL) return false;
  if (url.username !== '' || url.password !== '' || url.hash !== '') return false;
  return isHostEntry(ORIGIN.exec(text)?.[0] ?? '') && isHttpsOrLoopback(url);
}

/** Whether tokens from this issuer can be trusted: its keys are fetched over HTTPS, or from this machine. */
export function isIssuer(text: string): boolean {
  const url = URL.parse(text);
  if (!url || text.length > 500 || url.username !== '' || url.search !== '' || url.hash !== '') return false;
  return isHttpsOrLoopback(url);
}

/**
 * Whether a string is an origin exactly as a browser sends it: `https://app.example.com`, `https://app.example.com:8443`, or
 * on this machine `http://localhost:5173`. API Gateway compares origins character by character, so anything that a browser
 * would write differently (a path, a trailing slash, a capital letter, the default port) would never match.
 */
export function isCorsOrigin(text: string): boolean {
  const url = URL.parse(text);
  // A URL's host may contain an asterisk, which API Gateway would read as a pattern.
  if (url?.origin !== text || text.includes('*')) return false;
  return isHttpsOrLoopback(url) || (url.protocol === 'http:' && url.hostname === 'localhost');
}

function isHttpsOrLoopback({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname));
}
