import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { Case } from '../contract.ts';
import { clientOf, refusal, uniqueName } from '../world.ts';
import { bucketIn } from './s3-bucket.ts';

const API = 'https://docs.aws.amazon.com/AmazonS3/latest/API';
const GUIDE = 'https://docs.aws.amazon.com/AmazonS3/latest/userguide';
const RECORDED =
  'https://github.com/localstack/localstack/blob/8b9a79f05846835cf4dff63ab7eefdde9df83783/tests/aws/services/s3/test_s3.snapshot.json';

/** Cases for buckets, lists of buckets and objects, and limits on objects. */
export const buckets: readonly Case[] = [
  {
    name: 'in us-east-1 a bucket is created again without an error, and keeps its objects',
    page: `${API}/API_CreateBucket.html`,
    aws: { status: 200, text: 'hello' },
    async observe(world) {
      const { s3, Bucket, put, text } = await bucketIn(world);
      await put('file', 'hello');
      const { $metadata: metadata } = await s3.send(new CreateBucketCommand({ Bucket }));
      return { status: metadata.httpStatusCode, text: await text('file') };
    },
  },
  {
    name: 'us-east-1 refuses its own name, and an unknown region, as a location constraint',
    page: RECORDED,
    aws: {
      'us-east-1': { error: 'InvalidLocationConstraint', status: 400 },
      foo: { error: 'InvalidLocationConstraint', status: 400 },
    },
    async observe(world) {
      const s3 = clientOf(world, S3Client);
      const create = (location: string) => {
        const CreateBucketConfiguration = { LocationConstraint: location as 'EU' };
        return refusal(
          s3.send(new CreateBucketCommand({ Bucket: uniqueName('bucket'), CreateBucketConfiguration })),
        );
      };
      return { 'us-east-1': await create('us-east-1'), foo: await create('foo') };
    },
  },
  {
    name: 'a bucket is deleted only when it is empty',
    page: `${API}/API_DeleteBucket.html`,
    aws: {
      full: { error: 'BucketNotEmpty', status: 409 },
      empty: 204,
      gone: { error: 'NoSuchBucket', status: 404 },
    },
    async observe(world) {
      const { s3, Bucket, put } = await bucketIn(world);
      await put('file', 'hello');
      const remove = () => s3.send(new DeleteBucketCommand({ Bucket }));
      const full = await refusal(remove());
      await s3.send(new DeleteObjectCommand({ Bucket, Key: 'file' }));
      const empty = (await remove()).$metadata.httpStatusCode;
      return { full, empty, gone: await refusal(remove()) };
    },
  },
  {
    name: 'a list of at most 0 keys is empty and complete',
    page: 'https://github.com/ceph/s3-tests/blob/8f0ae7b404a3a2fcf7038bf1e6bf29544fe9b6a3/s3tests/functional/test_s3.py',
    aws: { KeyCount: 0, MaxKeys: 0, IsTruncated: false, keys: 0 },
    async observe(world) {
      const { s3, Bucket, put } = await bucketIn(world);
      await put('file', 'hello');
      const list = await s3.send(new ListObjectsV2Command({ Bucket, MaxKeys: 0 }));
      const { KeyCount, MaxKeys, IsTruncated, Contents, NextContinuationToken } = list;
      return { KeyCount, MaxKeys, IsTruncated, keys: Contents?.length ?? 0, NextContinuationToken };
    },
  },
  {
    name: 'a bucket is not accessed if its owner is not the expected account',
    page: `${GUIDE}/bucket-owner-condition.html`,
    aws: {
      get: { error: 'AccessDenied', status: 403 },
      put: { error: 'AccessDenied', status: 403 },
      text: 'hello',
    },
    async observe(world) {
      const { s3, Bucket, put, get, text } = await bucketIn(world);
      await put('file', 'hello');
      const other = { ExpectedBucketOwner: '111122223333' };
      const overwrite = new PutObjectCommand({ Bucket, Key: 'file', Body: 'other', ...other });
      return {
        get: await refusal(get('file', other)),
        put: await refusal(s3.send(overwrite)),
        text: await text('file'),
      };
    },
  },
  {
    name: 'metadata of more than 2 KB is refused, counting names and values',
    page: `${GUIDE}/UsingMetadata.html`,
    aws: { largest: 'kept', larger: { error: 'MetadataTooLarge', status: 400 } },
    async observe(world) {
      const { put, get } = await bucketIn(world);
      const metadata = (bytes: number) => ({ Metadata: { name: 'x'.repeat(bytes - 'name'.length) } });
      await put('file', 'hello', metadata(2048));
      const { Metadata } = await get('file');
      return {
        largest: Metadata?.name?.length === 2044 && 'kept',
        larger: await refusal(put('file', 'hello', metadata(2049))),
      };
    },
  },
];
