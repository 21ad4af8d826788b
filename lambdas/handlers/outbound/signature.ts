import { createHmac } from 'node:crypto';

/**
 * The headers by which a receiver verifies a request, after Standard Webhooks 1.0.0
 * (github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md): HMAC-SHA256 over the id, the time and the body's bytes,
 * with full stops between them. The time is signed, so a receiver that checks it refuses a request that was recorded and sent again.
 *
 * @param id without a full stop, which would let it take bytes from the time
 * @param keys each signs; the receiver takes any signature that fits its key
 */
export function signatureHeaders(
  id: string,
  body: Buffer,
  keys: readonly Buffer[],
  now: Date,
): Readonly<Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string>> {
  const timestamp = String(Math.floor(now.getTime() / 1000));
  const signatures = keys.map((key) => {
    const digest = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64');
    return `v1,${digest}`;
  });
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}
