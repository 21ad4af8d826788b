import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { GetObjectCommand, PutObjectCommand, S3Client, type PutObjectCommandInput } from '@aws-sdk/client-s3';
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

/** A body that spans several network chunks and several aws-chunked chunks. The body's size is not a multiple of either chunk size. */
const BYTES = randomBytes(1_234_567);

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

async function roundTrip(more: Partial<PutObjectCommandInput>) {
  const Key = 'round-trip';
  await s3.client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: BYTES, ...more }));
  // The SDK compares the response's checksum with the bytes, and throws if they differ.
  const read = await s3.client.send(new GetObjectCommand({ Bucket: BUCKET, Key, ChecksumMode: 'ENABLED' }));
  const bytes = Buffer.from((await read.Body?.transformToByteArray()) ?? []);
  expect(sha256(bytes)).toBe(sha256(BYTES));
  return read;
}

describe('the SDK’s checksum is returned', () => {
  const algorithms = ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const;

  it.each(algorithms)('%s, sent before a body in memory', async (ChecksumAlgorithm) => {
    const read = await roundTrip({ ChecksumAlgorithm });
    expect(read[`Checksum${ChecksumAlgorithm}`]).toMatch(/=$/);
  });

  it.each(algorithms)('%s, sent after a streamed body', async (ChecksumAlgorithm) => {
    const Body = Readable.from([BYTES.subarray(0, 70_001), BYTES.subarray(70_001)], { objectMode: false });
    const read = await roundTrip({ Body, ContentLength: BYTES.length, ChecksumAlgorithm });
    expect(read[`Checksum${ChecksumAlgorithm}`]).toMatch(/=$/);
    expect(read.ContentEncoding).toBeUndefined();
  });
});

describe('a request that does not match its checksum or length is refused:', () => {
  const put = (headers: Record<string, string>, body: string) =>
    rawRequest(s3.url, 'PUT', `/${BUCKET}/damaged`, { ...signedFor('s3'), ...headers }, body);

  const streaming = {
    'content-encoding': 'gzip,aws-chunked',
    'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
    'x-amz-decoded-content-length': '5',
    'x-amz-trailer': 'x-amz-checksum-crc32',
  };
  // The CRC-32 of "hello", big-endian in base64.
  const HELLO = 'NhCmhg==';
  const trailer = (crc: string): string => `x-amz-checksum-crc32:${crc}\r\n\r\n`;

  it.each<[why: string, headers: Record<string, string>, body: string, code: string]>([
    ['a wrong CRC-32', { 'x-amz-checksum-crc32': 'AAAAAA==' }, 'hello', 'BadDigest'],
    ['a wrong Content-MD5', { 'content-md5': 'AAAAAAAAAAAAAAAAAAAAAA==' }, 'hello', 'BadDigest'],
    ['an invalid Content-MD5', { 'content-md5': 'AAAA' }, 'hello', 'InvalidArgument'],
    [
      'a wrong hash in the signature',
      { 'x-amz-content-sha256': '0'.repeat(64) },
      'hello',
      'XAmzContentSHA256Mismatch',
    ],
    ['an unknown checksum', { 'x-amz-checksum-md2': 'AAAA' }, 'hello', 'NotImplemented'],
    ['a wrong trailer', streaming, `5\r\nhello\r\n0\r\n${trailer('AAAAAA==')}`, 'BadDigest'],
    ['no trailer', streaming, '5\r\nhello\r\n0\r\n\r\n', 'BadDigest'],
    ['fewer bytes than declared', streaming, `4\r\nhell\r\n0\r\n${trailer(HELLO)}`, 'IncompleteBody'],
    ['more bytes than declared', streaming, `6\r\nhello!\r\n0\r\n${trailer(HELLO)}`, 'IncompleteBody'],
    ['no last chunk', streaming, '5\r\nhello\r\n', 'IncompleteBody'],
    ['no chunks at all', streaming, 'hello, this is no chunk\r\n', 'InvalidRequest'],
    ['a chunk with another length', streaming, '4\r\nhello\r\n0\r\n\r\n', 'InvalidRequest'],
  ])('%s', async (_why, headers, body, code) => {
    const answer = await put(headers, body);
    expect(answer.text).toContain(`<Code>${code}</Code>`);
    await expect(s3.text('damaged')).rejects.toMatchObject({ name: 'NoSuchKey' });
    expect(await s3.files()).toHaveLength(1);
  });

  it('a body without a declared length', async () => {
    const answer = await put({ 'transfer-encoding': 'chunked' }, 'hello');
    expect(answer).toMatchObject({ status: 411 });
    expect(answer.text).toContain('<Code>MissingContentLength</Code>');
  });

  it('the same undamaged request is accepted', async () => {
    const body = `5;chunk-signature=${'0'.repeat(64)}\r\nhello\r\n0\r\n${trailer(HELLO)}`;
    expect((await put(streaming, body)).status).toBe(200);
    expect(await s3.text('damaged')).toBe('hello');
    const { ContentEncoding } = await s3.client.send(
      new GetObjectCommand({ Bucket: BUCKET, Key: 'damaged' }),
    );
    expect(ContentEncoding).toBe('gzip');
  });
});

it('a read with the checksum of an empty body is accepted, as the SDK sends it', async () => {
  await s3.put('read', 'hello');
  const client = new S3Client({
    endpoint: s3.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'worker', secretAccessKey: 'any' },
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestChecksumCalculation: 'WHEN_SUPPORTED',
    maxAttempts: 1,
  });
  const { Body } = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'read' }));
  expect(await Body?.transformToString()).toBe('hello');
  client.destroy();
});

it('a body beyond S3’s limit for one request is refused before it is sent', async () => {
  const headers = { ...signedFor('s3'), 'content-length': 5 * 1024 ** 3 + 1, connection: 'close' };
  const refused = await fetchHead(headers);
  expect(refused).toContain('<MaxSizeAllowed>5368709120</MaxSizeAllowed>');
});

/** Sends a request's headers, and waits for the response without sending the body. */
function fetchHead(headers: Record<string, string | number>): Promise<string> {
  return rawRequest(s3.url, 'PUT', `/${BUCKET}/huge`, headers, undefined).then(({ text }) => text);
}
