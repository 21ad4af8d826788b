import { DeleteObjectCommand, type S3ServiceException } from '@aws-sdk/client-s3';
import type { Case } from '../contract.ts';
import { refusal } from '../world.ts';
import { bucketIn } from './s3-bucket.ts';

const GUIDE = 'https://docs.aws.amazon.com/AmazonS3/latest/userguide';
const RECORDED =
  'https://github.com/localstack/localstack/blob/8b9a79f05846835cf4dff63ab7eefdde9df83783/tests/aws/services/s3/test_s3_api.snapshot.json';

const DAY_MS = 86_400_000;

/** Cases for conditional reads, writes and deletions. */
export const conditions: readonly Case[] = [
  {
    name: 'a read compares dates, ignores a future date, and prefers an ETag to a date',
    page: 'https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html',
    aws: {
      modified: 'hello',
      notModified: 304,
      future: 'hello',
      unmodified: 'hello',
      changed: 412,
      etagBeforeDate: 'hello',
    },
    async observe(world) {
      const { put, get } = await bucketIn(world);
      const { ETag } = await put('file', 'hello');
      const { LastModified = new Date(0) } = await get('file');
      const dayLater = new Date(LastModified.getTime() + DAY_MS);
      const dayBefore = new Date(LastModified.getTime() - DAY_MS);
      // The SDK can't name the error, because a 304 response has no body.
      const outcome = async (more: Parameters<typeof get>[1]) => {
        const read = get('file', more).then(({ Body }) => Body?.transformToString());
        return read.catch((error: unknown) => (error as S3ServiceException).$metadata.httpStatusCode);
      };
      return {
        modified: await outcome({ IfModifiedSince: dayBefore }),
        notModified: await outcome({ IfModifiedSince: LastModified }),
        future: await outcome({ IfModifiedSince: dayLater }),
        unmodified: await outcome({ IfUnmodifiedSince: LastModified }),
        changed: await outcome({ IfUnmodifiedSince: dayBefore }),
        etagBeforeDate: await outcome({ IfMatch: ETag, IfUnmodifiedSince: dayBefore }),
      };
    },
  },
  {
    name: 'a put with If-Match replaces only that object',
    page: `${GUIDE}/conditional-writes.html`,
    aws: {
      changed: { error: 'PreconditionFailed', status: 412 },
      text: 'second',
      missing: { error: 'NoSuchKey', status: 404 },
    },
    async observe(world) {
      const { put, text } = await bucketIn(world);
      const { ETag: IfMatch } = await put('file', 'first');
      await put('file', 'second', { IfMatch });
      const changed = await refusal(put('file', 'third', { IfMatch }));
      return { changed, text: await text('file'), missing: await refusal(put('other', 'x', { IfMatch })) };
    },
  },
  {
    name: 'a put with If-None-Match * creates an object and replaces none',
    page: `${GUIDE}/conditional-writes.html`,
    aws: { second: { error: 'PreconditionFailed', status: 412 }, text: 'first' },
    async observe(world) {
      const { put, text } = await bucketIn(world);
      await put('file', 'first', { IfNoneMatch: '*' });
      const second = await refusal(put('file', 'second', { IfNoneMatch: '*' }));
      return { second, text: await text('file') };
    },
  },
  {
    name: 'a put with If-None-Match and an etag, with If-Match *, or with both is not implemented',
    page: RECORDED,
    aws: {
      etag: { error: 'NotImplemented', status: 501 },
      star: { error: 'NotImplemented', status: 501 },
      both: { error: 'NotImplemented', status: 501 },
      text: 'first',
    },
    async observe(world) {
      const { put, text } = await bucketIn(world);
      const { ETag = '' } = await put('file', 'first');
      return {
        etag: await refusal(put('file', 'second', { IfNoneMatch: ETag })),
        star: await refusal(put('file', 'second', { IfMatch: '*' })),
        both: await refusal(put('file', 'second', { IfMatch: ETag, IfNoneMatch: '*' })),
        text: await text('file'),
      };
    },
  },
  {
    name: 'a deletion with If-Match deletes only that object',
    page: `${GUIDE}/conditional-deletes.html`,
    aws: { changed: { error: 'PreconditionFailed', status: 412 }, text: 'second', same: 204 },
    async observe(world) {
      const { s3, Bucket, put, text } = await bucketIn(world);
      const { ETag: first } = await put('file', 'first');
      const { ETag: second } = await put('file', 'second');
      const remove = (IfMatch: string | undefined) =>
        s3.send(new DeleteObjectCommand({ Bucket, Key: 'file', IfMatch }));
      const changed = await refusal(remove(first));
      const kept = await text('file');
      return { changed, text: kept, same: (await remove(second)).$metadata.httpStatusCode };
    },
  },
];
