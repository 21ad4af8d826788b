import type { IncomingMessage } from 'node:http';
import { invalidArgument, notImplemented, S3Error } from './s3-error.ts';

/** The target of a request. Without a bucket it is the account, without a key the bucket. */
export interface Address {
  readonly bucket: string;
  readonly key: string;
  readonly query: URLSearchParams;
}

/** S3's longest key, in bytes of UTF-8. */
const MAX_KEY_BYTES = 1024;

/** The bucket in the host name, with or without S3's own name after it. */
const VIRTUAL_HOST = /^(.+?)(?:\.s3)?\.localhost(?::\d+)?$/i;

/**
 * Reads bucket and key: path style is `/bucket/key`, which SDKs use for an endpoint that is an IP address; virtual-hosted style
 * has the bucket in the host, `bucket.localhost`. The path is not normalized, because a key may be `a/../b`.
 * @throws S3Error for a path that is not valid UTF-8, or a key that is too long
 */
export function addressOf(request: IncomingMessage): Address {
  const { url = '/', headers } = request;
  const [path = '/', ...rest] = url.split('?');
  const query = new URLSearchParams(rest.join('?'));
  const bucketInHost = VIRTUAL_HOST.exec(headers.host ?? '')?.[1];
  const [, bucketInPath = '', keyInPath = ''] = /^\/([^/]*)(?:\/([^]*))?$/.exec(path) ?? [];
  const [bucket, key] =
    bucketInHost === undefined ? [bucketInPath, keyInPath] : [bucketInHost, path.slice(1)];
  const address = { bucket: decode(bucket), key: decode(key), query };
  checkKeyLength(address.key);
  return address;
}

/**
 * Reads x-amz-copy-source: bucket and key, each URL-encoded, perhaps after a slash.
 * @throws S3Error for a source that is not an object in a bucket, or that names a version
 */
export function copySourceOf(header: string): { bucket: string; key: string } {
  const [path = '', version] = header.split('?');
  if (version !== undefined) throw notImplemented('versions of objects, such as in x-amz-copy-source');
  const [, bucket = '', key = ''] = /^\/?([^/]+)\/([^]+)$/.exec(decode(path)) ?? [];
  if (bucket.startsWith('arn:')) throw notImplemented('access points, such as in x-amz-copy-source');
  if (key === '') throw invalidArgument('Invalid copy source object key', 'x-amz-copy-source', header);
  return { bucket, key };
}

/** @throws S3Error KeyTooLongError */
export function checkKeyLength(key: string): void {
  const bytes = Buffer.byteLength(key);
  if (bytes <= MAX_KEY_BYTES) return;
  throw new S3Error(400, 'KeyTooLongError', 'Your key is too long', {
    Size: bytes,
    MaxSizeAllowed: MAX_KEY_BYTES,
  });
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new S3Error(400, 'InvalidURI', "Couldn't parse the specified URI.", { URI: text });
  }
}
