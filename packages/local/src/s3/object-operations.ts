import { closeSync, createReadStream } from 'node:fs';
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { credentialScope } from '../aws-endpoint/credential-scope.ts';
import { answerEmpty, checksumHeaders, objectHeaders } from './answer.ts';
import type { StoredObject } from './object-store.ts';
import type { Call, Context } from './operation.ts';
import { checkWriteConditions, failedCondition, matches, preconditionFailed } from './preconditions.ts';
import { rangeOf, type ByteRange } from './range.ts';
import { S3Error } from './s3-error.ts';

/** The number of bytes to read from a file at a time. */
const READ_BYTES = 512 * 1024;

/** The response to a request for an object: the whole object, a range, or "not modified". */
interface Answer {
  readonly status: 200 | 206 | 304;
  readonly headers: OutgoingHttpHeaders;
  /** The bytes to send; undefined for none. */
  readonly range: ByteRange | undefined;
}

/** Implements GetObject, which sends the object or a range of it directly from its file. */
export async function getObject(call: Call, context: Context): Promise<void> {
  const { request, response, address } = call;
  const opened = context.store.open(address.bucket, address.key);
  if (!opened) throw absent(call, context);
  const { object, descriptor } = opened;
  let answer: Answer;
  try {
    answer = answerTo(request.headers, object, context.now());
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
  const { status, headers, range } = answer;
  if (!range) {
    closeSync(descriptor);
    answerEmpty(response, status, headers);
    return;
  }
  response.writeHead(status, headers);
  // The stream closes the file, even if the client disconnects.
  await pipeline(createReadStream('', { ...range, fd: descriptor, highWaterMark: READ_BYTES }), response);
}

/** Implements HeadObject, which sends GetObject's response without the body. */
export function headObject(call: Call, context: Context): void {
  const { request, response, address } = call;
  const object = context.store.find(address.bucket, address.key);
  if (!object) throw absent(call, context);
  const { status, headers } = answerTo(request.headers, object, context.now());
  answerEmpty(response, status, headers);
}

/** Implements DeleteObject. Responds with 204 even if the object does not exist, unless the request has an If-Match header. */
export async function deleteObject({ request, response, address }: Call, { store }: Context): Promise<void> {
  const { bucket, key } = address;
  checkWriteConditions(request.headers, { key, found: store.find(bucket, key) });
  await store.remove(bucket, key);
  answerEmpty(response, 204);
}

function answerTo(asked: IncomingHttpHeaders, object: StoredObject, now: number): Answer {
  const described = objectHeaders(object);
  const failed = failedCondition(object, { headers: asked, now });
  if (failed === 'If-Match' || failed === 'If-Unmodified-Since') throw preconditionFailed(failed);
  if (failed !== undefined) return { status: 304, headers: described, range: undefined };
  const range = isRangeOf(object, asked['if-range']) ? rangeOf(asked.range, object.bytes) : undefined;
  if (range) {
    const { start, end } = range;
    const headers = {
      ...described,
      'content-length': end - start + 1,
      'content-range': `bytes ${start}-${end}/${object.bytes}`,
    };
    return { status: 206, headers, range };
  }
  const checksums = asked['x-amz-checksum-mode'] === 'ENABLED' ? checksumHeaders(object) : {};
  const headers = { ...described, ...checksums, 'content-length': object.bytes };
  const isEmpty = object.bytes === 0;
  return { status: 200, headers, range: isEmpty ? undefined : { start: 0, end: object.bytes - 1 } };
}

/**
 * Whether the Range header applies. A browser that resumes a download sends If-Range, in order to get the whole object if the object has
 * changed (RFC 9110, section 13.1.5).
 */
function isRangeOf(object: StoredObject, condition: string | string[] | undefined): boolean {
  if (condition === undefined) return true;
  const given = condition.toString();
  const modifiedAt = new Date(object.modifiedAt).toUTCString();
  return matches(given, object.etag) || given === modifiedAt;
}

/** Returns the error for a missing key. A caller without permission to list the bucket must not learn that the key is missing. */
export function absent(
  { request, address: { bucket, key } }: Pick<Call, 'request'> & { address: { bucket: string; key: string } },
  { denial }: Context,
): S3Error {
  const denied = denial(credentialScope(request)?.accessKeyId ?? '', 's3:ListBucket', bucket);
  if (denied !== undefined) return new S3Error(403, 'AccessDenied', denied);
  return new S3Error(404, 'NoSuchKey', 'The specified key does not exist.', { Key: key });
}
