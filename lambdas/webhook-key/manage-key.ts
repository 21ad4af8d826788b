import type { NewAuditEntry } from '../job/audit.ts';
import { deriveWebhookKey, webhookKeyText } from './webhook-key.ts';

/** The generation of a tenant's current key, and how long the previous key is still valid. Times are ISO 8601 in UTC. */
export interface KeyGenerations {
  /** The current key's generation: 1 until the tenant rotates its key for the first time. */
  generation: number;
  /** When the current key replaced the previous one; null in generation 1. */
  rotate_time: string | null;
  /** Until then webhooks are signed with both keys; null if they are signed with the current key only. */
  previous_until: string | null;
}

/** Replaces the key of one generation with the next. */
export interface Rotation {
  tenant: string;
  /** The generation to replace, so that a repeated request rotates once. */
  generation: number;
  /** How long the replaced key still signs, next to the new one. */
  overlapSeconds: number;
}

/** Stores the generation of each tenant's key. */
export interface KeyStore {
  read(tenant: string): Promise<KeyGenerations>;
  /**
   * Replaces the current key if its generation is the one to replace. If the next generation has already replaced it, the overlap may
   * only become shorter. `applied` is true in both cases. Otherwise nothing changes.
   */
  rotate(rotation: Rotation, entry: NewAuditEntry): Promise<{ keys: KeyGenerations; applied: boolean }>;
}

export interface KeyPorts {
  readonly store: KeyStore;
  /** Reads the secret from which every tenant's key is derived. */
  readonly readSecret: () => Promise<string>;
}

/** A tenant's current key, as its administrator sees it. */
export interface WebhookKey extends KeyGenerations {
  /** `whsec_` and the key in base64. Receivers verify with it. */
  key: string;
}

/** A request names a generation that is not the current one: someone else rotated the key, or it never existed. */
export class KeyGenerationError extends Error {
  override readonly name = 'KeyGenerationError';

  constructor(asked: number, { generation }: KeyGenerations) {
    super(
      `Generation ${asked} of the webhook key can't be replaced, because the current one is generation ${generation}. ` +
        'Read the key, and send the generation that you see.',
    );
  }
}

export async function getWebhookKey(tenant: string, { store, readSecret }: KeyPorts): Promise<WebhookKey> {
  const [masterSecret, keys] = await Promise.all([readSecret(), store.read(tenant)]);
  return toKey(masterSecret, tenant, keys);
}

/**
 * Replaces a tenant's key. Idempotent: a repeated request changes nothing more and gets the same response.
 *
 * @throws KeyGenerationError
 */
export async function rotateWebhookKey(
  rotation: Rotation,
  entry: NewAuditEntry,
  { store, readSecret }: KeyPorts,
): Promise<WebhookKey> {
  // Read first: if the secret can't be read, the key must not be rotated, because nobody would learn the new key.
  const masterSecret = await readSecret();
  const { keys, applied } = await store.rotate(rotation, entry);
  if (!applied) throw new KeyGenerationError(rotation.generation, keys);
  return toKey(masterSecret, rotation.tenant, keys);
}

function toKey(masterSecret: string, tenant: string, keys: KeyGenerations): WebhookKey {
  return { key: webhookKeyText(deriveWebhookKey(masterSecret, tenant, keys.generation)), ...keys };
}
