import {
  CreateBucketCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  PutObjectTaggingCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { signedFor } from '../../src/deploy/aws-call.ts';
import { BUCKET, rawRequest, startS3UnderTest, type S3UnderTest } from './s3-under-test.ts';

let s3: S3UnderTest;

beforeAll(async () => {
  s3 = await startS3UnderTest();
});

afterAll(async () => {
  await s3.end();
});

describe('a request is refused', () => {
  it('for a missing bucket, or an impossible bucket name', async () => {
    const elsewhere = new GetObjectCommand({ Bucket: 'elsewhere', Key: 'x' });
    await expect(s3.client.send(elsewhere)).rejects.toMatchObject({ name: 'NoSuchBucket' });
    await expect(s3.client.send(new HeadBucketCommand({ Bucket: 'elsewhere' }))).rejects.toMatchObject({
      name: 'NotFound',
    });
    await expect(s3.client.send(new CreateBucketCommand({ Bucket: 'A_b' }))).rejects.toMatchObject({
      name: 'InvalidBucketName',
    });
    await s3.client.send(new HeadBucketCommand({ Bucket: BUCKET }));
  });

  it('without a signature', async () => {
    await s3.put('logs/app.log', 'x');
    const answer = await rawRequest(s3.url, 'GET', `/${BUCKET}/logs/app.log`);
    expect(answer).toMatchObject({ status: 403, headers: { 'content-type': 'application/xml' } });
    expect(answer.text).toContain('<Code>AccessDenied</Code>');
  });

  it('for a key above 1,024 bytes', async () => {
    await expect(s3.put('ä'.repeat(513), 'x')).rejects.toMatchObject({ name: 'KeyTooLongError' });
  });

  it('if the embedded S3 does not support it, and the error names the feature', async () => {
    const tags = { Bucket: BUCKET, Key: 'x', Tagging: { TagSet: [] } };
    await expect(s3.client.send(new PutObjectTaggingCommand(tags))).rejects.toMatchObject({
      name: 'NotImplemented',
      message: 'The embedded S3 does not implement PUT with the query parameter "tagging".',
    });
    const open = new PutObjectCommand({ Bucket: BUCKET, Key: 'x', Body: 'x', ACL: 'public-read' });
    await expect(s3.client.send(open)).rejects.toThrow('does not implement x-amz-acl');
    const answer = await rawRequest(s3.url, 'PATCH', `/${BUCKET}/x`, signedFor('s3'));
    expect(answer).toMatchObject({ status: 405 });
  });

  it.each<[string, Partial<PutObjectCommandInput>]>([
    ['x-amz-server-side-encryption: aws:kms', { ServerSideEncryption: 'aws:kms' }],
    ['x-amz-storage-class', { StorageClass: 'GLACIER' }],
    ['x-amz-request-payer', { RequestPayer: 'requester' }],
    ['x-amz-tagging', { Tagging: 'a=b' }],
  ])('with the header %s, which would be ignored', async (header, more) => {
    const put = new PutObjectCommand({ Bucket: BUCKET, Key: 'refused', Body: 'x', ...more });
    await expect(s3.client.send(put)).rejects.toMatchObject({
      name: 'NotImplemented',
      message: expect.stringContaining(`does not implement ${header}`),
      $metadata: { httpStatusCode: 501 },
    });
    await expect(s3.text('refused')).rejects.toMatchObject({ name: 'NoSuchKey' });
  });

  it('with a condition or a header that the operation does not support', async () => {
    await s3.put('conditional', 'x');
    const unknown = [
      ['PUT', 'if-unmodified-since', 'Thu, 01 Jan 1970 00:00:00 GMT'],
      ['DELETE', 'if-none-match', '*'],
      ['DELETE', 'x-amz-if-match-size', '5'],
      ['GET', 'x-amz-copy-source', `${BUCKET}/conditional`],
    ];
    for (const [method = '', name = '', value] of unknown) {
      const headers = { ...signedFor('s3'), [name]: value };
      const answer = await rawRequest(s3.url, method, `/${BUCKET}/conditional`, headers);
      expect(answer).toMatchObject({ status: 501, text: expect.stringContaining(`implement ${name}.`) });
    }
    expect(await s3.text('conditional')).toBe('x');
  });

  it('that deletes a version of an object, even along with other objects', async () => {
    await s3.put('versioned', 'x');
    const Delete = { Objects: [{ Key: 'versioned', VersionId: 'v1' }] };
    await expect(s3.client.send(new DeleteObjectsCommand({ Bucket: BUCKET, Delete }))).rejects.toMatchObject({
      name: 'NotImplemented',
      message: expect.stringContaining('VersionId'),
    });
    expect(await s3.text('versioned')).toBe('x');
  });

  it('with an expected owner that is not an account', async () => {
    const get = new GetObjectCommand({ Bucket: BUCKET, Key: 'empty', ExpectedBucketOwner: 'me' });
    await expect(s3.client.send(get)).rejects.toMatchObject({ name: 'InvalidBucketOwnerAWSAccountID' });
  });
});

describe('a bucket outside us-east-1', () => {
  let other: S3UnderTest;

  beforeAll(async () => {
    other = await startS3UnderTest(undefined, 'eu-central-1');
  });

  afterAll(() => other.end());

  it('reports its region, and is created only once', async () => {
    const { text } = await rawRequest(other.url, 'GET', `/${BUCKET}?location`, signedFor('s3'));
    expect(text).toContain('<LocationConstraint>eu-central-1</LocationConstraint>');
    await expect(other.client.send(new CreateBucketCommand({ Bucket: BUCKET }))).rejects.toMatchObject({
      name: 'BucketAlreadyOwnedByYou',
    });
  });

  it('is refused if the request specifies no region, or a different one', async () => {
    const create = (body: string) =>
      rawRequest(other.url, 'PUT', '/another', { ...signedFor('s3'), 'content-length': body.length }, body);
    const location = (name: string) =>
      `<CreateBucketConfiguration><LocationConstraint>${name}</LocationConstraint></CreateBucketConfiguration>`;
    for (const body of ['', location('us-west-2')]) {
      const answer = await create(body);
      expect(answer).toMatchObject({
        status: 400,
        text: expect.stringContaining('<Code>IllegalLocationConstraintException</Code>'),
      });
    }
    expect(await create(location('eu-central-1'))).toMatchObject({ status: 200 });
    const { Buckets = [] } = await other.client.send(new ListBucketsCommand({}));
    expect(Buckets.map(({ Name }) => Name)).toEqual(['another', BUCKET]);
  });
});
