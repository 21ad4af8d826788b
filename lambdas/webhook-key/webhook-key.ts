import { hkdfSync } from 'node:crypto';

/**
 * The length of the signing hash, SHA-256. Standard Webhooks allows 24 to 64 bytes ("Signature scheme",
 * github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md).
 */
const KEY_BYTES = 32;

/**
 * The key that signs a tenant's webhooks, derived by HKDF-SHA256 (RFC 5869) from the deployment's secret. The keys of some
 * tenants or generations reveal nothing about the secret or any other key.
 *
 * The label states the key's purpose: another use of the secret gets another label, and another derivation gets another version.
 * A tenant's name contains no slash (lambdas/access/identity.ts), so each tenant and generation has a different key.
 */
export function deriveWebhookKey(masterSecret: string, tenant: string, generation: number): Buffer {
  const info = `errand-webhook-key/v1/${tenant}/${generation}`;
  return Buffer.from(hkdfSync('sha256', masterSecret, '', info, KEY_BYTES));
}

/** A key in the receivers' format, from Standard Webhooks. */
export function webhookKeyText(key: Buffer): string {
  return `whsec_${key.toString('base64')}`;
}
