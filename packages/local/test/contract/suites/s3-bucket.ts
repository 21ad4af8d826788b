import {
  CreateBucketCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
  type GetObjectCommandInput,
  type PutObjectCommandInput,
} from '@aws-sdk/client-s3';
import { createPresignedPost, type PresignedPostOptions } from '@aws-sdk/s3-presigned-post';
import { clientOf, uniqueName, type World } from '../world.ts';

/** Creates a bucket. */
export async function bucketIn(world: World) {
  const s3 = clientOf(world, S3Client);
  const Bucket = uniqueName('bucket');
  await s3.send(new CreateBucketCommand({ Bucket }));
  return {
    s3,
    Bucket,
    put: (Key: string, Body: string, more: Partial<PutObjectCommandInput> = {}) =>
      s3.send(new PutObjectCommand({ Bucket, Key, Body, ContentType: 'text/plain', ...more })),
    get: (Key: string, more: Partial<GetObjectCommandInput> = {}) =>
      s3.send(new GetObjectCommand({ Bucket, Key, ...more })),
    text: async (Key: string) => {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
      return Body?.transformToString();
    },
    /** Sends a form like a browser. */
    post: async (
      options: Partial<PresignedPostOptions>,
      body: string,
      change: Record<string, string> = {},
    ) => {
      const form = { Bucket, Key: 'file', Expires: 60, ...options };
      const response = await sendForm(s3, form, body, { change });
      const error = /<Code>(.*?)<\/Code>/.exec(await response.text())?.[1];
      return { status: response.status, ...(error !== undefined && { error }) };
    },
  };
}

/** Signs a form, changes some of its fields, and posts it as a browser does. */
export async function sendForm(
  s3: S3Client,
  options: PresignedPostOptions,
  body: string,
  { change = {}, headers = {} }: { change?: Record<string, string>; headers?: Record<string, string> } = {},
): Promise<Response> {
  const { url, fields } = await createPresignedPost(s3, options);
  const data = new FormData();
  for (const [name, value] of Object.entries({ ...fields, ...change })) data.append(name, value);
  data.append('file', new Blob([body]));
  return fetch(url, { method: 'POST', body: data, headers });
}
