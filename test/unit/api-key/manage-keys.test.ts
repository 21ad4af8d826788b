import { describe, expect, it } from '@jest/globals';
import { secretHash, type ApiKey, type KeyRecord } from '../../../lambdas/access/api-key.ts';
import {
  KeyEndedError,
  KeyNotFoundError,
  MakerEndedError,
  ScopesExceededError,
} from '../../../lambdas/api-key/key-errors.ts';
import {
  createKey,
  revokeKey,
  rotateKey,
  type ApiKeyPorts,
  type Maker,
} from '../../../lambdas/api-key/manage-keys.ts';
import { entryOf } from '../../helpers/audit-entries.ts';

const NOW = new Date('2030-01-31T12:00:00Z');
const MAKER: Maker = { tenant: 'acme', scopes: ['read', 'admin'], keyId: '000000000000000a' };
const KEY_ID = '000000000000000b';

function recordOf(fields: Partial<KeyRecord> = {}): KeyRecord {
  return {
    ...{ key_id: KEY_ID, name: 'billing', tenant: 'acme', scopes: ['read'] },
    ...{ create_time: NOW, expire_time: null, revoke_time: null },
    ...fields,
  };
}

/** Creates ports with the given rows. The ports record each write, and the calls named in `broken` fail. */
function portsOf(rows: readonly KeyRecord[], broken: readonly string[] = []) {
  const calls: string[] = [];
  const note = (name: string, subject: string): void => {
    calls.push(`${name} ${subject}`);
    if (broken.includes(name)) throw new Error(`${name} is broken`);
  };
  const made = (record: KeyRecord, { keyId, secret }: ApiKey) => ({
    key: `errand_${keyId}_${secret}`,
    record: { ...record, key_id: keyId },
  });
  const rowOf = (keyId: string) => rows.find((row) => row.key_id === keyId);
  const ports: ApiKeyPorts = {
    keys: {
      find: (keyId) => {
        const record = rowOf(keyId);
        return Promise.resolve(record && { record, secretHash: secretHash('') });
      },
      list: () => Promise.resolve([...rows]),
      create: async (attributes, key) => {
        await Promise.resolve();
        if (!key) throw new Error('The entry must know the id of the key.');
        note('create', key.keyId);
        return made(recordOf({ ...attributes, expire_time: attributes.expireTime }), key);
      },
      succeed: async (record, overlapMs, { key, expireTime }) => {
        await Promise.resolve();
        if (!key) throw new Error('The entry must know the id of the key.');
        note('succeed', `${record.key_id} ${key.keyId}`);
        const old = { ...record, expire_time: new Date(NOW.getTime() + overlapMs) };
        return { ...made({ ...record, expire_time: expireTime }, key), old };
      },
      revoke: async (keyId) => {
        await Promise.resolve();
        note('revoke', keyId);
        return recordOf({ revoke_time: NOW });
      },
    },
    writeAudit: async (tenant, entries) => {
      await Promise.resolve();
      note('audit', `${tenant} ${entries.map(({ action, subject }) => `${action} ${subject}`).join(', ')}`);
    },
    newId: () => '0192f3a0-7c1e-7000-8000-000000000000',
    now: () => NOW,
  };
  return { ports, calls };
}

const maker = recordOf({ key_id: MAKER.keyId, scopes: MAKER.scopes });
const REQUEST = { name: 'billing', scopes: ['read'], expiresInSeconds: 60 } as const;
const TIMES = { overlapSeconds: 60, expiresInSeconds: undefined };

describe('a new key', () => {
  it('has its audit entry before it exists', async () => {
    const { ports, calls } = portsOf([maker]);
    const { record } = await createKey(REQUEST, MAKER, entryOf('api_key.create'), ports);
    expect(calls).toEqual([`audit acme api_key.create ${record.key_id}`, `create ${record.key_id}`]);
    expect(record).toMatchObject({ tenant: 'acme', expire_time: new Date(NOW.getTime() + 60_000) });
  });

  it('is not created if the audit entry can’t be written', async () => {
    const { ports, calls } = portsOf([maker], ['audit']);
    await expect(createKey(REQUEST, MAKER, entryOf('api_key.create'), ports)).rejects.toThrow('broken');
    expect(calls).toHaveLength(1);
  });

  it('with a scope that its creator lacks is refused, and has no audit entry', async () => {
    const { ports, calls } = portsOf([maker]);
    const request = { ...REQUEST, scopes: ['read', 'submit'] as const };
    const refused = createKey(request, MAKER, entryOf('api_key.create'), ports);
    await expect(refused).rejects.toThrow(ScopesExceededError);
    await expect(refused).rejects.toThrow('the scope submit,');
    expect(calls).toEqual([]);
  });

  it.each([
    ['revoked', [{ ...maker, revoke_time: NOW }]],
    ['expired', [{ ...maker, expire_time: NOW }]],
    ['deleted, which is told as revoked', []],
  ])('of a creator whose own key is %s is refused', async (_title, rows) => {
    const { ports, calls } = portsOf(rows);
    const refused = createKey(REQUEST, MAKER, entryOf('api_key.create'), ports);
    await expect(refused).rejects.toThrow(MakerEndedError);
    expect(calls).toEqual([]);
  });
});

describe('a rotation', () => {
  it('has an audit entry for each of the two keys before it happens', async () => {
    const { ports, calls } = portsOf([maker, recordOf()]);
    const { record } = await rotateKey(KEY_ID, TIMES, MAKER, entryOf('api_key.rotate'), ports);
    expect(calls).toEqual([
      `audit acme api_key.rotate ${KEY_ID}, api_key.create ${record.key_id}`,
      `succeed ${KEY_ID} ${record.key_id}`,
    ]);
  });

  it.each([
    ['of a key of another tenant', recordOf({ tenant: 'other' }), KeyNotFoundError],
    ['of a key with more scopes than its maker’s', recordOf({ scopes: ['submit'] }), ScopesExceededError],
    ['of a revoked key', recordOf({ revoke_time: NOW }), KeyEndedError],
    ['of an expired key', recordOf({ expire_time: NOW }), KeyEndedError],
  ])('%s is refused, and has no entry', async (_title, record, error) => {
    const { ports, calls } = portsOf([maker, record]);
    const refused = rotateKey(KEY_ID, TIMES, MAKER, entryOf('api_key.rotate'), ports);
    await expect(refused).rejects.toThrow(error);
    expect(calls).toEqual([]);
  });
});

describe('a revocation', () => {
  it('has its audit entry before it happens', async () => {
    const { ports, calls } = portsOf([recordOf({ scopes: ['submit'] })]);
    await revokeKey(KEY_ID, 'acme', entryOf('api_key.revoke'), ports);
    expect(calls).toEqual([`audit acme api_key.revoke ${KEY_ID}`, `revoke ${KEY_ID}`]);
  });

  it('of a revoked key changes nothing, and has no audit entry', async () => {
    const revoked = recordOf({ revoke_time: new Date(0) });
    const { ports, calls } = portsOf([revoked]);
    expect(await revokeKey(KEY_ID, 'acme', entryOf('api_key.revoke'), ports)).toEqual(revoked);
    expect(calls).toEqual([]);
  });

  it('of another tenant’s key is refused as if it did not exist', async () => {
    const { ports } = portsOf([recordOf({ tenant: 'other' })]);
    const refused = revokeKey(KEY_ID, 'acme', entryOf('api_key.revoke'), ports);
    await expect(refused).rejects.toThrow(`The API key ${KEY_ID} does not exist.`);
  });
});
