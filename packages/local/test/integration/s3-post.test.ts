import { createHmac } from 'node:crypto';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { createPresignedPost, type PresignedPostOptions } from '@aws-sdk/s3-presigned-post';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BUCKET, rawRequest, SECRET, startS3UnderTest, type S3UnderTest } from './s3-under-test.ts';

let s3: S3UnderTest;
let signer: S3Client;

beforeAll(async () => {
  s3 = await startS3UnderTest();
  // As in a Lambda function, the credentials are temporary.
  signer = new S3Client({
    endpoint: s3.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'api', secretAccessKey: SECRET, sessionToken: 'embedded' },
  });
});

afterAll(async () => {
  signer.destroy();
  await s3.end();
});

type Fields = Record<string, string>;

/** Creates a form that accepts up to ten bytes for the object `form/<name>`. */
async function form(
  name: string,
  more: Partial<PresignedPostOptions> = {},
): Promise<{ url: string; fields: Fields }> {
  const { url, fields } = await createPresignedPost(signer, {
    Bucket: BUCKET,
    Key: `form/${name}`,
    Conditions: [['content-length-range', 0, 10]],
    Expires: YEARS,
    ...more,
  });
  return { url, fields };
}

/** The forms' lifetime, in seconds. The lifetime is long, because forms are signed with the real clock, and S3's clock is some years ahead. */
const YEARS = 20 * 365 * 24 * 3600;

async function post(url: string, fields: Fields, file?: string | Buffer, extra: Fields = {}) {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  if (file !== undefined) body.append('file', new Blob([file]), 'app.log');
  for (const [name, value] of Object.entries(extra)) body.append(name, value);
  const response = await fetch(url, { method: 'POST', body });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text,
    code: /<Code>(.*)<\/Code>/.exec(text)?.[1],
    message: /<Message>(.*)<\/Message>/.exec(text)?.[1]?.replaceAll('&quot;', '"'),
  };
}

/** Signs a policy as the SDK does, and returns the form fields. */
function signed(policy: unknown): Fields {
  const text = typeof policy === 'string' ? policy : JSON.stringify(policy);
  const encoded = Buffer.from(text).toString('base64');
  const hmac = (key: string | Buffer, data: string) => createHmac('sha256', key).update(data).digest();
  const key = hmac(hmac(hmac(hmac(`AWS4${SECRET}`, '20300115'), 'us-east-1'), 's3'), 'aws4_request');
  return {
    key: 'form/own',
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': 'api/20300115/us-east-1/s3/aws4_request',
    'X-Amz-Date': '20300115T000000Z',
    Policy: encoded,
    'X-Amz-Signature': hmac(key, encoded).toString('hex'),
  };
}

describe('an upload form', () => {
  it('puts its file, and gets 204', async () => {
    const { url, fields } = await form('plain', {
      Fields: { 'Content-Type': 'text/plain', 'x-amz-meta-a': 'b' },
    });
    const answer = await post(url, fields, 'ERROR one');

    expect(answer).toMatchObject({ status: 204, text: '' });
    expect(answer.headers.get('etag')).toBe('"a00bcab182230218773e04ab941f7535"');
    const read = await s3.client.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'form/plain' }));
    expect(await read.Body?.transformToString()).toBe('ERROR one');
    expect(read).toMatchObject({ ContentType: 'text/plain', Metadata: { a: 'b' } });
  });

  it('can ask for 201 and XML', async () => {
    const { url, fields } = await form('a & b', { Fields: { success_action_status: '201' } });
    const answer = await post(url, fields, 'x');
    expect(answer.status).toBe(201);
    expect(answer.text).toContain(`<Bucket>${BUCKET}</Bucket><Key>form/a &amp; b</Key>`);
  });

  it('can end the key with the file’s name', async () => {
    const { url, fields } = await form('${filename}');
    expect((await post(url, fields, 'named')).status).toBe(204);
    expect(await s3.text('form/app.log')).toBe('named');
  });

  it('accepts any bytes in the file, even boundaries', async () => {
    const { url, fields } = await form('bytes', { Conditions: [['content-length-range', 0, 1e7]] });
    const tricky = Buffer.alloc(3_000_001, '\r\n--\r\n------formdata-undici-0\r\n\0');
    expect((await post(url, fields, tricky)).status).toBe(204);
    expect(await s3.text('form/bytes')).toBe(tricky.toString());
  });

  it('can have fields after its file, which are ignored', async () => {
    const { url, fields } = await form('behind');
    expect((await post(url, fields, 'x', { acl: 'public-read', junk: 'x' })).status).toBe(204);
  });

  it('accepts exactly the sizes in its range', async () => {
    const { url, fields } = await form('sized', { Conditions: [['content-length-range', 2, 10]] });
    expect((await post(url, fields, '12')).status).toBe(204);
    expect((await post(url, fields, '1234567890')).status).toBe(204);
    const [small, large] = [await post(url, fields, '1'), await post(url, fields, '12345678901')];

    expect(small).toMatchObject({ status: 400, code: 'EntityTooSmall' });
    expect(small.text).toContain('<ProposedSize>1</ProposedSize><MinSizeAllowed>2</MinSizeAllowed>');
    expect(large).toMatchObject({ status: 400, code: 'EntityTooLarge' });
    expect(large.text).toContain('<MaxSizeAllowed>10</MaxSizeAllowed>');
    expect(await s3.text('form/sized')).toBe('1234567890');
  });

  it('with a file that is far too large is refused early, and leaves nothing on disk', async () => {
    const { url, fields } = await form('huge');
    const files = (await s3.files()).length;
    expect(await post(url, fields, Buffer.alloc(30_000_000))).toMatchObject({ code: 'EntityTooLarge' });
    expect(await s3.files()).toHaveLength(files);
  });
});

describe('an upload form is refused', () => {
  const never = async (
    fields: (fields: Fields) => Fields | Promise<Fields>,
    file: string | undefined = 'x',
  ) => {
    const made = await form('refused');
    const answer = await post(made.url, await fields(made.fields), file);
    await expect(s3.text('form/refused')).rejects.toMatchObject({ name: 'NoSuchKey' });
    await expect(s3.text('form/own')).rejects.toMatchObject({ name: 'NoSuchKey' });
    return answer;
  };
  const without = (name: string) => (fields: Fields) =>
    Object.fromEntries(Object.entries(fields).filter(([key]) => key !== name));
  const policy = (conditions: unknown, expiration: unknown = '2031-01-01T00:00:00Z') => ({
    expiration,
    conditions,
  });

  it.each<[why: string, change: (fields: Fields) => Fields, status: number, code: string, message: string]>([
    [
      'for a different key than it was made for',
      (fields) => ({ ...fields, key: 'form/other' }),
      403,
      'AccessDenied',
      'Invalid according to Policy: Policy Condition failed: ["eq", "$key", "form/refused"]',
    ],
    [
      'for a field that is not in its policy',
      (fields) => ({ ...fields, acl: 'public-read' }),
      403,
      'AccessDenied',
      'Invalid according to Policy: Extra input fields: acl',
    ],
    [
      'for a signature by someone else',
      (fields) => ({ ...fields, 'X-Amz-Signature': '0'.repeat(64) }),
      403,
      'SignatureDoesNotMatch',
      'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
    ],
    [
      'for a policy that was changed',
      (fields) => ({ ...fields, Policy: signed(policy([])).Policy ?? '' }),
      403,
      'SignatureDoesNotMatch',
      expect.any(String) as unknown as string,
    ],
    [
      'for a policy for another bucket',
      () => signed(policy([{ bucket: 'other' }])),
      403,
      'AccessDenied',
      'Invalid according to Policy: Policy Condition failed: ["eq", "$bucket", "other"]',
    ],
    [
      'for a policy that has expired',
      () => signed(policy([], '2030-01-15T11:59:59Z')),
      403,
      'AccessDenied',
      'Invalid according to Policy: Policy expired.',
    ],
    [
      'for a key that begins differently',
      () => signed(policy([['starts-with', '$key', 'logs/']])),
      403,
      'AccessDenied',
      'Invalid according to Policy: Policy Condition failed: ["starts-with", "$key", "logs/"]',
    ],
    [
      'for a policy that is not JSON',
      () => signed('no'),
      400,
      'InvalidPolicyDocument',
      'Invalid Policy: Invalid JSON.',
    ],
    [
      'for a policy without an expiration',
      () => signed({ conditions: [] }),
      400,
      'InvalidPolicyDocument',
      'Invalid Policy: Policy missing expiration.',
    ],
    [
      'for a policy with an unsupported condition',
      () => signed(policy([['ends-with', '$key', 'x']])),
      400,
      'InvalidPolicyDocument',
      expect.stringContaining('ends-with') as unknown as string,
    ],
    ['without a policy', without('Policy'), 403, 'AccessDenied', 'Access Denied'],
    [
      'without a key',
      without('key'),
      400,
      'InvalidArgument',
      expect.stringContaining("'key'") as unknown as string,
    ],
    [
      'without a signature',
      without('X-Amz-Signature'),
      400,
      'InvalidArgument',
      expect.stringContaining("'x-amz-signature'") as unknown as string,
    ],
    [
      'for too much data before its file',
      (fields) => ({ ...fields, 'x-ignore-me': 'x'.repeat(20_481) }),
      400,
      'MaxPostPreDataLengthExceeded',
      expect.any(String) as unknown as string,
    ],
  ])('%s', async (_why, change, status, code, message) => {
    expect(await never(change)).toMatchObject({ status, code, message });
  });

  it('without a file', async () => {
    const { url, fields } = await form('refused');
    expect(await post(url, fields)).toMatchObject({ status: 400, code: 'InvalidArgument' });
  });

  it('with a field that has no name', async () => {
    const body = '--b\r\nContent-Disposition: form-data\r\n\r\nhello\r\n--b--\r\n';
    const headers = { 'content-type': 'multipart/form-data; boundary=b' };
    const answer = await rawRequest(s3.url, 'POST', `/${BUCKET}`, headers, body);

    expect(answer.text).toContain('<Code>MalformedPOSTRequest</Code>');
  });

  it('with a body that ends in the middle of its file', async () => {
    const { fields } = await form('refused');
    const part = (name: string, value: string) =>
      `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
    const fieldParts = Object.entries(fields).map(([name, value]) => part(name, value));
    const body = `${fieldParts.join('')}--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\nhel`;
    const headers = { 'content-type': 'multipart/form-data; boundary=b' };
    const answer = await rawRequest(s3.url, 'POST', `/${BUCKET}`, headers, body);

    expect(answer.text).toContain('<Code>MalformedPOSTRequest</Code>');
    await expect(s3.text('form/refused')).rejects.toMatchObject({ name: 'NoSuchKey' });
  });

  it('that is not a form', async () => {
    const answer = await rawRequest(s3.url, 'POST', `/${BUCKET}`, { 'content-type': 'text/plain' }, 'x');
    expect(answer).toMatchObject({ status: 412 });
    const missing = await rawRequest(s3.url, 'POST', '/elsewhere', { 'content-type': 'text/plain' }, 'x');
    expect(missing).toMatchObject({ status: 404 });
  });
});
