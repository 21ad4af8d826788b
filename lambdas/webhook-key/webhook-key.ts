import { hkdfSync } from 'node:crypto';

/**
 * The length of a key, in bytes. Keys have the length of a SHA-256 hash, because webhooks are signed with HMAC-SHA256.
 * Standard Webhooks allows 24 to 64 bytes ("Signature scheme", github.com/standard-webhooks/standard-webhooks,
 * spec/standard-webhooks.md).
 */
const KEY_BYTES = 32;

/**
 * Derives the key that signs a tenant's webhooks from the deployment's secret, using HKDF-SHA256 (RFC 5869). A tenant's key
 * in one generation reveals nothing about the secret or about any other key.
 *
 * The derivation's label contains the key's purpose and a version: any other use of the secret needs a different label, and
 * any change to the derivation needs a new version. Tenant names can't contain slashes (lambdas/access/identity.ts), so
 * each tenant and generation has a different key.
 */
export function deriveWebhookKey(masterSecret: string, tenant: string, generation: number): Buffer {
  const info = `errand-webhook-key/v1/${tenant}/${generation}`;
  return Buffer.from(hkdfSync('sha256', masterSecret, '', info, KEY_BYTES));
}

/** Formats a key for receivers, as defined by Standard Webhooks. */
export function webhookKeyText(key: Buffer): string {
  return `whsec_${key.toString('base64')}`;
}
