import { describe, expect, it } from '@jest/globals';
import { apiKeyText, newApiKey, type ApiKey } from '../../../lambdas/access/api-key.ts';
import {
  deleteFunctionKeys,
  writeFunctionKey,
  type FunctionKey,
} from '../../../lambdas/function-keys/function-key.ts';

const PROPERTIES: FunctionKey = {
  secretArn: 'arn:aws:secretsmanager:us-east-1:000000000000:secret:checkout',
  name: 'Shop/Checkout',
  tenant: 'shop',
  scopes: ['submit'],
};

/** Writes the function's key for a secret, and returns the key's id and the written rows. */
async function rowsOf(secret: string): Promise<{ keyId: string; rows: [ApiKey, object][] }> {
  const rows: [ApiKey, object][] = [];
  const keyId = await writeFunctionKey(PROPERTIES, secret, {
    put: (key, attributes) => {
      rows.push([key, attributes]);
      return Promise.resolve({} as never);
    },
  });
  return { keyId, rows };
}

describe('a function’s key', () => {
  const key = newApiKey();
  const row = [key, { name: 'Shop/Checkout', tenant: 'shop', scopes: ['submit'] }];

  it('consists of the template’s prefix and CloudFormation’s secret', async () => {
    const secret = JSON.stringify({ prefix: `errand_${key.keyId}_`, secret: key.secret });
    expect(await rowsOf(secret)).toEqual({ keyId: key.keyId, rows: [row] });
  });

  it('is the value that an operator put into the secret when rotating the key', async () => {
    expect(await rowsOf(apiKeyText(key))).toEqual({ keyId: key.keyId, rows: [row] });
  });

  it.each(['', 'a-password', '{', '{}', '{"prefix":"errand_","secret":"1"}'])(
    'cannot be %j, and the error names the secret',
    async (secret) => {
      await expect(rowsOf(secret)).rejects.toThrow(
        `The secret ${PROPERTIES.secretArn} does not contain an API key. Store a key in it`,
      );
    },
  );
});

describe('the keys of a deleted function', () => {
  const [first, second] = [newApiKey(), newApiKey()];
  const deleted = async (secret: string | undefined): Promise<string[]> => {
    const keyIds: string[] = [];
    await deleteFunctionKeys(first.keyId, secret, {
      delete: (keyId) => {
        keyIds.push(keyId);
        return Promise.resolve();
      },
    });
    return keyIds;
  };

  it('are its first one and, after a rotation, the one in its secret', async () => {
    expect(await deleted(apiKeyText(first))).toEqual([first.keyId]);
    expect(await deleted(apiKeyText(second))).toEqual([first.keyId, second.keyId]);
  });

  it('are only its first one if its secret cannot be read', async () => {
    expect(await deleted(undefined)).toEqual([first.keyId]);
    expect(await deleted('a-password')).toEqual([first.keyId]);
  });
});
