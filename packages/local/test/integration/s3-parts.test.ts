import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  GetObjectCommand,
  HeadObjectCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
  type UploadPartCopyCommandInput,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BUCKET, startS3UnderTest, type S3UnderTest } from './s3-under-test.ts';

let s3: S3UnderTest;

beforeAll(async () => {
  s3 = await startS3UnderTest();
});

afterAll(async () => {
  await s3.end();
});

describe('a multipart upload', () => {
  const object = { Bucket: BUCKET, Key: 'in/parts' };
  const big = Buffer.alloc(5 * 1024 * 1024, 'a');

  it.each<['COMPOSITE' | 'FULL_OBJECT', RegExp]>([
    ['COMPOSITE', /^[\w+/]{6}==-2$/],
    ['FULL_OBJECT', /^[\w+/]{6}==$/],
  ])('with a checksum of type %s survives a restart before it is completed', async (ChecksumType, form) => {
    const begin = new CreateMultipartUploadCommand({
      ...object,
      ChecksumAlgorithm: 'CRC32',
      ChecksumType,
      Metadata: { a: 'b' },
    });
    const { UploadId } = await s3.client.send(begin);
    const sent = [];
    for (const [index, Body] of [big, Buffer.from('end')].entries()) {
      const PartNumber = index + 1;
      const part = new UploadPartCommand({
        ...object,
        UploadId,
        PartNumber,
        Body,
        ChecksumAlgorithm: 'CRC32',
      });
      const { ETag, ChecksumCRC32 } = await s3.client.send(part);
      sent.push({ PartNumber, ETag, ChecksumCRC32 });
    }
    await s3.restart();
    const files = (await s3.files()).length;
    const { ChecksumCRC32 } = await s3.client.send(
      new CompleteMultipartUploadCommand({ ...object, UploadId, MultipartUpload: { Parts: sent } }),
    );

    expect(ChecksumCRC32).toMatch(form);
    const read = await s3.client.send(new GetObjectCommand({ ...object, ChecksumMode: 'ENABLED' }));
    expect(read).toMatchObject({ ChecksumCRC32, ChecksumType, Metadata: { a: 'b' } });
    expect((await read.Body?.transformToByteArray())?.length).toBe(big.length + 3);
    // The two parts' files have become one file, and the file of the previous case's object, if any, has been removed.
    expect((await s3.files()).length).toBeLessThanOrEqual(files - 1);
    await s3.client.send(
      new CopyObjectCommand({ ...object, CopySource: `${BUCKET}/in/parts`, MetadataDirective: 'REPLACE' }),
    );
    const copy = await s3.client.send(new HeadObjectCommand({ ...object, ChecksumMode: 'ENABLED' }));
    expect(copy).toMatchObject({ ChecksumType: 'FULL_OBJECT', ETag: expect.not.stringContaining('-') });
  });

  it('is not completed with a checksum of a different algorithm, and the error names the header', async () => {
    const { UploadId } = await s3.client.send(
      new CreateMultipartUploadCommand({ ...object, ChecksumAlgorithm: 'CRC32' }),
    );
    const part = { ...object, UploadId, PartNumber: 1, Body: 'end', ChecksumAlgorithm: 'CRC32' as const };
    const { ETag, ChecksumCRC32 } = await s3.client.send(new UploadPartCommand(part));
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag, ChecksumCRC32 }] };
    const complete = (checksum: object) =>
      s3.client.send(
        new CompleteMultipartUploadCommand({ ...object, UploadId, MultipartUpload, ...checksum }),
      );

    await expect(complete({ ChecksumSHA256: 'x'.repeat(43) + '=' })).rejects.toMatchObject({
      name: 'NotImplemented',
      message: expect.stringContaining('x-amz-checksum-sha256'),
    });
    await expect(complete({ ChecksumCRC32: 'AAAAAA==-1' })).rejects.toMatchObject({ name: 'BadDigest' });
    await complete({ ChecksumType: 'COMPOSITE' });
  });

  it('accepts copies of an object, or of a range of it, as parts', async () => {
    await s3.put('source', '0123456789');
    const { UploadId } = await s3.client.send(
      new CreateMultipartUploadCommand({ ...object, ChecksumAlgorithm: 'SHA256' }),
    );
    const copy = (PartNumber: number, more: Partial<UploadPartCopyCommandInput> = {}) =>
      s3.client.send(
        new UploadPartCopyCommand({
          ...object,
          UploadId,
          PartNumber,
          CopySource: `${BUCKET}/source`,
          ...more,
        }),
      );
    const { CopyPartResult } = await copy(1, { CopySourceRange: 'bytes=2-4' });
    await s3.client.send(
      new CompleteMultipartUploadCommand({
        ...object,
        UploadId,
        MultipartUpload: { Parts: [{ PartNumber: 1, ...CopyPartResult }] },
      }),
    );

    const { Body } = await s3.client.send(new GetObjectCommand(object));
    expect(await Body?.transformToString()).toBe('234');
  });

  it.each<[string, Partial<UploadPartCopyCommandInput>, string]>([
    ['a missing source', { CopySource: `${BUCKET}/nothing` }, 'NoSuchKey'],
    ['a range beyond the source', { CopySourceRange: 'bytes=2-10' }, 'InvalidArgument'],
    ['a range without an end', { CopySourceRange: 'bytes=2-' }, 'InvalidArgument'],
    ['a condition that is not met', { CopySourceIfMatch: '"other"' }, 'PreconditionFailed'],
  ])('refuses a part copied from %s, and leaves no file', async (_what, more, name) => {
    await s3.put('source', '0123456789');
    const { UploadId } = await s3.client.send(new CreateMultipartUploadCommand(object));
    const files = (await s3.files()).length;
    const copy = new UploadPartCopyCommand({
      ...{ ...object, UploadId, PartNumber: 1, CopySource: `${BUCKET}/source` },
      ...more,
    });
    await expect(s3.client.send(copy)).rejects.toMatchObject({ name });
    expect(await s3.files()).toHaveLength(files);
  });

  it('is deleted with its bucket', async () => {
    const temporary = { Bucket: 'temporary', Key: 'x' };
    await s3.client.send(new CreateBucketCommand({ Bucket: 'temporary' }));
    const { UploadId } = await s3.client.send(new CreateMultipartUploadCommand(temporary));
    const files = (await s3.files()).length;
    await s3.client.send(new UploadPartCommand({ ...temporary, UploadId, PartNumber: 1, Body: 'x' }));
    await s3.client.send(new DeleteBucketCommand({ Bucket: 'temporary' }));
    expect(await s3.files()).toHaveLength(files);
  });
});
