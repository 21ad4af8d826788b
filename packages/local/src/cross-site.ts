import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { hostname } from 'node:os';

/** The rules for calls to a local server from a browser. */
export interface CallerRules {
  /** The address that the server listens on. */
  readonly address: string;
  /** Whether pages of another origin, such as `https://app.example.com`, may call the server. */
  readonly trusts: (origin: string) => boolean;
}

/** A caller that may not call. */
export interface Stranger {
  /** Such as `pages of the origin "https://example.com"`. */
  readonly name: string;
  /** Whether the request used a host name that is not the server's own. */
  readonly isHost: boolean;
}

const LOOPBACK_NAME = /^(localhost|[a-z0-9.-]+\.localhost)$/i;
const LOOPBACK_ADDRESS = /^(127\.\d+\.\d+\.\d+|\[::1\])$/;

/** These methods change nothing, and without CORS headers pages can't read the responses. */
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Names the caller if the request comes from a web page that may not call the server: any page in a browser can send requests to
 * 127.0.0.1. If a page rebinds its own name to 127.0.0.1, the Host header contains that name. If any other page posts a form,
 * Origin or Sec-Fetch-Site reveals it. Go's net/http has the same check, as CrossOriginProtection
 * (https://pkg.go.dev/net/http#CrossOriginProtection).
 *
 * @returns undefined for an allowed request
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
 * Whether a Host header names the server, at any port, because a port may be forwarded to it. If the server listens on every
 * address of the machine, each of these addresses is allowed, and the machine's name. Other names are not, because a page can
 * rebind its own name.
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

/** Whether a server that listens on the address can be reached at every address of the machine. */
export function isEveryAddress(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}

/** Whether only this machine can reach a server that listens on the address. */
export function isLoopback(address: string): boolean {
  return LOOPBACK_NAME.test(address) || LOOPBACK_ADDRESS.test(address) || address === '::1';
}
