import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { isScope, type Scope } from './identity.ts';

// An API key: its string format, its secret's hash, and its record in the key table.

/** The two parts of an API key: the id of its row in the table, and the secret. */
export interface ApiKey {
  /** 64 random bits as 16 hexadecimal digits. */
  readonly keyId: string;
  /** 256 random bits as 64 hexadecimal digits. */
  readonly secret: string;
}

/**
 * Matches a key. A key contains only letters, digits and `_`, so that a double click selects the whole key. The prefix lets
 * scanners recognize leaked keys.
 */
const FORM = /^errand_([0-9a-f]{16})_([0-9a-f]{64})$/;

export function newApiKey(): ApiKey {
  return { keyId: randomBytes(8).toString('hex'), secret: randomBytes(32).toString('hex') };
}

/** Formats a key as `errand_<key id>_<secret>`. */
export function apiKeyText({ keyId, secret }: ApiKey): string {
  return `errand_${keyId}_${secret}`;
}

/** Parses a key. Returns undefined for any other string. */
export function readApiKey(text: string): ApiKey | undefined {
  const [, keyId, secret] = FORM.exec(text) ?? [];
  return keyId === undefined || secret === undefined ? undefined : { keyId, secret };
}

/**
 * Returns a secret's SHA-256 hash in hexadecimal, as stored in the table. Unlike a password, a secret doesn't need a slow
 * hash or a salt, because nobody can guess 256 random bits.
 */
export function secretHash(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** Whether a secret has this hash. The comparison takes constant time. */
export function isSecretOf(secret: string, storedHash: string): boolean {
  const given = Buffer.from(secretHash(secret), 'hex');
  const stored = Buffer.from(storedHash, 'hex');
  return given.length === stored.length && timingSafeEqual(given, stored);
}

/** A key's record in the table. The table also stores the secret's hash. The key itself is not stored anywhere. */
export interface KeyRecord {
  readonly key_id: string;
  readonly name: string;
  readonly tenant: string;
  readonly scopes: readonly Scope[];
  readonly create_time: Date;
  /** The key's expiry time; null if the key never expires. */
  readonly expire_time: Date | null;
  readonly revoke_time: Date | null;
}

export type KeyState = 'active' | 'expired' | 'revoked';

export function keyState({ expire_time: expiry, revoke_time: revoked }: KeyRecord, now: Date): KeyState {
  if (revoked) return 'revoked';
  return expiry && expiry <= now ? 'expired' : 'active';
}

/**
 * Converts a record to a row of the table, with times in epoch milliseconds. Expired and revoked keys keep their rows, so
 * that operators can see whose keys they were.
 */
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

/** Converts a row of the table to a record. @throws Error if the row lacks a required attribute */
export function fromItem(item: Record<string, AttributeValue>): { record: KeyRecord; secretHash: string } {
  const { key_id: keyId, secret_hash: hash, name, tenant, scopes, created_at: createdAt } = item;
  if (!keyId?.S || !hash?.S || !tenant?.S || !createdAt?.N) {
    throw new Error(`Row ${keyId?.S ?? ''} of the API key table lacks a required attribute.`);
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
