import { describe, expect, it } from '@jest/globals';
import type { LookupAddress } from 'node:dns';
import { guardedLookup, isPublicAddress } from '../../../../lambdas/jobs/outbound/public-addresses.ts';
import { submissionSchema } from '../../../../lambdas/api/submission-schema.ts';
import { readSubmission } from '../../../../lambdas/api/submission.ts';
import { createBuiltInJobTypes } from '../../../../lambdas/jobs/job-types.ts';
import { readAllowedHosts } from '../../../../lambdas/jobs/outbound/allowed-hosts.ts';
import { readHostEntry } from '../../../../lambdas/access/host-entry.ts';
import { isMessagesUrl } from '../../../../lib/settings/addresses.ts';

/** Hosts that a deployment must not connect to, in every notation a URL allows. */
const HOSTS = {
  'loopback, dotted': '127.0.0.1',
  'loopback, another of its addresses': '127.8.9.10',
  'loopback, short': '127.1',
  'loopback, decimal': '2130706433',
  'loopback, octal': '0177.0.0.1',
  'loopback, one octal number': '017700000001',
  'loopback, hexadecimal': '0x7f.0x0.0x0.0x1',
  'loopback, one hexadecimal number': '0x7f000001',
  'loopback, in full-width digits': '１２７.０.０.１',
  'loopback, with a trailing dot': '127.0.0.1.',
  'loopback in IPv6': '[::1]',
  'loopback in IPv6, written out': '[0:0:0:0:0:0:0:1]',
  'loopback, mapped': '[::ffff:127.0.0.1]',
  'loopback, mapped, in hexadecimal': '[::ffff:7f00:1]',
  'loopback, compatible': '[::127.0.0.1]',
  'loopback by NAT64': '[64:ff9b::127.0.0.1]',
  'loopback by 6to4': '[2002:7f00:1::]',
  unspecified: '0.0.0.0',
  'unspecified, short': '0',
  'unspecified in IPv6': '[::]',
  metadata: '169.254.169.254',
  'metadata, decimal': '2852039166',
  'metadata, octal': '0251.0376.0251.0376',
  'metadata, hexadecimal': '0xa9fea9fe',
  'metadata, mapped': '[::ffff:169.254.169.254]',
  'metadata by NAT64': '[64:ff9b::a9fe:a9fe]',
  'metadata in IPv6': '[fd00:ec2::254]',
  'link-local in IPv6': '[fe80::1]',
  'private, 10': '10.0.0.1',
  'private, 172.16': '172.16.0.1',
  'private, 192.168': '192.168.1.1',
  'private in IPv6': '[fc00::1]',
  localhost: 'localhost',
  'localhost with a trailing dot': 'localhost.',
  'a name of the network': 'metadata.google.internal',
  'a listed name with a trailing dot': 'example.com.',
  'a listed name as the beginning of another': 'example.com.evil.test',
  'a listed name as the user': 'example.com@evil.test',
  'a listed name and its port as the user': 'example.com:443@169.254.169.254',
  'a listed name with a user': 'user@example.com',
  'a listed name behind a backslash': String.raw`evil.test\@example.com`,
  'a name that looks like a listed one': 'ex\u0430mple.com', // The host name contains a Cyrillic a.
  'punycode of a name that looks like a listed one': 'xn--exmple-4nf.com',
  'a listed name on another port': 'example.com:22',
} as const;

const ROWS = Object.entries(HOSTS);

const jobTypes = createBuiltInJobTypes({
  webhook: { allowedHosts: readAllowedHosts('example.com,*.example.org') },
  messages: { url: undefined },
});
const callbackType = jobTypes.get('webhook');
if (!callbackType) throw new Error('There is no job type "webhook".');
const rules = {
  schema: submissionSchema(),
  jobTypes,
  callbackType,
  defaultType: 'sleep',
  queueTimeouts: new Map([['default', 46]]),
  jobTimeout: 46,
  retentionDays: 30,
  now: () => new Date(),
};

function submit(body: unknown): unknown {
  return readSubmission(body, { tenant: 'default', actor: null }, rules);
}

describe('a forbidden host is refused at submission', () => {
  it.each(ROWS)('as the URL of a webhook: %s, %s', (_what, host) => {
    for (const scheme of ['https', 'http']) {
      const body = { type: 'webhook', payload: { url: `${scheme}://${host}/` } };
      expect(() => submit(body)).toThrow(/^payload\.url: /);
    }
  });

  it.each(ROWS)('as a callback_url: %s, %s', (_what, host) => {
    for (const scheme of ['https', 'http']) {
      expect(() => submit({ callback_url: `${scheme}://${host}/` })).toThrow(/^callback_url: /);
    }
  });

  it('and an allowed host is accepted', () => {
    expect(() => submit({ callback_url: 'https://example.com/' })).not.toThrow();
    expect(() => submit({ type: 'webhook', payload: { url: 'https://a.example.org/' } })).not.toThrow();
  });
});

/**
 * Matches addresses that an operator may list, but only in this notation: for development, or for a receiver in the operator's own network.
 */
const BY_ITS_OWN_ENTRY =
  /^(127\.0\.0\.1|127\.8\.9\.10|\[::1\]|10\.0\.0\.1|172\.16\.0\.1|192\.168\.1\.1|0\.0\.0\.0)$/;

/** Matches host names that an operator may list. A name's IP addresses are checked when a connection is opened. */
const NAMES = /^(metadata\.google\.internal|example\.com\.evil\.test|xn--exmple-4nf\.com|example\.com:22)$/;

/**
 * Matches IPv6 addresses, as written in a URL, that an operator may list for a receiver in the operator's own network. Loopback and link-local
 * addresses are excluded.
 */
const IPV6 = /^\[(::ffff:7f00:1|2002:7f00:1::|64:ff9b::a9fe:a9fe|fc00::1|::)\]$/;

describe('a host that an operator cannot list, even by mistake', () => {
  const refused = ROWS.filter(
    ([, host]) => !BY_ITS_OWN_ENTRY.test(host) && !NAMES.test(host) && !IPV6.test(host),
  );

  it.each(refused)('in WEBHOOK_ALLOWED_HOSTS: %s, %s', (_what, host) => {
    expect(readHostEntry(host)).toBeUndefined();
    expect(readHostEntry(`http://${host}`)).toBeUndefined();
  });

  it.each(refused)('in MESSAGES_URL: %s, %s', (_what, host) => {
    expect(isMessagesUrl(`https://${host}/`)).toBe(false);
  });

  it.each(['169.254.169.254', '169.254.170.2', '[fe80::1]', '[fd00:ec2::254]', '[::ffff:a9fe:a9fe]'])(
    'in either: the link-local %s',
    (host) => {
      expect(readHostEntry(host)).toBeUndefined();
      expect(isMessagesUrl(`https://${host}/`)).toBe(false);
      expect(isMessagesUrl(`http://${host}/`)).toBe(false);
    },
  );
});

describe('a listed name', () => {
  const connect = (answers: LookupAddress[][]): Promise<string> =>
    new Promise((resolve, reject) => {
      const lookup = guardedLookup(
        { resolve: () => Promise.resolve(answers.shift() ?? []), isPublic: isPublicAddress },
        'WEBHOOK_ALLOWED_HOSTS',
      );
      lookup('example.com', { all: false }, (error, address) => {
        if (error) reject(error);
        else resolve(address as string);
      });
    });

  it.each([
    '127.0.0.1',
    '169.254.169.254',
    '10.0.0.1',
    '172.31.255.255',
    '192.168.0.1',
    '100.64.0.1',
    '0.0.0.0',
    '::1',
    '::ffff:127.0.0.1',
    'fe80::1',
    'fc00::1',
    '64:ff9b::a9fe:a9fe',
  ])(
    'that resolves to %s is not connected to, not even with an additional public address',
    async (address) => {
      const family = address.includes(':') ? 6 : 4;
      await expect(connect([[{ address, family }]])).rejects.toThrow(/resolves to a non-public address/);
      await expect(
        connect([
          [
            { address: '93.184.216.34', family: 4 },
            { address, family },
          ],
        ]),
      ).rejects.toThrow(/resolves to a non-public address/);
    },
  );

  it('is connected to at the checked address, without a second DNS query', async () => {
    const answers = [[{ address: '93.184.216.34', family: 4 }], [{ address: '127.0.0.1', family: 4 }]];
    expect(await connect(answers)).toBe('93.184.216.34');
    expect(answers).toHaveLength(1);
  });

  it('without an address is not connected to', async () => {
    await expect(connect([[]])).rejects.toThrow(/resolves to no address/);
  });
});
