import { readApiKey } from '../../lambdas/access/api-key.ts';
import { createKeyTable, type KeyTable } from '../../lambdas/access/key-table.ts';
import { SCOPES, type Scope } from '../../lambdas/access/identity.ts';
import type { Cloud } from './cloud.ts';

/** Returns the API key table of a cloud that was started with AUTH=api-key. */
export function keysOf(cloud: Cloud): KeyTable {
  return createKeyTable(cloud.dynamoDb, cloud.output('KeyTableName'), () => new Date());
}

/** Creates an API key for a tenant, and returns the header that contains the key. */
export async function headerFor(
  cloud: Cloud,
  tenant: string,
  scopes: readonly Scope[] = SCOPES,
): Promise<{ authorization: string }> {
  const { key } = await keysOf(cloud).create({ name: 'test', tenant, scopes, expireTime: null });
  return { authorization: `Bearer ${key}` };
}

/** Returns the actor that the audit log records for requests with this API key header. */
export function actorOf(header: Readonly<Record<string, string>>): string {
  const key = readApiKey(header.authorization?.replace('Bearer ', '') ?? '');
  if (!key) throw new Error('The header has no API key.');
  return `key:${key.keyId}`;
}
