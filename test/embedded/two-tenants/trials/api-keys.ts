import { expect } from '@jest/globals';
import type { Schema } from 'errand-client';
import type { Tenant } from '../tenant.ts';
import type { Trial } from '../side-effects.ts';

const keyIdsOf = async (tenant: Tenant): Promise<string[]> =>
  (await tenant.get<Schema<'ApiKeyPage'>>('/v1/api-keys?limit=200')).items.map(({ key_id: keyId }) => keyId);

export const API_KEYS: Trial = {
  title:
    'a key of the attacker grants access only to its own tenant, and cannot rotate or revoke another tenant’s key',
  async attack(attacker, world) {
    const bystander = await world.newTenant();
    const path = '/v1/api-keys';
    const made = await attacker.post<Schema<'NewApiKey'>>(path, { name: 'mine', scopes: ['read', 'admin'] });
    const rotated = await attacker.post<Schema<'RotatedApiKey'>>(`${path}/${made.key_id}/rotate`);
    for (const { key } of [made, rotated]) {
      const headers = { authorization: `Bearer ${key}` };
      const { body } = await world.cloud.api.call<Schema<'Caller'>>('GET', '/v1/caller', undefined, headers);
      expect(body.tenant).toBe(attacker.name);
    }
    // An attacker may know a key's id, because the id appears in the audit log, in function logs, and in the key itself.
    for (const { headers } of [world.victim, bystander]) {
      const [, keyId = ''] = /errand_([0-9a-f]+)_/.exec(headers.authorization) ?? [];
      for (const change of ['rotate', 'revoke']) {
        expect(await attacker.call('POST', `${path}/${keyId}/${change}`)).toMatchObject({ status: 404 });
      }
      expect(await keyIdsOf(attacker)).not.toContain(keyId);
    }
    await attacker.post(`${path}/${made.key_id}/revoke`);
    expect(await keyIdsOf(bystander)).toHaveLength(1);
  },
};
