import { DeleteObjectCommand, GetObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import type { Suite } from '../contract.ts';
import { refusal, uniqueName } from '../world.ts';
import { bucketIn } from './s3-bucket.ts';
import { buckets } from './s3-buckets.ts';
import { conditions } from './s3-conditions.ts';
import { copies } from './s3-copies.ts';
import { cors } from './s3-cors.ts';
import { parts } from './s3-parts.ts';

const API = 'https://docs.aws.amazon.com/AmazonS3/latest/API';

export const s3: Suite = {
  protocol: 's3',
  cases: [
    {
      name: 'an object is put and got, with its length, type and the MD5 as its ETag',
      page: `${API}/API_GetObject.html`,
      aws: {
        put: '"5d41402abc4b2a76b9719d911017c592"',
        text: 'hello',
        ContentLength: 5,
        ContentType: 'text/plain',
        ETag: '"5d41402abc4b2a76b9719d911017c592"',
      },
      async observe(world) {
        const { put, get } = await bucketIn(world);
        const { ETag: sent } = await put('a/file', 'hello');
        const { Body, ContentLength, ContentType, ETag } = await get('a/file');
        return { put: sent, text: await Body?.transformToString(), ContentLength, ContentType, ETag };
      },
    },
    {
      name: 'a range returns its existing part, and a range beyond the end is refused',
      page: `${API}/API_GetObject.html`,
      aws: {
        ranges: [
          ['ello', 'bytes 1-4/5', 206],
          ['lo', 'bytes 3-4/5', 206],
          ['lo', 'bytes 3-4/5', 206],
        ],
        beyond: { error: 'InvalidRange', status: 416 },
      },
      async observe(world) {
        const { put, get } = await bucketIn(world);
        await put('file', 'hello');
        const ranges = [];
        for (const Range of ['bytes=1-99', 'bytes=3-', 'bytes=-2']) {
          const { Body, ContentRange, $metadata: metadata } = await get('file', { Range });
          ranges.push([await Body?.transformToString(), ContentRange, metadata.httpStatusCode]);
        }
        return { ranges, beyond: await refusal(get('file', { Range: 'bytes=5-' })) };
      },
    },
    {
      name: 'a read with If-Match must find the same object',
      page: `${API}/API_GetObject.html`,
      aws: { same: 'hello', changed: { error: 'PreconditionFailed', status: 412 } },
      async observe(world) {
        const { put, get } = await bucketIn(world);
        const { ETag: IfMatch } = await put('file', 'hello');
        const { Body } = await get('file', { IfMatch });
        const same = await Body?.transformToString();
        await put('file', 'other');
        return { same, changed: await refusal(get('file', { IfMatch })) };
      },
    },
    {
      name: 'HEAD returns the length, and for a missing object only the status',
      page: `${API}/API_HeadObject.html`,
      aws: { length: 5, missing: { error: 'NotFound', status: 404 } },
      async observe(world) {
        const { s3, Bucket, put } = await bucketIn(world);
        await put('file', 'hello');
        const head = (Key: string) => s3.send(new HeadObjectCommand({ Bucket, Key }));
        return { length: (await head('file')).ContentLength, missing: await refusal(head('missing')) };
      },
    },
    {
      name: 'a missing key, a missing bucket and an unsigned read have different errors',
      page: `${API}/ErrorResponses.html`,
      aws: {
        key: { error: 'NoSuchKey', status: 404 },
        bucket: { error: 'NoSuchBucket', status: 404 },
        unsigned: 403,
      },
      async observe(world) {
        const { s3, Bucket, put, get } = await bucketIn(world);
        await put('file', 'hello');
        const elsewhere = new GetObjectCommand({ Bucket: uniqueName('bucket'), Key: 'file' });
        return {
          key: await refusal(get('missing')),
          bucket: await refusal(s3.send(elsewhere)),
          unsigned: (await fetch(`${world.endpoint}/${Bucket}/file`)).status,
        };
      },
    },
    {
      name: 'a deletion succeeds whether or not the object exists',
      page: `${API}/API_DeleteObject.html`,
      aws: [204, 204],
      async observe(world) {
        const { s3, Bucket, put } = await bucketIn(world);
        await put('file', 'hello');
        const remove = async () =>
          (await s3.send(new DeleteObjectCommand({ Bucket, Key: 'file' }))).$metadata.httpStatusCode;
        return [await remove(), await remove()];
      },
    },
    {
      name: 'a signed form puts an object with the content type in its fields',
      page: `${API}/RESTObjectPOST.html`,
      aws: { posted: { status: 204 }, text: 'hello', type: 'text/csv' },
      async observe(world) {
        const { post, get } = await bucketIn(world);
        const posted = await post({ Fields: { 'Content-Type': 'text/csv' } }, 'hello');
        const { Body, ContentType } = await get('file');
        return { posted, text: await Body?.transformToString(), type: ContentType };
      },
    },
    {
      name: 'a form’s range of lengths includes both ends',
      page: `${API}/sigv4-HTTPPOSTConstructPolicy.html`,
      aws: {
        short: { status: 400, error: 'EntityTooSmall' },
        long: { status: 400, error: 'EntityTooLarge' },
        kept: { error: 'NoSuchKey', status: 404 },
      },
      async observe(world) {
        const { post, get } = await bucketIn(world);
        const Conditions: [['content-length-range', number, number]] = [['content-length-range', 2, 4]];
        return {
          short: await post({ Conditions }, 'x'),
          long: await post({ Conditions }, 'hello'),
          kept: await refusal(get('file')),
        };
      },
    },
    {
      name: 'a form with another key, another signature, or after its expiry is refused',
      page: `${API}/sigv4-HTTPPOSTConstructPolicy.html`,
      aws: {
        key: { status: 403, error: 'AccessDenied' },
        signature: { status: 403, error: 'SignatureDoesNotMatch' },
        expired: { status: 403, error: 'AccessDenied' },
      },
      async observe(world) {
        const { post } = await bucketIn(world);
        return {
          key: await post({}, 'hello', { key: 'other' }),
          signature: await post({}, 'hello', { 'X-Amz-Signature': '0'.repeat(64) }),
          expired: await post({ Expires: -60 }, 'hello'),
        };
      },
    },
    ...buckets,
    ...conditions,
    ...copies,
    ...cors,
    ...parts,
  ],
};
