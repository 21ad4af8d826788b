import { describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import {
  apiKeyText,
  isSecretOf,
  newApiKey,
  readApiKey,
  secretHash,
} from '../../../lambdas/access/api-key.ts';
import { isTenant } from '../../../lambdas/access/identity.ts';

describe('an API key', () => {
  it('is read back as it was written', () => {
    const key = newApiKey();
    expect(apiKeyText(key)).toMatch(/^errand_[0-9a-f]{16}_[0-9a-f]{64}$/);
    expect(readApiKey(apiKeyText(key))).toEqual(key);
  });

  it('is different each time', () => {
    const keys = Array.from({ length: 100 }, () => newApiKey());
    expect(new Set(keys.map(({ keyId }) => keyId)).size).toBe(100);
    expect(new Set(keys.map(({ secret }) => secret)).size).toBe(100);
  });

  it.each(['', 'errand_', `errand_${'a'.repeat(16)}_${'b'.repeat(63)}`, `x${apiKeyText(newApiKey())}`])(
    'is not read from %j',
    (text) => {
      expect(readApiKey(text)).toBeUndefined();
    },
  );

  it('is stored as the SHA-256 hash of its secret, and only that secret matches the hash', () => {
    const { secret } = newApiKey();
    const hash = secretHash(secret);
    expect(hash).toBe(createHash('sha256').update(secret).digest('hex'));
    expect(isSecretOf(secret, hash)).toBe(true);
    expect(isSecretOf(newApiKey().secret, hash)).toBe(false);
    expect(isSecretOf(secret, hash.slice(2))).toBe(false);
    expect(isSecretOf(secret, '')).toBe(false);
  });
});

describe('a tenant’s name', () => {
  it.each(['default', 'acme', 'a', '4711', 'auth0|5f7c8', 'team@example.com', 'x'.repeat(64)])(
    'may be %j',
    (name) => {
      expect(isTenant(name)).toBe(true);
    },
  );

  it.each(['', '-a', 'a#b', 'a b', 'a/b', 'ä', 'x'.repeat(65), 'a\n'])('may not be %j', (name) => {
    expect(isTenant(name)).toBe(false);
  });
});
