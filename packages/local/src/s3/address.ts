import type { IncomingMessage } from 'node:http';
import { invalidArgument, notImplemented, S3Error } from './s3-error.ts';

/** A request's target: an object, a bucket if there is no key, or the account if there is no bucket. */
export interface Address {
  readonly bucket: string;
  readonly key: string;
  readonly query: URLSearchParams;
}

/** S3's maximum key length, in UTF-8 bytes. */
const MAX_KEY_BYTES = 1024;

/** Matches a host name that begins with a bucket's name, optionally followed by `.s3`. */
const VIRTUAL_HOST = /^(.+?)(?:\.s3)?\.localhost(?::\d+)?$/i;

/**
 * Parses the bucket and key. A path-style URL has the path `/bucket/key`. SDKs use path-style URLs if the endpoint is an IP address. A
 * virtual-hosted-style URL has the bucket in the host name, such as `bucket.localhost`. The path is not normalized, because `a/../b` is a
 * valid key.
 * @throws S3Error if the path is not valid UTF-8, or the key is too long
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
 * Parses x-amz-copy-source: an optional slash, followed by a URL-encoded bucket and key.
 * @throws S3Error if the source is not an object in a bucket, or includes a version
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
