import { deriveWebhookKey, webhookKeyText } from './webhook-key.ts';
import type { KeyGenerations, KeyStore, Rotation } from './ports.ts';

export interface KeyPorts {
  readonly store: KeyStore;
  /** Reads the secret that every tenant's key is derived from. */
  readonly readSecret: () => Promise<string>;
}

/** A tenant's current key, as its administrator sees it. */
export interface WebhookKey extends KeyGenerations {
  /** `whsec_` and the key in base64: what receivers verify with. */
  key: string;
}

/** Somebody else has rotated the key meanwhile, or the request names a generation that never was. */
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
 * Replaces a tenant's key. Sent again because its answer was lost, the same request changes nothing more and has the same answer.
 *
 * @throws KeyGenerationError
 */
export async function rotateWebhookKey(
  rotation: Rotation,
  { store, readSecret }: KeyPorts,
): Promise<WebhookKey> {
  // First: a rotation whose new key could not be told would leave the receivers without it.
  const masterSecret = await readSecret();
  const { keys, applied } = await store.rotate(rotation);
  if (!applied) throw new KeyGenerationError(rotation.generation, keys);
  return toKey(masterSecret, rotation.tenant, keys);
}

function toKey(masterSecret: string, tenant: string, keys: KeyGenerations): WebhookKey {
  return { key: webhookKeyText(deriveWebhookKey(masterSecret, tenant, keys.generation)), ...keys };
}
