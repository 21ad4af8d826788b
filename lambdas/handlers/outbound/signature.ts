import { createHmac } from 'node:crypto';

/**
 * The value of the header `Errand-Signature`: `t=<Unix seconds>,v1=<HMAC-SHA256 in hex>` over the time, a full stop and the
 * body's bytes. The time is signed with the body, so a receiver that looks at it takes no request that was recorded and sent
 * again. It is the form of Stripe's signatures, for which many libraries have the verification.
 */
export function signatureOf(body: Buffer, secret: string, now: Date): string {
  const seconds = Math.floor(now.getTime() / 1000);
  const digest = createHmac('sha256', secret).update(`${seconds}.`).update(body).digest('hex');
  return `t=${seconds},v1=${digest}`;
}
