import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readHost, readHostEntry } from '../../../lambdas/access/host-entry.ts';

const tenants = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._@:|-]{0,20}$/);

/** Generates host strings, with and without each optional part. */
const hosts = fc
  .record({
    scheme: fc.constantFrom('', 'https://', 'http://', 'HTTP://'),
    host: fc.oneof(
      fc.domain(),
      fc.domain().map((domain) => `*.${domain}`),
      fc.constantFrom('10.0.0.7', '127.0.0.1', '[::1]', '[2001:db8::1]'),
    ),
    port: fc.oneof(
      fc.constant(''),
      fc.integer({ min: 1, max: 65_535 }).map((port) => `:${port}`),
    ),
  })
  .map(({ scheme, host, port }) => scheme + host + port)
  .filter((text) => readHost(text) !== undefined);

describe('an entry of the allow-list', () => {
  it('without a tenant applies to every tenant', () => {
    fc.assert(
      fc.property(hosts, (host) => {
        expect(readHostEntry(host)).toEqual({ ...readHost(host), tenant: undefined });
      }),
    );
  });

  it('with a tenant prefix applies only to that tenant, even if the tenant’s name or the host contains colons', () => {
    // The entry is split at the first colon that is followed by a valid host. The entry is ambiguous if the whole entry is a valid host, or if a
    // valid host follows a colon in the tenant's name.
    const isAmbiguous = (tenant: string, host: string): boolean =>
      readHost(`${tenant}:${host}`) !== undefined ||
      [...tenant.matchAll(/:/g)].some(({ index }) => readHost(`${tenant.slice(index + 1)}:${host}`));
    fc.assert(
      fc.property(tenants, hosts, (tenant, host) => {
        fc.pre(!isAmbiguous(tenant, host));
        expect(readHostEntry(`${tenant}:${host}`)).toEqual({ ...readHost(host), tenant });
      }),
    );
  });

  it('has a tenant only if a host follows the colon', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const entry = readHostEntry(text);
        if (entry?.tenant !== undefined) {
          expect(text.startsWith(`${entry.tenant}:`)).toBe(true);
          expect(readHost(text.slice(entry.tenant.length + 1))).toEqual({ ...entry, tenant: undefined });
        }
      }),
    );
  });

  it.each([
    ['example.com:8443', undefined, 'example.com', '8443'],
    ['acme:example.com', 'acme', 'example.com', ''],
    ['acme:example.com:8443', 'acme', 'example.com', '8443'],
    ['acme.com:example.com', 'acme.com', 'example.com', ''],
    ['acme:eu:example.com', 'acme:eu', 'example.com', ''],
    ['acme::example.com', 'acme:', 'example.com', ''],
    ['a@b|c:*.example.com', 'a@b|c', 'example.com', ''],
    ['acme:http://127.0.0.1:8080', 'acme', '127.0.0.1', '8080'],
    ['acme:[::1]:8443', 'acme', '[::1]', '8443'],
    ['http://[::1]:8443', undefined, '[::1]', '8443'],
  ])('%s is for %s: host %s, port %p', (text, tenant, hostname, port) => {
    expect(readHostEntry(text)).toMatchObject({ tenant, hostname, port });
  });

  it.each([
    'acme:',
    'acme:localhost',
    'acme:8443',
    ':example.com',
    '-acme:example.com',
    'ac me:example.com',
    'acme:example.com/hooks',
    'acme:169.254.169.254',
    `${'a'.repeat(65)}:example.com`,
    '*:example.com',
  ])('is not %p', (text) => {
    expect(readHostEntry(text)).toBeUndefined();
  });
});
