import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { deriveWebhookKey, webhookKeyText } from '../../../lambdas/webhook-key/webhook-key.ts';

const tenants = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._@:|-]{0,63}$/);
const generations = fc.integer({ min: 1, max: 2 ** 31 - 1 });
const keys = fc.record({ secret: fc.string({ minLength: 1 }), tenant: tenants, generation: generations });
const textOf = (secret: string, tenant: string, generation: number): string =>
  webhookKeyText(deriveWebhookKey(secret, tenant, generation));

describe('a tenant’s key', () => {
  it('matches OpenSSL’s derivation in docs/webhooks.md', () => {
    // The expected key comes from this command:
    // openssl kdf -keylen 32 -kdfopt digest:SHA256 -kdfopt key:master -kdfopt info:errand-webhook-key/v1/acme/1 -binary HKDF | base64
    expect(textOf('master', 'acme', 1)).toBe('whsec_e9wEHh90EYzjO/iL7Yi5i7ijl77Ann2qCLtXpaLBjEA=');
  });

  it('has 32 bytes, and is the same each time', () => {
    fc.assert(
      fc.property(keys, ({ secret, tenant, generation }) => {
        const key = deriveWebhookKey(secret, tenant, generation);
        expect(key).toHaveLength(32);
        expect(deriveWebhookKey(secret, tenant, generation)).toEqual(key);
        expect(Buffer.from(webhookKeyText(key).replace(/^whsec_/, ''), 'base64')).toEqual(key);
      }),
    );
  });

  it('differs for every other secret, tenant or generation', () => {
    const close = fc.constantFrom('a', 'a1', 'a:1', 'a.1', 'a-1', '1', '11');
    const near = fc.record({
      secret: fc.constantFrom('s', 's1'),
      tenant: close,
      generation: fc.integer({ min: 1, max: 11 }),
    });
    const different = fc
      .oneof(fc.tuple(keys, keys), fc.tuple(near, near))
      .filter(([one, other]) => JSON.stringify(one) !== JSON.stringify(other));
    fc.assert(
      fc.property(different, ([one, other]) => {
        expect(textOf(one.secret, one.tenant, one.generation)).not.toBe(
          textOf(other.secret, other.tenant, other.generation),
        );
      }),
    );
  });
});
