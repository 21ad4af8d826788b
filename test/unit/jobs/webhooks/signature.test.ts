import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { signatureHeaders } from '../../../../lambdas/jobs/webhooks/webhook.ts';
import { webhookKeyText } from '../../../../lambdas/webhook-key/webhook-key.ts';
import { documentedOutcomeOf, opened, verify } from '../../../helpers/webhook-receiver.ts';

const NOW = new Date(1_700_000_000_999);
const ID = 'callback_0192f3a0-7c1e-7000-8000-000000000000';
const KEY = Buffer.from('0123456789abcdef0123456789abcdef');
const BODY = Buffer.from('{}');

const isTakenAt = (now: Date, headers: Record<string, string>, body = BODY, key = KEY): boolean =>
  verify(body, headers, webhookKeyText(key), now);

describe('a signature', () => {
  it('matches OpenSSL’s HMAC-SHA256 of the id, the time and the body, separated by periods', () => {
    // The expected signature comes from this command:
    // printf '<id>.1700000000.{"status":"success"}' | openssl dgst -sha256 -hmac <key> -binary | base64
    expect(signatureHeaders(ID, Buffer.from('{"status":"success"}'), [KEY], NOW)).toEqual({
      'webhook-id': ID,
      'webhook-timestamp': '1700000000',
      'webhook-signature': 'v1,C5c8rbLj0/RgeyHF16c1MKLZFSXDsLQ4xqXt+0OrC0I=',
    });
  });

  it('is verified by the library and by the code of docs/webhooks.md, for any body and key', () => {
    const keys = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.json(), fc.array(keys, { minLength: 1, maxLength: 3 }), (json, signing) => {
        const body = Buffer.from(json);
        const headers = signatureHeaders(ID, body, signing, new Date());
        for (const key of signing) {
          const received = opened({ body, headers }, webhookKeyText(key));
          expect(received).toEqual({ id: ID, kind: 'callback', body: JSON.parse(json) as unknown });
        }
      }),
    );
  });

  it('does not match another body, key, time or kind', () => {
    const headers = signatureHeaders(ID, BODY, [KEY], NOW);
    expect(isTakenAt(NOW, headers)).toBe(true);
    expect(isTakenAt(NOW, headers, Buffer.from('{ }'))).toBe(false);
    expect(isTakenAt(NOW, headers, BODY, Buffer.alloc(32))).toBe(false);
    expect(isTakenAt(NOW, { ...headers, 'webhook-timestamp': '1700000001' })).toBe(false);
    expect(isTakenAt(NOW, { ...headers, 'webhook-id': ID.replace('callback', 'webhook') })).toBe(false);
    const signature = headers['webhook-signature'];
    for (const broken of [
      '',
      'v1',
      'v1,',
      signature.slice(0, -5),
      `${signature}00`,
      `v2${signature.slice(2)}`,
    ]) {
      expect(isTakenAt(NOW, { ...headers, 'webhook-signature': broken })).toBe(false);
    }
  });

  it('of the kind callback is the only one that the documented receiver of outcomes accepts', () => {
    const outcomeOf = documentedOutcomeOf(webhookKeyText(KEY));
    const body = Buffer.from('{"status":"success"}');
    const sign = (kind: string) => signatureHeaders(ID.replace('callback', kind), body, [KEY], new Date());
    expect(outcomeOf(body, sign('callback'))).toEqual({ status: 'success' });
    expect(() => outcomeOf(body, sign('webhook'))).toThrow('This is not a callback of Errand.');
    expect(() => outcomeOf(BODY, sign('callback'))).toThrow('No matching signature found');
  });

  it('is refused five minutes later, because it may have been recorded', () => {
    const headers = signatureHeaders(ID, BODY, [KEY], NOW);
    const after = (seconds: number) => new Date(NOW.getTime() + seconds * 1000);
    expect(isTakenAt(after(299), headers)).toBe(true);
    expect(isTakenAt(after(301), headers)).toBe(false);
    expect(isTakenAt(after(-301), headers)).toBe(false);
  });
});
