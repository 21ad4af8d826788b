import { closeSync, createReadStream } from 'node:fs';
import { answerXml } from './answer.ts';
import { copySourceOf } from './address.ts';
import { checksumElements, checksumTypeOf, computed } from './checksums.ts';
import { absent } from './object-operations.ts';
import type { StoredObject } from './object-store.ts';
import type { Call, Context } from './operation.ts';
import { checkWriteHeaders, failedCondition, preconditionFailed } from './preconditions.ts';
import { keptHeaders, putUnderConditions } from './put-object.ts';
import { receive } from './receive.ts';
import { checkExpectedOwner } from './request-headers.ts';
import { invalidArgument, noSuchBucket, S3Error } from './s3-error.ts';

/** The largest object that one request copies, in bytes: 5 GiB. A larger one is copied in parts. */
const MAX_BYTES = 5 * 1024 ** 3;

const PREFIX = 'x-amz-copy-source-';

/** CopyObject: a new object with the bytes of another and, unless the request replaces them, its headers. */
export async function copyObject(call: Call, context: Context): Promise<void> {
  const { request, response, address } = call;
  const { headers } = request;
  const { store, now } = context;
  checkWriteHeaders(headers);
  const isReplaced = replacesMetadata(headers['x-amz-metadata-directive']?.toString());
  const replacement = keptHeaders(headers);
  const algorithm = headers['x-amz-checksum-algorithm']?.toString();
  const checksum = algorithm === undefined ? undefined : computed(algorithm);

  const { source, original, descriptor } = openSource(request, context);
  try {
    if (original.bytes > MAX_BYTES) throw tooLarge();
    const isInPlace = source.bucket === address.bucket && source.key === address.key;
    if (isInPlace && !isReplaced) throw copyOntoItself();
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }

  const { file, path } = store.newFile();
  // An object that was uploaded in parts becomes one of a single part, with the checksums of a single part.
  const algorithms = checksum
    ? []
    : Object.keys(original.checksums).map((name) => name.replace('x-amz-checksum-', ''));
  const received = await receive(createReadStream('', { fd: descriptor }) as AsyncIterable<Buffer>, {
    path,
    expectations: checksum ? [checksum] : algorithms.map(computed),
    checkSize: () => undefined,
  });
  const copy: StoredObject = {
    key: address.key,
    file,
    bytes: received.bytes,
    etag: `"${received.md5}"`,
    headers: isReplaced ? replacement : original.headers,
    checksums: received.checksums,
    modifiedAt: now(),
  };
  await putUnderConditions(call, copy, context);
  const type = checksumTypeOf(copy.checksums);
  answerXml(
    response,
    200,
    'CopyObjectResult',
    {
      LastModified: new Date(copy.modifiedAt).toISOString(),
      ETag: copy.etag,
      ...checksumElements(copy.checksums),
      ...(type && { ChecksumType: type }),
    },
    { 'x-amz-server-side-encryption': 'AES256' },
  );
}

/** The object to copy from, with its open file. */
interface Source {
  readonly source: { readonly bucket: string; readonly key: string };
  readonly original: StoredObject;
  readonly descriptor: number;
}

/**
 * Opens the object that a copy names as its source. The caller closes the file.
 * @throws S3Error for a source that is missing, or does not meet the request's conditions
 */
export function openSource(request: Call['request'], context: Context): Source {
  const { headers } = request;
  const { store, now } = context;
  checkExpectedOwner(headers, 'x-amz-source-expected-bucket-owner');
  const source = copySourceOf(headers['x-amz-copy-source']?.toString() ?? '');
  if (!store.hasBucket(source.bucket)) throw noSuchBucket(source.bucket);
  const opened = store.open(source.bucket, source.key);
  if (!opened) throw absent({ request, address: source }, context);
  const { object: original, descriptor } = opened;
  const failed = failedCondition(original, { headers, prefix: PREFIX, now: now() });
  if (failed === undefined) return { source, original, descriptor };
  closeSync(descriptor);
  throw preconditionFailed(`${PREFIX}${failed}`);
}

function replacesMetadata(directive = 'COPY'): boolean {
  if (directive === 'COPY' || directive === 'REPLACE') return directive === 'REPLACE';
  throw invalidArgument('Unknown metadata directive.', 'x-amz-metadata-directive', directive);
}

function tooLarge(): S3Error {
  return new S3Error(
    400,
    'InvalidRequest',
    `The specified copy source is larger than the maximum allowable size for a copy source: ${MAX_BYTES}`,
  );
}

function copyOntoItself(): S3Error {
  return new S3Error(
    400,
    'InvalidRequest',
    "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
  );
}
