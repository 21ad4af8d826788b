import { readHostEntry, type Host, type HostEntry } from '../../access/host-entry.ts';

/** Where the tenants of a deployment may send to. Empty by default: nowhere. */
export type AllowedHosts = readonly HostEntry[];

/**
 * Reads the setting WEBHOOK_ALLOWED_HOSTS: entries as {@link readHostEntry} takes them, with commas between them.
 *
 * @throws Error that quotes the entry that is no host
 */
export function readAllowedHosts(setting = ''): AllowedHosts {
  return setting
    .split(',')
    .map((text) => text.trim())
    .filter((text) => text !== '')
    .map((text) => {
      const entry = readHostEntry(text);
      if (!entry) throw new Error(`WEBHOOK_ALLOWED_HOSTS has "${text}" in it, which is no host.`);
      return entry;
    });
}

/** The hosts of a tenant: those for everyone, and its own. */
export function hostsOf(tenant: string, hosts: AllowedHosts): readonly Host[] {
  return hosts.filter((entry) => entry.tenant === undefined || entry.tenant === tenant);
}

/**
 * Whether a URL's host is among these. An IP address is there only by an entry of its own: it is neither a name, nor
 * below one. `*.example.com` stands for every subdomain, however deep, and not for `example.com`.
 */
export function isAllowed(url: URL, hosts: readonly Host[]): boolean {
  return hosts.some(
    ({ protocol, hostname, port, isWildcard }) =>
      url.protocol === protocol &&
      url.port === port &&
      (isWildcard ? url.hostname.endsWith(`.${hostname}`) : url.hostname === hostname),
  );
}
