import { BlockList, isIP } from 'node:net';
import { isTenant } from './identity.ts';

/** A host, or all subdomains of a host, with one scheme and one port. */
export interface Host {
  readonly protocol: string;
  /** The host's name or address as formatted by {@link URL}: lower case, with IPv6 addresses in brackets. */
  readonly hostname: string;
  /** Empty for the scheme's default port. */
  readonly port: string;
  readonly isWildcard: boolean;
}

/** An entry in WEBHOOK_ALLOWED_HOSTS: a host, and the tenant that may send requests to it. */
export interface HostEntry extends Host {
  /** Undefined if all tenants may send requests to the host. */
  readonly tenant: string | undefined;
}

/**
 * Matches an optional scheme, an optional wildcard, and a host with an optional port. Paths and credentials are not allowed.
 */
const HOST = /^(https?:\/\/)?(\*\.)?([^*/?#@\\\s]+)$/i;

/**
 * Matches a name with at least two labels. A name without a dot, such as `localhost`, is not allowed, because it never
 * resolves to a public address.
 */
const NAME = /^([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'https:': '443', 'http:': '80' };

/**
 * Link-local addresses, where clouds serve metadata and credentials. The list also matches IPv4 addresses embedded in IPv6
 * (`::ffff:…`).
 */
const linkLocal = new BlockList();
linkLocal.addSubnet('169.254.0.0', 16, 'ipv4');
linkLocal.addSubnet('fe80::', 10, 'ipv6');
linkLocal.addAddress('fd00:ec2::254', 'ipv6');

/**
 * Parses a host such as `example.com`, `example.com:8443`, `*.example.com` or, with a scheme, `http://127.0.0.1:8080`. The
 * default scheme is HTTPS. IP addresses must be in canonical form, because a short form such as `127.1` is a typo or an
 * attack. Link-local addresses are always rejected.
 *
 * @returns undefined if the string is invalid
 */
export function readHost(text: string): Host | undefined {
  const [, scheme = 'https://', wildcard, authority = ''] = HOST.exec(text) ?? [];
  const url = URL.parse(scheme + authority);
  if (!url) return undefined;
  const { host, hostname, port, protocol } = url;
  const written = authority.toLowerCase();
  if (written !== host && written !== `${hostname}:${DEFAULT_PORTS[protocol] ?? ''}`) return undefined;
  const isWildcard = wildcard !== undefined;
  const address = hostname.replaceAll(/^\[|\]$/g, '');
  const version = isIP(address);
  const isTaken =
    version === 0
      ? NAME.test(hostname)
      : !isWildcard && !linkLocal.check(address, version === 4 ? 'ipv4' : 'ipv6');
  return isTaken ? { protocol, hostname, port, isWildcard } : undefined;
}

/**
 * Parses a host for all tenants, or `<tenant>:<host>` for one tenant. A valid host is always parsed as a host, so
 * `example.com:8443` is a host with a port. A tenant's name may contain colons, and ends at the first colon that is followed
 * by a valid host.
 *
 * @returns undefined if the string is invalid
 */
export function readHostEntry(text: string): HostEntry | undefined {
  const host = readHost(text);
  if (host) return { ...host, tenant: undefined };
  for (let colon = text.indexOf(':'); colon >= 0; colon = text.indexOf(':', colon + 1)) {
    const tenant = text.slice(0, colon);
    const hostOfTenant = readHost(text.slice(colon + 1));
    if (hostOfTenant && isTenant(tenant)) return { ...hostOfTenant, tenant };
  }
  return undefined;
}
