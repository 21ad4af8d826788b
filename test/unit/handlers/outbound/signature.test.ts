import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { signatureOf } from '../../../../lambdas/handlers/outbound/signature.ts';
import { verify } from '../../../helpers/webhook-receiver.ts';

const NOW = new Date(1_700_000_000_999);

describe('a signature', () => {
  it('is the HMAC-SHA256 that OpenSSL makes of the time, a full stop and the body', () => {
    // printf '1700000000.{"status":"success"}' | openssl dgst -sha256 -hmac Jefe
    expect(signatureOf(Buffer.from('{"status":"success"}'), 'Jefe', NOW)).toBe(
      't=1700000000,v1=d5fb369d6e670edac80448b97c3c6c7ef2a80feb9299c35d7dca480c6d45f637',
    );
  });

  it('is verified by the receiver of docs/webhooks.md, for any body and secret', () => {
    fc.assert(
      fc.property(fc.json(), fc.string({ minLength: 1 }), (body, secret) => {
        const bytes = Buffer.from(body);
        expect(verify(bytes, signatureOf(bytes, secret, NOW), secret, NOW)).toBe(true);
      }),
    );
  });

  it('does not fit another body, another secret or another time', () => {
    const header = signatureOf(Buffer.from('{}'), 'secret', NOW);
    const later = header.replace('t=1700000000', 't=1700000001');
    expect(verify(Buffer.from('{ }'), header, 'secret', NOW)).toBe(false);
    expect(verify(Buffer.from('{}'), header, 'another', NOW)).toBe(false);
    expect(verify(Buffer.from('{}'), later, 'secret', NOW)).toBe(false);
    for (const broken of ['', 't=1700000000', 't=1700000000,v1=', header.slice(0, -2), `${header}00`]) {
      expect(verify(Buffer.from('{}'), broken, 'secret', NOW)).toBe(false);
    }
  });

  it('is refused five minutes later: somebody recorded it', () => {
    const header = signatureOf(Buffer.from('{}'), 'secret', NOW);
    const after = (seconds: number) => new Date(NOW.getTime() + seconds * 1000);
    expect(verify(Buffer.from('{}'), header, 'secret', after(299))).toBe(true);
    expect(verify(Buffer.from('{}'), header, 'secret', after(301))).toBe(false);
    expect(verify(Buffer.from('{}'), header, 'secret', after(-301))).toBe(false);
  });
});
