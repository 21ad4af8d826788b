import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isPublicAddress } from '../../../../lambdas/jobs/outbound/public-addresses.ts';

/** Networks outside the public internet, each with its first address and its prefix length in bits. */
const NOT_PUBLIC: readonly [number, number][] = [
  [0x00_00_00_00, 8],
  [0x0a_00_00_00, 8],
  [0x64_40_00_00, 10],
  [0x7f_00_00_00, 8],
  [0xa9_fe_00_00, 16],
  [0xac_10_00_00, 12],
  [0xc0_a8_00_00, 16],
  [0xc6_12_00_00, 15],
  [0xe0_00_00_00, 4],
  [0xf0_00_00_00, 4],
];

/** Generates an IPv4 address in one of the networks in NOT_PUBLIC, as a number. */
const notPublic = fc
  .constantFrom(...NOT_PUBLIC)
  .chain(([first, bits]) => fc.integer({ min: 0, max: 2 ** (32 - bits) - 1 }).map((rest) => first + rest));

const anyIpv4 = fc.integer({ min: 0, max: 2 ** 32 - 1 });

function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}

/** Formats an IPv4 address as two IPv6 groups, such as `7f00:1`. */
function groups(address: number): string {
  return `${Math.floor(address / 65_536).toString(16)}:${(address % 65_536).toString(16)}`;
}

/** Returns a host as the URL parser normalizes it. */
function hostOf(written: string): string {
  return new URL(`http://${written}/`).hostname.replaceAll(/^\[|\]$/g, '');
}

describe('an address', () => {
  it.each([
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '100.127.255.255',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '169.254.79.2',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.170',
    '192.168.0.1',
    '198.19.255.255',
    '203.0.113.9',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
    '::7f00:1',
    '64:ff9b::7f00:1',
    '64:ff9b:1::1',
    '100::1',
    '2001::1',
    '2001:db8::1',
    '2002:7f00:1::',
    '3fff::1',
    '4000::1',
    'fc00::1',
    'fd00:ec2::254',
    'fe80::1',
    'fe80::1%eth0',
    '2606:4700::1111%eth0',
    'fec0::1',
    'ff02::1',
    '',
    'localhost',
    '1.2.3',
  ])('%p is not public', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it.each([
    '1.1.1.1',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.0',
    '169.253.255.255',
    '169.255.0.0',
    '172.15.255.255',
    '172.32.0.0',
    '192.167.255.255',
    '192.169.0.0',
    '223.255.255.255',
    '2606:4700:4700::1111',
    '2a05:d000::1',
  ])('%p is public', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it('of a private network is not public in any notation of URLs', () => {
    fc.assert(
      fc.property(notPublic, (address) => {
        const [a = 0, b = 0, c = 0, d = 0] = dotted(address).split('.').map(Number);
        const forms = [
          dotted(address),
          String(address),
          `0x${address.toString(16)}`,
          `0${address.toString(8)}`,
          [a, b, c, d].map((byte) => `0${byte.toString(8)}`).join('.'),
          [a, b, c, d].map((byte) => `0x${byte.toString(16)}`).join('.'),
          `${a}.${b}.${c * 256 + d}`,
          `${a}.${b * 65_536 + c * 256 + d}`,
          `[::ffff:${dotted(address)}]`,
          `[::ffff:${groups(address)}]`,
        ];
        for (const form of forms) expect([form, isPublicAddress(hostOf(form))]).toEqual([form, false]);
      }),
    );
  });

  it('in IPv6 that contains an IPv4 address is never public', () => {
    fc.assert(
      fc.property(anyIpv4, (address) => {
        const carriers = [
          `::ffff:${groups(address)}`,
          `::ffff:0:${groups(address)}`,
          `::${groups(address)}`,
          `64:ff9b::${groups(address)}`,
          `2002:${groups(address)}::1`,
          `2001:0:${groups(address)}::1`,
        ];
        for (const carrier of carriers) expect([carrier, isPublicAddress(carrier)]).toEqual([carrier, false]);
      }),
    );
  });
});
