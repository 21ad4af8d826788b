import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { hostname } from 'node:os';

/** Rules for calls to a local server from browsers. */
export interface CallerRules {
  /** The address that the server listens on. */
  readonly address: string;
  /** Whether pages from another origin, such as `https://app.example.com`, may call the server. */
  readonly trusts: (origin: string) => boolean;
}

/** A caller that isn't allowed to call the server. */
export interface Stranger {
  /** The caller's name in error messages, such as `pages of the origin "https://example.com"`. */
  readonly name: string;
  /** Whether the request used a host name that doesn't belong to the server. */
  readonly isHost: boolean;
}

const LOOPBACK_NAME = /^(localhost|[a-z0-9.-]+\.localhost)$/i;
const LOOPBACK_ADDRESS = /^(127\.\d+\.\d+\.\d+|\[::1\])$/;

/** Methods that every page may use. Requests with these methods change nothing, and without CORS headers, pages can't read the responses. */
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Detects requests from web pages that aren't allowed to call the server. The check is necessary because any page in a browser can send requests to
 * 127.0.0.1. If a page rebinds its own host name to 127.0.0.1, the Host header contains that name. If a page from another origin posts a form, the
 * Origin or Sec-Fetch-Site header shows the foreign origin. Go's net/http does the same check in CrossOriginProtection
 * (https://pkg.go.dev/net/http#CrossOriginProtection).
 *
 * @returns the caller, or undefined for an allowed request
 */
export function strangerOf(
  { method = '', headers }: Pick<IncomingMessage, 'method' | 'headers'>,
  { address, trusts }: CallerRules,
): Stranger | undefined {
  const { host = '', origin } = headers;
  if (!isOwnHost(host, address)) return { name: `the host "${host}"`, isHost: true };
  if (SAFE_METHODS.has(method)) return undefined;
  if (origin !== undefined) {
    if (origin === `http://${host}` || trusts(origin)) return undefined;
    return { name: `pages of the origin "${origin}"`, isHost: false };
  }
  const isOtherSite = ['cross-site', 'same-site'].includes(String(headers['sec-fetch-site']));
  return isOtherSite ? { name: 'pages of another site', isHost: false } : undefined;
}

/**
 * Whether a Host header names the server. Any port is allowed, because a forwarded port can differ. If the server listens on all of the
 * machine's addresses, the header may contain any IP address or the machine's name. Other names are refused, because a page could rebind
 * its own host name to this machine.
 */
function isOwnHost(host: string, address: string): boolean {
  const name = host.replace(/:\d+$/, '');
  if (LOOPBACK_NAME.test(name) || LOOPBACK_ADDRESS.test(name)) return true;
  if (name.toLowerCase() === address.toLowerCase() || name === `[${address}]`) return true;
  return isEveryAddress(address) && (isIP(name.replace(/^\[|\]$/g, '')) !== 0 || isNameOfMachine(name));
}

function isNameOfMachine(name: string): boolean {
  const own = hostname().toLowerCase();
  return [own, `${own}.local`].includes(name.toLowerCase());
}

/** Whether a server that listens on the address is reachable on all of the machine's addresses. */
export function isEveryAddress(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}

/** Whether a server that listens on the address is reachable only from this machine. */
export function isLoopback(address: string): boolean {
  return LOOPBACK_NAME.test(address) || LOOPBACK_ADDRESS.test(address) || address === '::1';
}
