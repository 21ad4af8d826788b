import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListPartsCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
  type CompletedPart,
} from '@aws-sdk/client-s3';
import type { Case } from '../contract.ts';
import { refusal, type World } from '../world.ts';
import { bucketIn } from './s3-bucket.ts';

const API = 'https://docs.aws.amazon.com/AmazonS3/latest/API';
const RECORDED =
  'https://github.com/localstack/localstack/blob/8b9a79f05846835cf4dff63ab7eefdde9df83783/tests/aws/services/s3/test_s3.snapshot.json';

/** Creates a multipart upload. */
async function uploadIn(world: World, checksum: { ChecksumAlgorithm?: 'SHA256' } = {}) {
  const bucket = await bucketIn(world);
  const { s3, Bucket } = bucket;
  const object = { Bucket, Key: 'file' };
  const begun = await s3.send(
    new CreateMultipartUploadCommand({ ...object, ...checksum, ContentType: 'text/plain' }),
  );
  const upload = { ...object, UploadId: begun.UploadId };
  return {
    ...bucket,
    send: async (PartNumber: number, Body: string): Promise<CompletedPart> => {
      const part = await s3.send(new UploadPartCommand({ ...upload, ...checksum, PartNumber, Body }));
      return { PartNumber, ETag: part.ETag, ChecksumSHA256: part.ChecksumSHA256 };
    },
    copy: (PartNumber: number, key: string, CopySourceRange?: string) => {
      const CopySource = `${Bucket}/${key}`;
      return s3.send(new UploadPartCopyCommand({ ...upload, PartNumber, CopySource, CopySourceRange }));
    },
    complete: (Parts: CompletedPart[], ChecksumType?: 'FULL_OBJECT') =>
      s3.send(new CompleteMultipartUploadCommand({ ...upload, ChecksumType, MultipartUpload: { Parts } })),
    abort: () => s3.send(new AbortMultipartUploadCommand(upload)),
    list: () => s3.send(new ListPartsCommand(upload)),
  };
}

/** The minimum size of every part except the last, in bytes. */
const MINIMUM = 5 * 1024 * 1024;

/** Cases for multipart uploads. */
export const parts: readonly Case[] = [
  {
    name: 'an upload’s parts become one object, whose ETag counts them',
    page: `${API}/API_CompleteMultipartUpload.html`,
    aws: {
      listed: [
        [1, MINIMUM],
        [2, 4],
      ],
      etag: 2,
      object: [MINIMUM + 4, 'text/plain', 'last'],
      after: { error: 'NoSuchUpload', status: 404 },
    },
    async observe(world) {
      const { send, complete, list, get } = await uploadIn(world);
      // Sending a part again replaces the earlier part.
      await send(2, 'other');
      const sent = [await send(1, 'a'.repeat(MINIMUM)), await send(2, 'last')];
      const { Parts = [] } = await list();
      const { ETag = '' } = await complete(sent);
      const { Body, ContentLength, ContentType } = await get('file');
      return {
        listed: Parts.map(({ PartNumber, Size }) => [PartNumber, Size]),
        etag: Number(/^"[0-9a-f]{32}-(\d+)"$/.exec(ETag)?.[1]),
        object: [ContentLength, ContentType, (await Body?.transformToString())?.slice(-4)],
        after: await refusal(list()),
      };
    },
  },
  {
    name: 'an upload is not completed without parts, with a missing, small or misplaced part',
    page: RECORDED,
    aws: {
      none: { error: 'InvalidRequest', status: 400 },
      missing: { error: 'InvalidPart', status: 400 },
      otherEtag: { error: 'InvalidPart', status: 400 },
      small: { error: 'EntityTooSmall', status: 400 },
      order: { error: 'InvalidPartOrder', status: 400 },
    },
    async observe(world) {
      const { send, complete } = await uploadIn(world);
      const [first, second] = [await send(1, 'a'), await send(2, 'b')];
      return {
        none: await refusal(complete([])),
        missing: await refusal(complete([{ ...first, PartNumber: 3 }])),
        otherEtag: await refusal(complete([{ ...first, ETag: second.ETag }])),
        small: await refusal(complete([first, second])),
        order: await refusal(complete([second, first])),
      };
    },
  },
  {
    name: 'an upload is not completed with another checksum type than it was created with',
    page: RECORDED,
    aws: {
      without: { error: 'InvalidRequest', status: 400 },
      composite: { error: 'InvalidRequest', status: 400 },
    },
    async observe(world) {
      const without = await uploadIn(world);
      const Parts = [await without.send(1, 'part')];
      const composite = await uploadIn(world, { ChecksumAlgorithm: 'SHA256' });
      const hashed = [await composite.send(1, 'part')];
      return {
        without: await refusal(without.complete(Parts, 'FULL_OBJECT')),
        composite: await refusal(composite.complete(hashed, 'FULL_OBJECT')),
      };
    },
  },
  {
    name: 'an aborted upload leaves nothing',
    page: `${API}/API_AbortMultipartUpload.html`,
    aws: {
      aborted: 204,
      part: { error: 'NoSuchUpload', status: 404 },
      object: { error: 'NoSuchKey', status: 404 },
    },
    async observe(world) {
      const { send, abort, get } = await uploadIn(world);
      await send(1, 'a');
      const { $metadata: metadata } = await abort();
      return {
        aborted: metadata.httpStatusCode,
        part: await refusal(send(2, 'b')),
        object: await refusal(get('file')),
      };
    },
  },
  {
    name: 'a part is a copy of an object or of a range of it',
    page: 'https://github.com/localstack/localstack/blob/8b9a79f05846835cf4dff63ab7eefdde9df83783/tests/aws/services/s3/test_s3_api.snapshot.json',
    aws: {
      text: '234',
      form: { error: 'InvalidArgument', status: 400 },
      beyond: { error: 'InvalidArgument', status: 400 },
      missing: { error: 'NoSuchKey', status: 404 },
    },
    async observe(world) {
      const { put, copy, complete, text } = await uploadIn(world);
      await put('source', '0123456789');
      const form = await refusal(copy(1, 'source', '0-8'));
      const beyond = await refusal(copy(1, 'source', 'bytes=0-10'));
      const missing = await refusal(copy(1, 'missing'));
      await copy(1, 'source');
      const { CopyPartResult } = await copy(1, 'source', 'bytes=2-4');
      await complete([{ PartNumber: 1, ETag: CopyPartResult?.ETag }]);
      return { text: await text('file'), form, beyond, missing };
    },
  },
];
