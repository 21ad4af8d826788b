/** One entry of the allow-list: a host, or every subdomain of one, at one port of one scheme. */
interface AllowedHost {
  readonly protocol: string;
  /** As {@link URL} writes it: lower case, an IPv6 address in brackets. */
  readonly hostname: string;
  /** Empty for the scheme's own. */
  readonly port: string;
  readonly isWildcard: boolean;
}

/** Where a deployment may send to. Empty by default: nowhere. */
export type AllowedHosts = readonly AllowedHost[];

const ENTRY = /^(https?:\/\/)?(\*\.)?(.+)$/i;

/**
 * Reads the setting WEBHOOK_ALLOWED_HOSTS: `example.com`, `example.com:8443`, `*.example.com`, `http://127.0.0.1:8080`,
 * with commas between them. HTTPS unless the entry says otherwise.
 *
 * @throws Error that quotes the entry that is no host
 */
export function readAllowedHosts(setting = ''): AllowedHosts {
  return setting
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map(readEntry);
}

function readEntry(entry: string): AllowedHost {
  const [, scheme = 'https://', wildcard, authority = ''] = ENTRY.exec(entry) ?? [];
  const url = URL.parse(scheme + authority);
  if (!url) throw new Error(`WEBHOOK_ALLOWED_HOSTS has "${entry}" in it, which is no host.`);
  const { protocol, hostname, port } = url;
  return { protocol, hostname, port, isWildcard: wildcard !== undefined };
}

/**
 * Whether a URL's host is on the list. An IP address is there only by an entry of its own: it is neither a name, nor
 * below one. `*.example.com` stands for every subdomain, however deep, and not for `example.com`.
 */
export function isAllowed(url: URL, hosts: AllowedHosts): boolean {
  return hosts.some(
    ({ protocol, hostname, port, isWildcard }) =>
      url.protocol === protocol &&
      url.port === port &&
      (isWildcard ? url.hostname.endsWith(`.${hostname}`) : url.hostname === hostname),
  );
}
