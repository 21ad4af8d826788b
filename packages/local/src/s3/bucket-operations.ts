import type { IncomingMessage } from 'node:http';
import { answerEmpty, answerXml } from './answer.ts';
import { checkedChecksums, expectationsOf } from './checksums.ts';
import { readLifecycleRules } from './lifecycle-rules.ts';
import type { Call, Context } from './operation.ts';
import { S3Error } from './s3-error.ts';
import { childrenOf, readXml, textOf } from './xml.ts';

/** The largest document that S3 takes, in bytes: a thousand keys to delete, at their longest. */
const MAX_DOCUMENT_BYTES = 2 * 1024 * 1024;

const BUCKET_NAME = /^(?!.*\.\.)(?!\d+\.\d+\.\d+\.\d+$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** CreateBucket. The bucket is private, and encrypted as far as anybody can tell. */
export function createBucket({ response, address }: Call, { store }: Context): void {
  const { bucket } = address;
  if (!BUCKET_NAME.test(bucket)) {
    throw new S3Error(400, 'InvalidBucketName', 'The specified bucket is not valid.', { BucketName: bucket });
  }
  if (!store.createBucket(bucket)) {
    throw new S3Error(
      409,
      'BucketAlreadyOwnedByYou',
      'Your previous request to create the named bucket succeeded and you already own it.',
      { BucketName: bucket },
    );
  }
  answerEmpty(response, 200, { location: `/${bucket}` });
}

export function headBucket({ response }: Call): void {
  answerEmpty(response, 200);
}

/** PutBucketLifecycleConfiguration, in place of any rules that the bucket had. */
export async function putLifecycle({ request, response, address }: Call, { store }: Context): Promise<void> {
  store.setLifecycle(address.bucket, readLifecycleRules(await readDocument(request)));
  answerEmpty(response, 200);
}

/** DeleteBucketLifecycle */
export function deleteLifecycle({ response, address }: Call, { store }: Context): void {
  store.setLifecycle(address.bucket, []);
  answerEmpty(response, 204);
}

/** DeleteObjects: each key by itself; one that is not there counts as deleted. */
export async function deleteObjects({ request, response, address }: Call, { store }: Context): Promise<void> {
  const document = readXml(await readDocument(request));
  const keys = childrenOf(document, 'Object').map((object) => textOf(object, 'Key') ?? '');
  for (const key of keys) await store.remove(address.bucket, key);
  const isQuiet = textOf(document, 'Quiet') === 'true';
  answerXml(response, 200, 'DeleteResult', { Deleted: isQuiet ? [] : keys.map((Key) => ({ Key })) });
}

/** @throws S3Error for one that is too large, or whose checksums do not come out */
async function readDocument(request: IncomingMessage): Promise<string> {
  const { headers } = request;
  const expectations = expectationsOf(Object.keys(headers), (name) => headers[name]?.toString());
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_DOCUMENT_BYTES) {
      throw new S3Error(400, 'MaxMessageLengthExceeded', 'Your request was too large.');
    }
    for (const { digest } of expectations) digest.update(chunk);
    chunks.push(chunk);
  }
  await checkedChecksums(expectations, new Map());
  return Buffer.concat(chunks).toString();
}
