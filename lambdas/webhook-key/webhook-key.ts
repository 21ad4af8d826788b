import { hkdfSync } from 'node:crypto';

/**
 * The length of a SHA-256 hash, which signs the webhooks. Standard Webhooks allows 24 to 64 bytes ("Signature scheme",
 * github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md).
 */
const KEY_BYTES = 32;

/**
 * Derives the key that signs a tenant's webhooks from the deployment's secret, using HKDF-SHA256 (RFC 5869). Knowing the keys
 * of some tenants or generations reveals nothing about the secret or any other key.
 *
 * The label states the key's purpose: another use of the secret gets another label, and another derivation gets another
 * version. Tenant names contain no slashes (lambdas/access/identity.ts), so each tenant and generation has a different key.
 */
export function deriveWebhookKey(masterSecret: string, tenant: string, generation: number): Buffer {
  const info = `errand-webhook-key/v1/${tenant}/${generation}`;
  return Buffer.from(hkdfSync('sha256', masterSecret, '', info, KEY_BYTES));
}

/** Formats a key for receivers, as Standard Webhooks defines it. */
export function webhookKeyText(key: Buffer): string {
  return `whsec_${key.toString('base64')}`;
}
