import { expect } from '@jest/globals';
import type { Schema } from 'errand-client';
import { randomUUID } from 'node:crypto';
import { keysOf } from '../../helpers/keys.ts';
import { untilTaken } from './api-paths.ts';
import { call, type Path, type Scene } from './path.ts';

// The paths for changes to API keys. The audit log and the keys are in different stores, so a crash may leave an audit entry without a change, or a
// key that no client received. A crash must never leave a change without an audit entry.

type KeyView = Schema<'ApiKey'>;

const ACTOR = 'ApiFunctionName';
const ENTRY = call('rds-data', 'ExecuteStatement', 1, 503);
const READ = call('dynamodb', 'GetItem', 1, 503);

async function keysNamed({ cloud: { api } }: Scene, name: string): Promise<KeyView[]> {
  const read = () => api.call<Schema<'ApiKeyPage'>>('GET', '/v1/api-keys?limit=200');
  return (await untilTaken(read)).items.filter((key) => key.name === name);
}

/** Returns the subjects of the audit entries with this action. */
async function subjectsOf({ cloud: { api } }: Scene, action: string): Promise<string[]> {
  const read = () => api.call<Schema<'AuditPage'>>('GET', `/v1/audit?action=${action}&limit=200`);
  return (await untilTaken(read)).items.map(({ subject }) => subject);
}

async function newKey({ cloud }: Scene, name: string): Promise<string> {
  const attributes = { name, tenant: 'default', scopes: ['read'], expireTime: null } as const;
  return (await keysOf(cloud).create(attributes)).record.key_id;
}

/** The calls: read the creator's key, write the audit entry, write the new key. */
export const KEY_CREATION: Path = {
  title: 'the creation of an API key',
  actor: ACTOR,
  steps: [READ, ENTRY, call('dynamodb', 'PutItem', 1, 503)],
  isSequence: true,
  begin(scene) {
    const name = randomUUID();
    const create = () =>
      scene.cloud.api.call<Schema<'NewApiKey'>>('POST', '/v1/api-keys', { name, scopes: ['read'] });
    return Promise.resolve({
      text: name,
      attempt: async () => (await create()).status,
      async recover() {
        const made = await untilTaken(create);
        const keys = await keysNamed(scene, name);
        expect(keys.map(({ key_id: keyId }) => keyId)).toContain(made.key_id);
        // At most two keys exist: one from the interrupted attempt, and one from the retry.
        expect(keys.length).toBeLessThanOrEqual(2);
        const entries = await subjectsOf(scene, 'api_key.create');
        for (const { key_id: keyId } of keys) expect(entries).toContain(keyId);
      },
    });
  },
};

/** The calls: read the old key and the creator's key, write the audit entries and the successor, and set the old key's expiry time. */
export const API_KEY_ROTATION: Path = {
  title: 'the rotation of an API key',
  actor: ACTOR,
  steps: [
    READ,
    call('dynamodb', 'GetItem', 2, 503),
    ENTRY,
    call('dynamodb', 'PutItem', 1, 503),
    call('dynamodb', 'UpdateItem', 1, 503),
  ],
  isSequence: true,
  async begin(scene) {
    const name = randomUUID();
    const keyId = await newKey(scene, name);
    const path = `/v1/api-keys/${keyId}/rotate`;
    const rotate = () =>
      scene.cloud.api.call<Schema<'RotatedApiKey'>>('POST', path, { overlap_seconds: 3600 });
    return {
      text: keyId,
      attempt: async () => (await rotate()).status,
      async recover() {
        // The old key must still work after every fault, because no client received the new key.
        expect((await keysOf(scene.cloud).find(keyId))?.record.revoke_time).toBeNull();
        const { key_id: successor, replaced } = await untilTaken(rotate);
        expect(replaced).toMatchObject({ key_id: keyId, state: 'active' });
        expect(replaced.expire_time).not.toBeNull();
        const keys = await keysNamed(scene, name);
        expect(keys.find((key) => key.key_id === successor)).toMatchObject({
          state: 'active',
          expire_time: null,
        });
        expect(keys.length).toBeLessThanOrEqual(3);
        expect(await subjectsOf(scene, 'api_key.rotate')).toContain(keyId);
        const entries = await subjectsOf(scene, 'api_key.create');
        for (const each of keys) if (each.key_id !== keyId) expect(entries).toContain(each.key_id);
      },
    };
  },
};

/** The calls: read the key, write the audit entry, and revoke the key. */
export const KEY_REVOCATION: Path = {
  title: 'the revocation of an API key',
  actor: ACTOR,
  steps: [READ, ENTRY, call('dynamodb', 'UpdateItem', 1, 503)],
  isSequence: true,
  async begin(scene) {
    const { cloud } = scene;
    const { key, record } = await keysOf(cloud).create({
      ...{ name: randomUUID(), tenant: 'default', scopes: ['read'], expireTime: null },
    });
    const keyId = record.key_id;
    const revoke = () => cloud.api.call<KeyView>('POST', `/v1/api-keys/${keyId}/revoke`);
    return {
      text: keyId,
      attempt: async () => (await revoke()).status,
      async recover() {
        const wasRevoked = (await keysOf(cloud).find(keyId))?.record.revoke_time;
        const entries = async () =>
          (await subjectsOf(scene, 'api_key.revoke')).filter((subject) => subject === keyId).length;
        if (wasRevoked) expect(await entries()).toBe(1);
        const revoked = await untilTaken(revoke);
        expect(revoked.state).toBe('revoked');
        if (wasRevoked) expect(revoked.revoke_time).toBe(wasRevoked.toISOString());
        expect(await entries()).toBeGreaterThanOrEqual(1);
        const headers = { authorization: `Bearer ${key}` };
        expect((await fetch(`${cloud.api.url}/v1/caller`, { headers })).status).toBe(401);
      },
    };
  },
};

export const API_KEY_PATHS = [KEY_CREATION, API_KEY_ROTATION, KEY_REVOCATION];
