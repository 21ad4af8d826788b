import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import { FinalError } from '../../job/errors.ts';
import { isPublicAddress } from './public-address.ts';

/** How names become addresses, and which of them may be connected to. */
export interface Addressing {
  readonly resolve: (hostname: string) => Promise<readonly LookupAddress[]>;
  readonly isPublic: (address: string) => boolean;
}

/** The system's own resolver, and the internet. */
export const publicAddressing: Addressing = {
  resolve: (hostname) => lookup(hostname, { all: true }),
  isPublic: isPublicAddress,
};

/**
 * What a connection to a host name looks its addresses up with: once, and the addresses that were checked are those
 * connected to, so that no second answer of the DNS can differ. One address that is not public refuses them all: an honest
 * name has none.
 *
 * @param setting the setting that the name stands in, for the refusal
 */
export function guardedLookup({ resolve, isPublic }: Addressing, setting: string): LookupFunction {
  const check = async (hostname: string): Promise<readonly LookupAddress[]> => {
    const addresses = await resolve(hostname);
    if (addresses.length > 0 && addresses.every(({ address }) => isPublic(address))) return addresses;
    throw new FinalError(
      `${hostname} leads to an address that is not on the public internet; a name in ${setting} never may`,
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
