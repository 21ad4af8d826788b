import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  hostsOf,
  isAllowed,
  readAllowedHosts,
  hostRefusal,
  outboundUrl,
} from '../../../../lambdas/jobs/outbound/allowed-hosts.ts';

/** Returns the reason why a setting refuses a tenant's URL; undefined if the URL is allowed. */
function problemOf(url: unknown, setting: string, tenant = 'acme'): string | undefined {
  const hosts = readAllowedHosts(setting);
  const parsed = outboundUrl(hosts).safeParse(url);
  return parsed.success ? hostRefusal(parsed.data, tenant, hosts) : parsed.error.issues[0]?.message;
}

const NOT_AMONG = /is not one of the hosts in the WEBHOOK_ALLOWED_HOSTS setting/;

describe('the allow-list', () => {
  it.each([
    ['example.com', 'https://example.com/hooks?a=b'],
    ['example.com', 'https://EXAMPLE.com:443'],
    ['Example.com:443', 'https://example.com'],
    ['example.com:8443', 'https://example.com:8443/'],
    ['https://example.com', 'https://example.com/'],
    ['example.org, example.com', 'https://example.com/'],
    ['*.example.com', 'https://a.example.com/'],
    ['*.example.com', 'https://a.b.example.com/'],
    ['*.example.com:8443', 'https://a.example.com:8443/'],
    ['xn--mnchen-3ya.de', 'https://münchen.de/'],
    ['http://example.com', 'http://example.com/'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080/'],
    // These URLs contain the allowed address in another notation. The connection uses the normalized address.
    ['http://127.0.0.1:8080', 'http://0x7f.1:8080/'],
    ['http://127.0.0.1:8080', 'http://2130706433:8080/'],
    ['[::1]:8443', 'https://[0:0::1]:8443/'],
    ['10.0.0.7', 'https://10.0.0.7/'],
  ])('%s allows %s', (setting, url) => {
    expect(problemOf(url, setting)).toBeUndefined();
  });

  it.each([
    ['example.com', 'http://example.com/'],
    ['example.com', 'https://example.com:8443/'],
    ['example.com:8443', 'https://example.com/'],
    ['example.com', 'https://a.example.com/'],
    ['example.com', 'https://example.com.evil.test/'],
    ['example.com', 'https://evilexample.com/'],
    ['example.com', 'https://example.com./'],
    ['example.com', 'https://evil.test/example.com'],
    ['example.com', 'https://evil.test?example.com'],
    ['example.com', 'https://evil.test#@example.com'],
    ['example.com', String.raw`https://evil.test\example.com`],
    ['*.example.com', 'https://example.com/'],
    ['*.example.com', 'https://evilexample.com/'],
    ['*.example.com', 'https://a.example.com:8443/'],
    ['*.example.com', 'https://93.184.216.34/'],
    ['http://127.0.0.1:8080', 'https://127.0.0.1:8080/'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8081/'],
    ['http://127.0.0.1:8080', 'http://127.0.0.2:8080/'],
    ['http://127.0.0.1:8080', 'http://localhost:8080/'],
    ['http://127.0.0.1:8080', 'http://[::1]:8080/'],
    ['http://127.0.0.1:8080', 'http://[::ffff:127.0.0.1]:8080/'],
    ['example.com', 'https://169.254.169.254/latest/meta-data'],
  ])('%s refuses %s, and the error names the setting', (setting, url) => {
    expect(problemOf(url, setting)).toMatch(NOT_AMONG);
  });

  it('without any host explains how to allow hosts, whatever the URL', () => {
    for (const url of ['https://example.com/', 'nonsense']) {
      expect(problemOf(url, '')).toMatch(
        /^this deployment sends no requests: .* WEBHOOK_ALLOWED_HOSTS setting, such as WEBHOOK_ALLOWED_HOSTS=example\.com/,
      );
    }
  });

  it('never allows a name that is not on it', () => {
    const hosts = hostsOf('acme', readAllowedHosts('example.com,*.example.org'));
    fc.assert(
      fc.property(fc.webUrl({ withFragments: true, withQueryParameters: true }), (text) => {
        const url = new URL(text);
        const expected = url.hostname === 'example.com' || url.hostname.endsWith('.example.org');
        expect(isAllowed(url, hosts)).toBe(expected && url.protocol === 'https:' && url.port === '');
      }),
    );
  });

  it.each([
    ['acme:example.com', 'https://example.com/'],
    ['acme:http://127.0.0.1:8080', 'http://127.0.0.1:8080/'],
    ['acme:*.example.com:8443', 'https://a.example.com:8443/'],
    ['globex:example.com,acme:example.com', 'https://example.com/'],
    ['globex:example.com,example.com', 'https://example.com/'],
  ])('%s allows %s for the tenant acme', (setting, url) => {
    expect(problemOf(url, setting, 'acme')).toBeUndefined();
  });

  it.each(['globex', 'acme.com', 'ACME', 'acm', 'acme:x', 'default'])(
    'refuses a host of acme to the tenant %s, and names only that tenant',
    (tenant) => {
      const problem = problemOf('https://example.com/', 'acme:example.com,example.org', tenant);
      expect(problem).toMatch(NOT_AMONG);
      expect(problem).toContain(`for the tenant ${tenant};`);
      expect(problemOf('https://example.org/', 'acme:example.com,example.org', tenant)).toBeUndefined();
    },
  );

  it('quotes an entry that is not a host', () => {
    expect(() => readAllowedHosts('example.com,exa mple')).toThrow(
      'WEBHOOK_ALLOWED_HOSTS contains "exa mple"',
    );
  });
});

describe('a URL', () => {
  it.each([
    undefined,
    7,
    '',
    'example.com',
    '/hooks',
    'https://',
    'ftp://example.com/',
    'file:///etc/passwd',
    'javascript:1',
  ])('cannot be %p', (url) => {
    expect(problemOf(url, 'example.com')).toBe('must be a URL such as https://example.com/hooks');
  });

  it.each(['https://user@example.com/', 'https://user:secret@example.com/', 'https://:secret@example.com/'])(
    'cannot contain credentials: %s',
    (url) => {
      expect(problemOf(url, 'example.com')).toMatch(/^must not contain a user name or a password/);
    },
  );

  it('has at most 2048 characters', () => {
    const start = 'https://example.com/';
    expect(problemOf(start.padEnd(2_048, 'x'), 'example.com')).toBeUndefined();
    expect(problemOf(start.padEnd(2_049, 'x'), 'example.com')).toBe('must have at most 2048 characters');
  });
});
