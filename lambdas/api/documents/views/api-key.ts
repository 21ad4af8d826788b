import * as z from 'zod';
import type { KeyState } from '../../../access/api-key.ts';
import { SCOPES, type Scope } from '../../../access/identity.ts';
import { moment } from '../../../job/job-schema.ts';
import { keyRequest, rotation } from '../../operations/api-keys/api-key-bodies.ts';
import { named, pageFields, shapeOf } from '../components.ts';

/** An API key as administrators see it. Times are ISO 8601 in UTC. */
export interface ApiKeyView {
  key_id: string;
  name: string;
  scopes: Scope[];
  state: KeyState;
  create_time: string;
  expire_time: string | null;
  revoke_time: string | null;
}

export const apiKeyRequest = named('NewApiKeyRequest', keyRequest);

export const apiKeyRotation = named('ApiKeyRotation', rotation);

const fields = {
  key_id: z
    .string()
    .regex(/^[0-9a-f]{16}$/)
    .meta({ description: 'The 16 digits after `errand_` in the key.' }),
  name: z.string().meta({ description: 'Who or what the key is for.' }),
  scopes: z.array(z.enum(SCOPES)).meta({ description: 'What the key may do.' }),
  state: z.enum(['active', 'expired', 'revoked']),
  create_time: moment,
  expire_time: moment.nullable().meta({ description: 'When the key expires; null for never.' }),
  revoke_time: moment.nullable().meta({ description: 'When the key was revoked.' }),
};

const text = z
  .string()
  .regex(/^errand_[0-9a-f]{16}_[0-9a-f]{64}$/)
  .meta({ description: 'The key itself, to send as `Authorization: Bearer …`. It is not stored anywhere.' });

export const apiKey = named('ApiKey', shapeOf<ApiKeyView>()(z.object(fields)));

export const newApiKey = named('NewApiKey', z.object({ key: text, ...fields }));

export const rotatedApiKey = named(
  'RotatedApiKey',
  z.object({
    key: text,
    ...fields,
    replaced: apiKey.meta({ description: 'The old key, which expires after the overlap.' }),
  }),
);

export const apiKeyPage = named('ApiKeyPage', z.object({ items: z.array(apiKey), ...pageFields }));

export const apiKeyExample: ApiKeyView = {
  key_id: '516069fe8e2095c3',
  name: 'billing',
  scopes: ['read', 'submit'],
  state: 'active',
  create_time: '2030-01-31T12:00:00.000Z',
  expire_time: '2030-05-01T12:00:00.000Z',
  revoke_time: null,
};

/** A new key as an example. Its secret is all zeros. */
export const newApiKeyExample = { key: exampleKey(apiKeyExample.key_id), ...apiKeyExample };

const successor: ApiKeyView = {
  ...apiKeyExample,
  key_id: '7d0c2f9b6a1e4385',
  create_time: '2030-04-01T12:00:00.000Z',
  expire_time: null,
};

export const rotatedKeyExample = {
  key: exampleKey(successor.key_id),
  ...successor,
  replaced: { ...apiKeyExample, expire_time: '2030-04-02T12:00:00.000Z' },
};

export const revokedKeyExample: ApiKeyView = {
  ...apiKeyExample,
  state: 'revoked',
  revoke_time: '2030-02-01T12:00:00.000Z',
};

function exampleKey(keyId: string): string {
  return `errand_${keyId}_${'0'.repeat(64)}`;
}
