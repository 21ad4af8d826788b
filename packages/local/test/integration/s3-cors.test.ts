import { PutBucketCorsCommand, type CORSRule } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { sendForm } from '../contract/suites/s3-bucket.ts';
import { BUCKET, startS3UnderTest, type S3UnderTest } from './s3-under-test.ts';

const PAGE = 'https://app.example.com';
const POST_FROM_PAGE: CORSRule = { AllowedOrigins: [PAGE], AllowedMethods: ['POST'] };

let s3: S3UnderTest;

beforeEach(async () => {
  s3 = await startS3UnderTest();
});

afterEach(async () => {
  await s3.end();
});

const setRules = (...CORSRules: CORSRule[]) =>
  s3.client.send(new PutBucketCorsCommand({ Bucket: BUCKET, CORSConfiguration: { CORSRules } }));

/** Posts an upload form from a page. The file exceeds the form's size limit by `excess` characters. */
async function post(origin: string, excess = 0) {
  const { status, headers } = await sendForm(
    s3.client,
    {
      Bucket: BUCKET,
      Key: 'file',
      Conditions: [['content-length-range', 0, 10]],
      // Forms are signed with the real clock, which is years behind S3's clock.
      Expires: 20 * 365 * 24 * 3600,
    },
    'x'.repeat(10 + excess),
    { headers: { origin } },
  );
  return { status, allowed: headers.get('access-control-allow-origin') };
}

describe('the CORS rules of a bucket', () => {
  it('let a page of another site post a form, and read the response, even a refusal', async () => {
    expect(await post(PAGE)).toEqual({ status: 403, allowed: null });
    expect(await s3.files()).toEqual([]);

    await setRules(POST_FROM_PAGE);
    expect(await post(PAGE, 1)).toEqual({ status: 400, allowed: PAGE });
    expect(await post(PAGE)).toEqual({ status: 204, allowed: PAGE });
    expect(await s3.text('file')).toBe('x'.repeat(10));
    expect(await post('https://other.example.com')).toEqual({ status: 403, allowed: null });
  });

  it('are kept over a restart', async () => {
    await setRules(POST_FROM_PAGE);
    await s3.restart();
    expect(await post(PAGE)).toEqual({ status: 204, allowed: PAGE });
  });

  it.each([
    [['https://*.example.com'], 'https://app.example.com', true],
    [['https://*.example.com'], 'https://example.com', false],
    [['https://app.example.*'], PAGE, true],
    [['https://a*.example.com', PAGE], PAGE, true],
    [['https://app.example.com*https'], 'https://app.example.com', false],
    [['http://app.example.com', 'https://app.example.co'], PAGE, false],
  ])('with the origins %j let %s post: %j', async (AllowedOrigins, origin, isAllowed) => {
    await setRules({ AllowedOrigins, AllowedMethods: ['POST'] });
    expect(await post(origin)).toEqual(
      isAllowed ? { status: 204, allowed: origin } : { status: 403, allowed: null },
    );
  });

  it.each([
    ['two wildcards', [{ ...POST_FROM_PAGE, AllowedOrigins: ['https://*.example.*'] }], 'InvalidRequest'],
    ['101 rules', Array.from({ length: 101 }, () => POST_FROM_PAGE), 'InvalidRequest'],
    ['no methods', [{ ...POST_FROM_PAGE, AllowedMethods: [] }], 'MalformedXML'],
    ['an age that is not a number', [{ ...POST_FROM_PAGE, MaxAgeSeconds: Number.NaN }], 'MalformedXML'],
  ])('are refused with %s', async (_what, rules, name) => {
    await expect(setRules(...rules)).rejects.toMatchObject({ name });
  });
});
