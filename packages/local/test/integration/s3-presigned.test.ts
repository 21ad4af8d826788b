import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DeleteObjectCommand, GetObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { BUCKET, startS3UnderTest, type S3UnderTest } from './s3-under-test.ts';

const KEY = "uploads/a b+c(ü)'.txt";

let s3: S3UnderTest;

beforeAll(async () => {
  s3 = await startS3UnderTest();
  await s3.put(KEY, 'hello');
});

afterAll(async () => {
  await s3.end();
});

async function codeOf(response: Response): Promise<string> {
  return /<Code>(\w+)<\/Code>/.exec(await response.text())?.[1] ?? '';
}

describe('a presigned URL', () => {
  it('reads an object or its headers without other credentials', async () => {
    const signingDate = new Date(s3.clock());
    const object = { Bucket: BUCKET, Key: KEY };
    const get = await getSignedUrl(s3.client, new GetObjectCommand(object), { signingDate });
    expect(await (await fetch(get)).text()).toBe('hello');
    const head = await getSignedUrl(s3.client, new HeadObjectCommand(object), { signingDate });
    expect((await fetch(head, { method: 'HEAD' })).headers.get('content-length')).toBe('5');
  });

  it('is refused once it has expired', async () => {
    const url = await getSignedUrl(s3.client, new GetObjectCommand({ Bucket: BUCKET, Key: KEY }), {
      expiresIn: 60,
      signingDate: new Date(s3.clock()),
    });
    expect((await fetch(url)).status).toBe(200);
    s3.clock(61_000);
    const late = await fetch(url);
    expect(late.status).toBe(403);
    expect(await codeOf(late)).toBe('AccessDenied');
  });

  it('is refused for a key, method or expiry that was not signed', async () => {
    const url = new URL(
      await getSignedUrl(s3.client, new GetObjectCommand({ Bucket: BUCKET, Key: KEY }), {
        signingDate: new Date(s3.clock()),
      }),
    );
    await s3.put('uploads/other.txt', 'secret');
    const otherKey = new URL(url);
    otherKey.pathname = url.pathname.replace(/[^/]+$/, 'other.txt');
    const longer = new URL(url);
    longer.searchParams.set('X-Amz-Expires', '604800');
    for (const [tampered, method] of [
      [otherKey, 'GET'],
      [longer, 'GET'],
      [url, 'HEAD'],
    ] as const) {
      expect((await fetch(tampered, { method })).status).toBe(403);
    }
    expect(await codeOf(await fetch(otherKey))).toBe('SignatureDoesNotMatch');
  });

  it('is refused for operations other than reading, and the error names the operation', async () => {
    const url = await getSignedUrl(s3.client, new DeleteObjectCommand({ Bucket: BUCKET, Key: KEY }));
    const response = await fetch(url, { method: 'DELETE' });
    expect(response.status).toBe(501);
    expect(await codeOf(response)).toBe('NotImplemented');
  });
});
