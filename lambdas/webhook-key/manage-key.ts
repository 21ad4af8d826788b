import type { NewAuditEntry } from '../job/audit.ts';
import { deriveWebhookKey, webhookKeyText } from './webhook-key.ts';

/**
 * The generation of a tenant's current key, with the times of its rotation and of the previous key's expiry. Times are ISO
 * 8601 in UTC.
 */
export interface KeyGenerations {
  /** The current key's generation, which is 1 until the tenant rotates its key for the first time. */
  generation: number;
  /** When the current key replaced the previous one; null in generation 1. */
  rotate_time: string | null;
  /**
   * The time until which webhooks are also signed with the previous key; null if they are signed only with the current key.
   */
  previous_until: string | null;
}

/** A request to replace a tenant's key with the next generation's key. */
export interface Rotation {
  tenant: string;
  /** The generation to replace. It ensures that a repeated request rotates the key only once. */
  generation: number;
  /** How long webhooks are signed with both the replaced key and the new key, in seconds. */
  overlapSeconds: number;
}

/** Stores the generation of each tenant's key. */
export interface KeyStore {
  read(tenant: string): Promise<KeyGenerations>;
  /**
   * Replaces the current key if its generation is `rotation.generation`. If that generation has already been replaced by the
   * next one, the rotation can only shorten the overlap. `applied` is true in both cases. In all other cases, nothing
   * changes.
   */
  rotate(rotation: Rotation, entry: NewAuditEntry): Promise<{ keys: KeyGenerations; applied: boolean }>;
}

export interface KeyPorts {
  readonly store: KeyStore;
  /** Reads the secret from which tenants' keys are derived. */
  readonly readSecret: () => Promise<string>;
}

/** A tenant's current key, as returned to the tenant's administrator. */
export interface WebhookKey extends KeyGenerations {
  /** `whsec_` and the key in base64. Receivers use this string to verify webhooks. */
  key: string;
}

/**
 * Thrown if the request names a generation other than the current one, because another administrator has rotated the key, or
 * because the generation never existed.
 */
export class KeyGenerationError extends Error {
  override readonly name = 'KeyGenerationError';

  constructor(asked: number, { generation }: KeyGenerations) {
    super(
      `Generation ${asked} of the webhook key can't be replaced, because the current one is generation ${generation}. ` +
        'Read the key again, and send its generation.',
    );
  }
}

export async function getWebhookKey(tenant: string, { store, readSecret }: KeyPorts): Promise<WebhookKey> {
  const [masterSecret, keys] = await Promise.all([readSecret(), store.read(tenant)]);
  return toKey(masterSecret, tenant, keys);
}

/**
 * Replaces a tenant's key. Idempotent: a repeated request changes nothing and gets the same response.
 *
 * @throws KeyGenerationError
 */
export async function rotateWebhookKey(
  rotation: Rotation,
  entry: NewAuditEntry,
  { store, readSecret }: KeyPorts,
): Promise<WebhookKey> {
  // Read the secret before rotating the key. If the read failed after the rotation, the response could not contain the new
  // key.
  const masterSecret = await readSecret();
  const { keys, applied } = await store.rotate(rotation, entry);
  if (!applied) throw new KeyGenerationError(rotation.generation, keys);
  return toKey(masterSecret, rotation.tenant, keys);
}

function toKey(masterSecret: string, tenant: string, keys: KeyGenerations): WebhookKey {
  return { key: webhookKeyText(deriveWebhookKey(masterSecret, tenant, keys.generation)), ...keys };
}
