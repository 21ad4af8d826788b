import { closeSync, createReadStream } from 'node:fs';
import { answerXml } from './answer.ts';
import { checksumElements, checksumTypeOf, computed } from './checksums.ts';
import { checkCopiedBytes, openCopySource } from './copy-source.ts';
import type { StoredObject } from './object-store.ts';
import type { Call, Context } from './operation.ts';
import { checkWriteHeaders } from './preconditions.ts';
import { keptHeaders, putUnderConditions } from './put-object.ts';
import { receive } from './receive.ts';
import { invalidArgument, S3Error } from './s3-error.ts';

/** Implements CopyObject. The new object gets the source's bytes, and also the source's headers unless the request replaces them. */
export async function copyObject(call: Call, context: Context): Promise<void> {
  const { request, response, address } = call;
  const { headers } = request;
  const { store, now } = context;
  checkWriteHeaders(headers);
  const isReplaced = replacesMetadata(headers['x-amz-metadata-directive']?.toString());
  const replacement = keptHeaders(headers);
  const algorithm = headers['x-amz-checksum-algorithm']?.toString();
  const checksum = algorithm === undefined ? undefined : computed(algorithm);

  const { bucket, object: original, descriptor } = openCopySource(call, context);
  try {
    checkCopiedBytes(original.bytes);
    const isInPlace = bucket === address.bucket && original.key === address.key;
    if (isInPlace && !isReplaced) throw copyOntoItself();
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
  const { file, path } = store.newFile();
  // Even if the source was uploaded in parts, the copy consists of a single part, so its checksums cover the whole object.
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

function replacesMetadata(directive = 'COPY'): boolean {
  if (directive === 'COPY' || directive === 'REPLACE') return directive === 'REPLACE';
  throw invalidArgument('Unknown metadata directive.', 'x-amz-metadata-directive', directive);
}

function copyOntoItself(): S3Error {
  return new S3Error(
    400,
    'InvalidRequest',
    "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
  );
}
