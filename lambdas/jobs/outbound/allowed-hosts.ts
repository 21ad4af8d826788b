import * as z from 'zod/mini';
import { readHostEntry, type Host, type HostEntry } from '../../access/host-entry.ts';

/** The hosts that jobs may call. Each host is allowed for one tenant or for all tenants. Empty by default. */
export type AllowedHosts = readonly HostEntry[];

/**
 * Reads the `WEBHOOK_ALLOWED_HOSTS` setting: entries in the syntax of {@link readHostEntry}, separated by commas.
 *
 * @throws Error that quotes an invalid entry
 */
export function readAllowedHosts(setting = ''): AllowedHosts {
  return setting
    .split(',')
    .map((text) => text.trim())
    .filter((text) => text !== '')
    .map((text) => {
      const entry = readHostEntry(text);
      if (!entry) throw new Error(`WEBHOOK_ALLOWED_HOSTS contains "${text}", which is not a host.`);
      return entry;
    });
}

/** Returns the hosts that a tenant may call: the hosts allowed for that tenant, and the hosts allowed for all tenants. */
export function hostsOf(tenant: string, hosts: AllowedHosts): readonly Host[] {
  return hosts.filter((entry) => entry.tenant === undefined || entry.tenant === tenant);
}

/**
 * Whether a URL's host is in the list. An IP address needs its own entry. `*.example.com` matches subdomains at any depth,
 * but not `example.com` itself.
 */
export function isAllowed(url: URL, hosts: readonly Host[]): boolean {
  return hosts.some(
    ({ protocol, hostname, port, isWildcard }) =>
      url.protocol === protocol &&
      url.port === port &&
      (isWildcard ? url.hostname.endsWith(`.${hostname}`) : url.hostname === hostname),
  );
}

/** The maximum length of a URL, in characters. Many servers reject longer URLs. */
const MAX_LENGTH = 2_048;

const NO_URL = 'must be a URL such as https://example.com/hooks';

/** Returns the schema of a destination URL. {@link hostRefusal} checks whether the tenant may use the host. */
export function outboundUrl(hosts: AllowedHosts) {
  return z.string(NO_URL).check(
    z.superRefine((text, context) => {
      const problem = problemOf(text, hosts);
      if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
    }),
  );
}

/**
 * Returns the reason why a tenant may not send requests to a URL, and the setting to change; undefined if the tenant may send
 * them.
 */
export function hostRefusal(url: string, tenant: string, hosts: AllowedHosts): string | undefined {
  const { origin } = new URL(url);
  if (isAllowed(new URL(url), hostsOf(tenant, hosts))) return undefined;
  return (
    `${origin} is not one of the hosts in the WEBHOOK_ALLOWED_HOSTS setting for the tenant ${tenant}; ` +
    'add it there and deploy again'
  );
}

function problemOf(text: string, hosts: AllowedHosts): string | undefined {
  if (hosts.length === 0) {
    return (
      'this deployment sends no requests: list the hosts that it may send to in the WEBHOOK_ALLOWED_HOSTS setting, ' +
      'such as WEBHOOK_ALLOWED_HOSTS=example.com, and deploy again'
    );
  }
  if (text.length > MAX_LENGTH) return `must have at most ${MAX_LENGTH} characters`;
  const url = URL.parse(text);
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') return NO_URL;
  if (url.username !== '' || url.password !== '') {
    return 'must not contain a user name or a password; send them in a header';
  }
  return undefined;
}
