import { Sha256 } from '@smithy/core/checksum';
import { HttpRequest } from '@smithy/core/protocols';
import { SignatureV4 } from '@smithy/signature-v4';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createSigner } from '../../../lambdas/adapters/aws/signer.ts';

const KEYS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };

/** Generates strings of ordinary characters and characters that are special in URLs, headers or signatures. */
const text = fc.string({
  unit: fc.constantFrom(
    'a',
    'B',
    '7',
    ' ',
    '/',
    '.',
    '..',
    '%',
    '%20',
    '+',
    '=',
    '&',
    '~',
    '*',
    "'",
    '(',
    'é',
    '\t',
  ),
  maxLength: 12,
});
const name = fc.constantFrom(
  'content-type',
  'x-amz-target',
  'X-Amz-User-Agent',
  'amz-sdk-request',
  'user-agent',
  'X-Amzn-Trace-Id',
  'expect',
  'proxy-authorization',
  'sec-fetch-mode',
  'content-length',
  'x-amz-content-sha256',
);
const request = fc.record({
  method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE'),
  path: text.map((path) => `/${path}`),
  query: fc.dictionary(text, fc.oneof(text, fc.array(text, { maxLength: 3 }), fc.constant(null)), {
    maxKeys: 4,
  }),
  headers: fc.dictionary(name, text).map((headers) => ({ host: 'sqs.eu-west-1.amazonaws.com', ...headers })),
  body: fc.option(fc.oneof(text, fc.uint8Array()), { nil: undefined }),
});

describe('our signer', () => {
  it("sets the same headers as AWS's signer, for any request", async () => {
    const signingDate = fc.date({
      min: new Date('2020-01-01'),
      max: new Date('2099-12-31'),
      noInvalidDate: true,
    });
    const place = { region: 'eu-west-1', service: 'sqs' };
    // All requests with the same credentials share one signer, as in a function. The signer's caches must not affect the signatures.
    const ours = [undefined, 'token/+=='].map((sessionToken) => {
      const credentials = { ...KEYS, ...(sessionToken !== undefined && { sessionToken }) };
      return { credentials, signer: createSigner({ ...place, credentials }) };
    });
    const options = fc.record(
      {
        signingDate,
        signingRegion: fc.constantFrom('us-gov-west-1', 'eu-west-1'),
        signingService: fc.constantFrom('sqs', 'dynamodb'),
      },
      { requiredKeys: ['signingDate'] },
    );
    await fc.assert(
      fc.asyncProperty(
        request,
        options,
        fc.constantFrom(...ours),
        async (given, when, { credentials, signer }) => {
          const theirs = new SignatureV4({ ...place, credentials, sha256: Sha256 });
          const expected = await theirs.sign(new HttpRequest(given), when);
          const signed = await signer.sign(
            new HttpRequest({ ...given, headers: { ...given.headers } }),
            when,
          );
          expect(signed.headers).toEqual(expected.headers);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('signs a request again when it is resent later', async () => {
    const signer = createSigner({ region: 'eu-west-1', service: 'sqs', credentials: KEYS });
    const given = new HttpRequest({ method: 'POST', headers: { host: 'h' }, body: '{}' });
    const first = { ...(await signer.sign(given, { signingDate: '2026-11-22T23:59:59Z' })).headers };
    const again = await signer.sign(given, { signingDate: '2026-11-23T00:00:00Z' });
    expect(first.authorization).toContain('/20261122/eu-west-1/sqs/aws4_request');
    const fresh = new HttpRequest({ method: 'POST', headers: { host: 'h' }, body: '{}' });
    const expected = await createSigner({ region: 'eu-west-1', service: 'sqs', credentials: KEYS }).sign(
      fresh,
      {
        signingDate: '2026-11-23T00:00:00Z',
      },
    );
    expect(again.headers).toEqual(expected.headers);
  });

  it('refuses a body that it cannot read without consuming it', () => {
    const signer = createSigner({ region: 'eu-west-1', service: 'sqs', credentials: KEYS });
    const given = new HttpRequest({ body: new ReadableStream() });
    expect(() => signer.sign(given)).toThrow('must be a string or bytes');
  });
});
