import { hkdfSync } from 'node:crypto';

/**
 * As long as the hash that signs, SHA-256. Standard Webhooks takes 24 to 64 bytes ("Signature scheme",
 * github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md).
 */
const KEY_BYTES = 32;

/**
 * The key that signs a tenant's webhooks, by HKDF-SHA256 (RFC 5869) of the deployment's one secret. Nobody who has keys of some
 * tenants or generations learns anything about the secret or about another key.
 *
 * The label says what the key is for: another use of the secret takes another label, another derivation another version. A tenant's
 * name has no slash in it (lambdas/access/identity.ts), so each tenant and generation has a key of its own.
 */
export function deriveWebhookKey(masterSecret: string, tenant: string, generation: number): Buffer {
  const info = `errand-webhook-key/v1/${tenant}/${generation}`;
  return Buffer.from(hkdfSync('sha256', masterSecret, '', info, KEY_BYTES));
}

/** A key as receivers are given it: the form of Standard Webhooks. */
export function webhookKeyText(key: Buffer): string {
  return `whsec_${key.toString('base64')}`;
}
