import { CopyObjectCommand, type CopyObjectCommandInput } from '@aws-sdk/client-s3';
import type { Case } from '../contract.ts';
import { refusal, uniqueName, type World } from '../world.ts';
import { bucketIn } from './s3-bucket.ts';

const COPY = 'https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html';
const RECORDED =
  'https://github.com/localstack/localstack/blob/8b9a79f05846835cf4dff63ab7eefdde9df83783/tests/aws/services/s3';

/** Creates a bucket with an object to copy. */
async function sourceIn(world: World) {
  const bucket = await bucketIn(world);
  const { Bucket, s3, put } = bucket;
  const { ETag = '' } = await put('from', 'hello', { Metadata: { origin: 'app-7' } });
  const CopySource = `${Bucket}/from`;
  return {
    ...bucket,
    ETag,
    copy: (more: Partial<CopyObjectCommandInput> = {}) =>
      s3.send(new CopyObjectCommand({ Bucket, Key: 'to', CopySource, ...more })),
    described: async (Key: string) => {
      const { Body, ContentType, Metadata } = await bucket.get(Key);
      return { text: await Body?.transformToString(), type: ContentType, metadata: { ...Metadata } };
    },
  };
}

export const copies: readonly Case[] = [
  {
    name: 'a copy has the bytes, the type and the metadata of its source',
    page: COPY,
    aws: {
      etag: '"5d41402abc4b2a76b9719d911017c592"',
      copy: { text: 'hello', type: 'text/plain', metadata: { origin: 'app-7' } },
    },
    async observe(world) {
      const { copy, described } = await sourceIn(world);
      const { CopyObjectResult } = await copy();
      return { etag: CopyObjectResult?.ETag, copy: await described('to') };
    },
  },
  {
    name: 'a copy has new metadata if the directive says REPLACE, and ignores it otherwise',
    page: COPY,
    aws: {
      replaced: { text: 'hello', type: 'text/csv', metadata: { owner: 'b' } },
      ignored: { text: 'hello', type: 'text/plain', metadata: { origin: 'app-7' } },
    },
    async observe(world) {
      const { copy, described } = await sourceIn(world);
      const changes = { ContentType: 'text/csv', Metadata: { owner: 'b' } };
      await copy({ ...changes, MetadataDirective: 'REPLACE' });
      const replaced = await described('to');
      await copy(changes);
      return { replaced, ignored: await described('to') };
    },
  },
  {
    name: 'a copy of a missing object or bucket, onto itself, or from no key is refused',
    page: `${RECORDED}/test_s3.snapshot.json`,
    aws: {
      object: { error: 'NoSuchKey', status: 404 },
      bucket: { error: 'NoSuchBucket', status: 404 },
      itself: { error: 'InvalidRequest', status: 400 },
      noKey: { error: 'InvalidArgument', status: 400 },
    },
    async observe(world) {
      const { Bucket, copy } = await sourceIn(world);
      return {
        object: await refusal(copy({ CopySource: `${Bucket}/missing` })),
        bucket: await refusal(copy({ CopySource: `${uniqueName('bucket')}/from` })),
        itself: await refusal(copy({ Key: 'from' })),
        noKey: await refusal(copy({ CopySource: 'wrong-source' })),
      };
    },
  },
  {
    name: 'a copy is made only under its conditions on the source and on the target',
    page: `${RECORDED}/test_s3_preconditions.snapshot.json`,
    aws: {
      sourceMatch: { error: 'PreconditionFailed', status: 412 },
      sourceNoneMatch: { error: 'PreconditionFailed', status: 412 },
      sourceUnmodified: { error: 'PreconditionFailed', status: 412 },
      target: { error: 'PreconditionFailed', status: 412 },
      text: 'hello',
    },
    async observe(world) {
      const { copy, ETag, text } = await sourceIn(world);
      await copy({ CopySourceIfMatch: ETag, IfNoneMatch: '*' });
      return {
        sourceMatch: await refusal(copy({ CopySourceIfMatch: '"other"' })),
        sourceNoneMatch: await refusal(copy({ CopySourceIfNoneMatch: ETag })),
        sourceUnmodified: await refusal(copy({ CopySourceIfUnmodifiedSince: new Date(0) })),
        target: await refusal(copy({ IfNoneMatch: '*' })),
        text: await text('to'),
      };
    },
  },
];
