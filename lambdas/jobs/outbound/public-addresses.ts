import { BlockList, isIP, type LookupFunction } from 'node:net';
import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { FinalError } from '../../job/errors.ts';

/**
 * Addresses that are not on the public internet: those in IANA's special-purpose address registries (IPv4 and IPv6),
 * and multicast addresses.
 */
const SPECIAL_IPV4: readonly [network: string, prefix: number][] = [
  ['0.0.0.0', 8], // this network; 0.0.0.0 reaches this host
  ['10.0.0.0', 8], // private
  ['100.64.0.0', 10], // carrier-grade NAT
  ['127.0.0.0', 8], // loopback, including Lambda's runtime API
  ['169.254.0.0', 16], // link-local: cloud metadata and credentials
  ['172.16.0.0', 12], // private
  ['192.0.0.0', 24], // protocol assignments
  ['192.0.2.0', 24], // documentation
  ['192.88.99.0', 24], // 6to4 relays, deprecated
  ['192.168.0.0', 16], // private
  ['198.18.0.0', 15], // benchmarks
  ['198.51.100.0', 24], // documentation
  ['203.0.113.0', 24], // documentation
  ['224.0.0.0', 4], // multicast
  ['240.0.0.0', 4], // reserved; broadcast
];

/**
 * The IPv6 range assigned to the public internet. All other addresses are rejected: loopback, unspecified, unique local,
 * link-local and multicast addresses, and addresses that embed an IPv4 address (::ffff:0:0/96, ::/96, 64:ff9b::/96).
 */
const GLOBAL_IPV6: readonly [network: string, prefix: number] = ['2000::', 3];

const SPECIAL_IPV6: readonly [network: string, prefix: number][] = [
  ['2001::', 23], // protocol assignments, such as Teredo (which embeds an IPv4 address), benchmarks and identifiers
  ['2001:db8::', 32], // documentation
  ['2002::', 16], // 6to4, which embeds an IPv4 address
  ['3fff::', 20], // documentation
];

const special = new BlockList();
for (const [network, prefix] of SPECIAL_IPV4) special.addSubnet(network, prefix, 'ipv4');
for (const [network, prefix] of SPECIAL_IPV6) special.addSubnet(network, prefix, 'ipv6');

const global = new BlockList();
global.addSubnet(...GLOBAL_IPV6, 'ipv6');

/** Whether a string is a public IP address, without a zone. */
export function isPublicAddress(address: string): boolean {
  switch (address.includes('%') ? 0 : isIP(address)) {
    case 4:
      return !special.check(address, 'ipv4');
    case 6:
      return global.check(address, 'ipv6') && !special.check(address, 'ipv6');
    default:
      return false;
  }
}

/** Resolves host names, and decides which addresses to allow. */
export interface Addressing {
  readonly resolve: (hostname: string) => Promise<readonly LookupAddress[]>;
  readonly isPublic: (address: string) => boolean;
}

/** Resolves host names with the system's own resolver, and allows only public addresses. */
export const publicAddressing: Addressing = {
  resolve: (hostname) => lookup(hostname, { all: true }),
  isPublic: isPublicAddress,
};

/**
 * Creates the DNS lookup for a connection. The lookup resolves the name only once, and returns the addresses that it has
 * checked, because a second DNS query could return other addresses. If any of a name's addresses is not public, all of them
 * are rejected.
 *
 * @param setting the setting that contains the name, for the error message
 */
export function guardedLookup({ resolve, isPublic }: Addressing, setting: string): LookupFunction {
  const check = async (hostname: string): Promise<readonly LookupAddress[]> => {
    const addresses = await resolve(hostname);
    if (addresses.length === 0) throw new FinalError(`${hostname} resolves to no address`);
    if (addresses.every(({ address }) => isPublic(address))) return addresses;
    throw new FinalError(
      `${hostname} resolves to a non-public address; hosts in ${setting} must resolve to public addresses`,
    );
  };
  return (hostname, { all = false }, callback) => {
    check(hostname).then(
      (addresses) => {
        const [first] = addresses;
        if (all) callback(null, [...addresses]);
        else callback(null, first?.address ?? '', first?.family ?? 0);
      },
      (error: unknown) => {
        callback(error as NodeJS.ErrnoException, '');
      },
    );
  };
}
