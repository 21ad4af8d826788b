import { answerXml } from './answer.ts';
import type { StoredObject } from './object-store.ts';
import type { Call, Context } from './operation.ts';
import { invalidArgument } from './s3-error.ts';

/** The maximum number of keys in one response. */
const MAX_KEYS = 1000;

interface Page {
  readonly objects: StoredObject[];
  /** Key prefixes up to the delimiter. Each prefix stands for all keys that begin with it. */
  readonly commonPrefixes: string[];
  /** The position where the next page begins; undefined on the last page. */
  readonly next: string | undefined;
}

/** Implements ListObjectsV2, which returns a page of keys in byte order. */
export function listObjects({ response, address }: Call, { store }: Context): void {
  const { bucket, query } = address;
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const token = query.get('continuation-token');
  const limit = limitOf(query.get('max-keys'));
  const after = token === null ? (query.get('start-after') ?? '') : decodeToken(token);
  const page = readPage(store.list(bucket, { prefix, after }), { prefix, delimiter, after, limit });

  const written =
    query.get('encoding-type') === 'url'
      ? (text: string) => encodeURIComponent(text).replaceAll('%2F', '/')
      : (text: string) => text;
  answerXml(response, 200, 'ListBucketResult', {
    Name: bucket,
    Prefix: written(prefix),
    ...(delimiter !== '' && { Delimiter: written(delimiter) }),
    ...(query.has('encoding-type') && { EncodingType: 'url' }),
    KeyCount: page.objects.length + page.commonPrefixes.length,
    MaxKeys: limit,
    IsTruncated: page.next !== undefined,
    ...(token !== null && { ContinuationToken: token }),
    ...(page.next !== undefined && { NextContinuationToken: encodeToken(page.next) }),
    Contents: page.objects.map((object) => ({
      Key: written(object.key),
      LastModified: new Date(object.modifiedAt).toISOString(),
      ETag: object.etag,
      Size: object.bytes,
      StorageClass: 'STANDARD',
    })),
    CommonPrefixes: page.commonPrefixes.map((common) => ({ Prefix: written(common) })),
  });
}

function readPage(
  objectsAfter: Iterable<StoredObject>,
  asked: { prefix: string; delimiter: string; after: string; limit: number },
): Page {
  const { prefix, delimiter, after, limit } = asked;
  const objects: StoredObject[] = [];
  const commonPrefixes: string[] = [];
  let last = after;
  // If the limit is 0, S3 reports that there are no further keys.
  if (limit === 0) return { objects, commonPrefixes, next: undefined };
  for (const object of objectsAfter) {
    const commonPrefix = commonPrefixOf(object.key, prefix, delimiter);
    if (commonPrefix !== undefined && commonPrefix === last) continue;
    if (objects.length + commonPrefixes.length === limit) return { objects, commonPrefixes, next: last };
    if (commonPrefix === undefined) objects.push(object);
    else commonPrefixes.push(commonPrefix);
    last = commonPrefix ?? object.key;
  }
  return { objects, commonPrefixes, next: undefined };
}

function commonPrefixOf(key: string, prefix: string, delimiter: string): string | undefined {
  if (delimiter === '') return undefined;
  const end = key.indexOf(delimiter, prefix.length);
  return end === -1 ? undefined : key.slice(0, end + delimiter.length);
}

function limitOf(text: string | null): number {
  const limit = Number(text ?? MAX_KEYS);
  if (Number.isInteger(limit) && limit >= 0) return Math.min(limit, MAX_KEYS);
  throw invalidArgument('Provided max-keys not an integer or within integer range', 'max-keys', text ?? '');
}

function encodeToken(after: string): string {
  return Buffer.from(after).toString('base64url');
}

function decodeToken(token: string): string {
  return Buffer.from(token, 'base64url').toString();
}
