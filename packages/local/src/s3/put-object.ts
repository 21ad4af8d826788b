import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { answerEmpty, checksumHeaders } from './answer.ts';
import { decodeAwsChunked } from './aws-chunked.ts';
import { expectationsOf } from './checksums.ts';
import { keptOf } from './described-object.ts';
import type { StoredObject } from './object-store.ts';
import type { Call, Context } from './operation.ts';
import { checkWriteConditions, checkWriteHeaders } from './preconditions.ts';
import { receive, type Received } from './receive.ts';
import { noSuchBucket, S3Error } from './s3-error.ts';

/** The maximum size of a request's body, in bytes: 5 GiB, which S3 calls 5 GB. */
const MAX_BYTES = 5 * 1024 ** 3;

/** Implements PutObject. Streams the body to disk, and turns the file into an object if the body is complete and its checksums match. */
export async function putObject({ request, response, address }: Call, context: Context): Promise<void> {
  const { headers } = request;
  checkWriteHeaders(headers);
  const kept = keptHeaders(headers);
  const { file, path } = context.store.newFile();
  const received = await receiveBody(request, path);
  const object: StoredObject = {
    key: address.key,
    file,
    bytes: received.bytes,
    etag: `"${received.md5}"`,
    headers: kept,
    checksums: received.checksums,
    modifiedAt: context.now(),
  };
  await putUnderConditions({ request, address }, object, context);
  answerEmpty(response, 200, { etag: object.etag, ...checksumHeaders(object) });
}

/** Returns the request headers to store with the object. */
export function keptHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const kept = keptOf(Object.keys(headers), (name) => textOf(headers, name));
  if (isAwsChunked(headers)) removeAwsChunked(kept);
  return kept;
}

/** Writes the body of a PutObject or UploadPart request to a new file. */
export function receiveBody(request: IncomingMessage, path: string): Promise<Received> {
  const { headers } = request;
  const bytes = declaredBytes(headers);
  const trailers = new Map<string, string>();
  return receive(isAwsChunked(headers) ? decodeAwsChunked(read(request), trailers) : read(request), {
    path,
    trailers,
    expectations: expectationsOf(Object.keys(headers), (name) => textOf(headers, name)),
    checkSize: (soFar, isWhole) => {
      if (soFar > bytes || (isWhole && soFar < bytes)) throw incomplete();
    },
  });
}

/** Turns a written file into an object if the request's conditions hold; otherwise removes the file. */
export async function putUnderConditions(
  { request, address: { bucket, key } }: Pick<Call, 'request' | 'address'>,
  object: StoredObject,
  { store }: Context,
): Promise<void> {
  try {
    if (!store.hasBucket(bucket)) throw noSuchBucket(bucket);
    // Checks the conditions last, without yielding before the write, so that only one of two concurrent requests succeeds.
    checkWriteConditions(request.headers, { key, found: store.find(bucket, key) });
    await store.put(bucket, object);
  } catch (error) {
    await store.discard(object.file);
    throw error;
  }
}

/** Reads a request's bytes. If the request is refused partway through, keeps the connection open so that the response can be sent. */
function read(request: IncomingMessage): AsyncIterable<Buffer> {
  return request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
}

function declaredBytes(headers: IncomingHttpHeaders): number {
  const declared = isAwsChunked(headers)
    ? textOf(headers, 'x-amz-decoded-content-length')
    : headers['content-length'];
  if (declared === undefined) {
    throw new S3Error(411, 'MissingContentLength', 'You must provide the Content-Length HTTP header.');
  }
  const bytes = Number(declared);
  if (bytes <= MAX_BYTES) return bytes;
  throw new S3Error(400, 'EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size', {
    ProposedSize: bytes,
    MaxSizeAllowed: MAX_BYTES,
  });
}

function isAwsChunked(headers: IncomingHttpHeaders): boolean {
  return textOf(headers, 'x-amz-content-sha256')?.startsWith('STREAMING-') ?? false;
}

/**
 * Removes `aws-chunked` from the content encoding, because `aws-chunked` only describes the transfer. All other encodings describe the object itself.
 */
function removeAwsChunked(kept: Record<string, string>): void {
  const own = (kept['content-encoding'] ?? '').split(/, */).filter((name) => name !== 'aws-chunked');
  delete kept['content-encoding'];
  if (own.join('') !== '') kept['content-encoding'] = own.join(',');
}

function textOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(',') : value;
}

function incomplete(): S3Error {
  return new S3Error(
    400,
    'IncompleteBody',
    'You did not provide the number of bytes specified by the Content-Length HTTP header',
  );
}
