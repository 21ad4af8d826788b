import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { isScope, type Scope } from './scopes.ts';

/** What is known of an API key; the key itself is nowhere. */
export interface KeyRecord {
  readonly key_id: string;
  readonly name: string;
  readonly tenant: string;
  readonly scopes: readonly Scope[];
  readonly create_time: Date;
  /** From then on it opens nothing; null for never. */
  readonly expire_time: Date | null;
  readonly revoke_time: Date | null;
}

export type KeyState = 'active' | 'expired' | 'revoked';

export function keyState({ expire_time: expiry, revoke_time: revoked }: KeyRecord, now: Date): KeyState {
  if (revoked) return 'revoked';
  return expiry && expiry <= now ? 'expired' : 'active';
}

/** A row of the table: times are milliseconds since 1970. A row stays when its key has ended: it says whose key that was. */
export function toItem(record: KeyRecord, secretHash: string): Record<string, AttributeValue> {
  return {
    key_id: { S: record.key_id },
    secret_hash: { S: secretHash },
    name: { S: record.name },
    tenant: { S: record.tenant },
    scopes: { SS: [...record.scopes] },
    created_at: toNumber(record.create_time),
    ...(record.expire_time && { expires_at: toNumber(record.expire_time) }),
    ...(record.revoke_time && { revoked_at: toNumber(record.revoke_time) }),
  };
}

/** @throws Error for a row that is none of ours */
export function fromItem(item: Record<string, AttributeValue>): { record: KeyRecord; secretHash: string } {
  const { key_id: keyId, secret_hash: hash, name, tenant, scopes, created_at: createdAt } = item;
  if (!keyId?.S || !hash?.S || !tenant?.S || !createdAt?.N) {
    throw new Error(`The row ${keyId?.S ?? ''} of the table of API keys lacks a part.`);
  }
  return {
    record: {
      key_id: keyId.S,
      name: name?.S ?? '',
      tenant: tenant.S,
      scopes: (scopes?.SS ?? []).filter(isScope).sort(),
      create_time: new Date(Number(createdAt.N)),
      expire_time: toTime(item.expires_at),
      revoke_time: toTime(item.revoked_at),
    },
    secretHash: hash.S,
  };
}

export function toNumber(time: Date): AttributeValue {
  return { N: String(time.getTime()) };
}

function toTime(value: AttributeValue | undefined): Date | null {
  return value?.N === undefined ? null : new Date(Number(value.N));
}
