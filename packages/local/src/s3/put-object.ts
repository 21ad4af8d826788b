import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { answerEmpty, checksumHeaders } from './answer.ts';
import { decodeAwsChunked } from './aws-chunked.ts';
import { expectationsOf } from './checksums.ts';
import type { StoredObject } from './object-store.ts';
import type { Call, Context } from './operation.ts';
import { preconditionFailed } from './preconditions.ts';
import { receive } from './receive.ts';
import { notImplemented, S3Error } from './s3-error.ts';

/** The most that one request can put, in bytes: 5 GiB, which S3 calls 5 GB. */
const MAX_BYTES = 5 * 1024 ** 3;

/** Headers, or fields of a form, that an object keeps and is answered with. */
const KEPT =
  /^(content-type|content-disposition|content-encoding|content-language|cache-control|expires|x-amz-meta-.+)$/;

/** What an object can be put with in S3, and not here. */
const NOT_IMPLEMENTED =
  /^(x-amz-(acl|grant-.+|tagging|object-lock-.+|storage-class|website-redirect-location|write-offset-bytes|server-side-encryption-customer-.+)|tagging|acl|redirect|success_action_redirect)$/;

/** PutObject: the body goes to disk as it comes in, and is an object once it is whole and its checksums came out. */
export async function putObject({ request, response, address }: Call, context: Context): Promise<void> {
  const { headers } = request;
  const { bucket, key } = address;
  const { store } = context;
  const names = Object.keys(headers);
  const kept = keptOf(names, (name) => textOf(headers, name));
  if (isAwsChunked(headers)) removeAwsChunked(kept);

  const bytes = declaredBytes(headers);
  const trailers = new Map<string, string>();
  const { file, path } = store.newFile();
  const received = await receive(
    isAwsChunked(headers) ? decodeAwsChunked(read(request), trailers) : read(request),
    {
      path,
      trailers,
      expectations: expectationsOf(names, (name) => textOf(headers, name)),
      checkSize: (soFar, isWhole) => {
        if (soFar > bytes || (isWhole && soFar < bytes)) throw incomplete();
      },
    },
  );
  const object: StoredObject = {
    key,
    file,
    bytes: received.bytes,
    etag: `"${received.md5}"`,
    headers: kept,
    checksums: received.checksums,
    modifiedAt: context.now(),
  };
  try {
    // Looked at last, and in one breath with the write: of two that put at once, one is refused.
    if (headers['if-none-match'] === '*' && store.find(bucket, key))
      throw preconditionFailed('If-None-Match');
    await store.put(bucket, object);
  } catch (error) {
    await store.discard(file);
    throw error;
  }
  answerEmpty(response, 200, { etag: object.etag, ...checksumHeaders(object) });
}

/**
 * What of the headers or form fields an object keeps.
 * @throws S3Error for one that asks for more than the embedded S3 does
 */
export function keptOf(
  names: readonly string[],
  valueOf: (name: string) => string | undefined,
): Record<string, string> {
  const refused = names.find((name) => NOT_IMPLEMENTED.test(name));
  if (refused !== undefined) throw notImplemented(refused);
  const kept: Record<string, string> = { 'content-type': 'binary/octet-stream' };
  for (const name of names) {
    const value = valueOf(name);
    if (KEPT.test(name) && value !== undefined && value !== '') kept[name] = value;
  }
  return kept;
}

/** The bytes of a request. A refusal in the middle leaves the connection whole, so that it can be answered. */
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

/** `aws-chunked` is how the body travels; what stays of the encoding is the object's own. */
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
