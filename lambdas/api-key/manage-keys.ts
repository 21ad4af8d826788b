import { keyState, newApiKey, type KeyRecord } from '../access/api-key.ts';
import type { Scope } from '../access/identity.ts';
import type { KeyTable, NewKey, RotatedKey } from '../access/key-table.ts';
import type { NewAuditEntry } from '../job/audit.ts';
import { KeyEndedError, KeyNotFoundError, MakerEndedError, ScopesExceededError } from './key-errors.ts';

// The operations that administrators use to manage their tenant's API keys. The keys are in DynamoDB and the audit log is
// in Aurora, so no single statement can write both. The audit entry is written first, so that no change lacks an entry.

/** The caller who creates or changes keys. */
export interface Maker {
  readonly tenant: string;
  readonly scopes: readonly Scope[];
  /** The id of the caller's own key. */
  readonly keyId: string;
}

export interface ApiKeyPorts {
  readonly keys: Pick<KeyTable, 'find' | 'list' | 'create' | 'succeed' | 'revoke'>;
  /** Writes either all entries or none. */
  readonly writeAudit: (
    tenant: string,
    entries: readonly (NewAuditEntry & { readonly subject: string })[],
  ) => Promise<void>;
  /** A new UUIDv7. */
  readonly newId: () => string;
  readonly now: () => Date;
}

/** A new key's attributes, except for the tenant, which is always the maker's. */
export interface KeyRequest {
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** Undefined if the key never expires. */
  readonly expiresInSeconds: number | undefined;
}

/** Lists the tenant's keys, newest first, including expired and revoked keys. */
export async function listKeys(tenant: string, { keys }: ApiKeyPorts): Promise<KeyRecord[]> {
  return (await keys.list(tenant)).reverse();
}

/**
 * Creates a key for the maker's tenant.
 *
 * @throws ScopesExceededError, MakerEndedError
 */
export async function createKey(
  { name, scopes, expiresInSeconds }: KeyRequest,
  maker: Maker,
  entry: NewAuditEntry,
  ports: ApiKeyPorts,
): Promise<NewKey> {
  requireScopes(maker, scopes);
  await requireActiveMaker(maker, ports);
  const key = newApiKey();
  await ports.writeAudit(maker.tenant, [{ ...entry, subject: key.keyId }]);
  const expireTime = timeIn(expiresInSeconds, ports.now());
  return ports.keys.create({ name, tenant: maker.tenant, scopes, expireTime }, key);
}

/**
 * Rotates an active key: creates a key with the same name and scopes. The old key expires once the overlap has elapsed.
 *
 * @throws KeyNotFoundError, ScopesExceededError, KeyEndedError, MakerEndedError
 */
export async function rotateKey(
  keyId: string,
  { overlapSeconds, expiresInSeconds }: { overlapSeconds: number; expiresInSeconds: number | undefined },
  maker: Maker,
  entry: NewAuditEntry,
  ports: ApiKeyPorts,
): Promise<RotatedKey> {
  const record = await keyOf(maker.tenant, keyId, ports);
  requireScopes(maker, record.scopes);
  const state = keyState(record, ports.now());
  if (state !== 'active') throw new KeyEndedError(keyId, state);
  if (keyId !== maker.keyId) await requireActiveMaker(maker, ports);
  const key = newApiKey();
  const created = { ...entry, entryId: ports.newId(), action: 'api_key.create' as const };
  await ports.writeAudit(maker.tenant, [
    { ...entry, subject: keyId },
    { ...created, subject: key.keyId },
  ]);
  const expireTime = timeIn(expiresInSeconds, ports.now());
  return ports.keys.succeed(record, overlapSeconds * 1000, { key, expireTime });
}

/**
 * Revokes a key. Idempotent: if the key is already revoked, nothing changes.
 *
 * @throws KeyNotFoundError
 */
export async function revokeKey(
  keyId: string,
  tenant: string,
  entry: NewAuditEntry,
  ports: ApiKeyPorts,
): Promise<KeyRecord> {
  const record = await keyOf(tenant, keyId, ports);
  if (record.revoke_time) return record;
  await ports.writeAudit(tenant, [{ ...entry, subject: keyId }]);
  return ports.keys.revoke(keyId);
}

/** Finds one of this tenant's keys. Other tenants' keys are treated as missing. */
async function keyOf(tenant: string, keyId: string, { keys }: ApiKeyPorts): Promise<KeyRecord> {
  const found = await keys.find(keyId);
  if (found?.record.tenant !== tenant) throw new KeyNotFoundError(keyId);
  return found.record;
}

/** Ensures that a key gets no scopes beyond its maker's. */
function requireScopes(maker: Maker, scopes: readonly Scope[]): void {
  const missing = scopes.filter((scope) => !maker.scopes.includes(scope));
  if (missing.length > 0) throw new ScopesExceededError(missing, maker.scopes);
}

/**
 * Ensures that the maker's own key is still active. API Gateway may accept a revoked key for another 30 seconds. During
 * that time, the revoked key must not create other keys.
 */
async function requireActiveMaker({ keyId }: Maker, { keys, now }: ApiKeyPorts): Promise<void> {
  const found = await keys.find(keyId);
  const state = found ? keyState(found.record, now()) : 'revoked';
  if (state !== 'active') throw new MakerEndedError(keyId, state);
}

function timeIn(seconds: number | undefined, now: Date): Date | null {
  return seconds === undefined ? null : new Date(now.getTime() + seconds * 1000);
}
