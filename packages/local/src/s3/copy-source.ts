import { closeSync } from 'node:fs';
import { copySourceOf } from './address.ts';
import { absent } from './object-operations.ts';
import type { StoredObject } from './object-store.ts';
import type { Call, Context } from './operation.ts';
import { failedCondition, preconditionFailed } from './preconditions.ts';
import { checkExpectedOwner } from './request-headers.ts';
import { noSuchBucket, S3Error } from './s3-error.ts';

/** The maximum number of bytes that one request can copy: 5 GiB. Larger objects are copied in parts. */
const MAX_BYTES = 5 * 1024 ** 3;

const PREFIX = 'x-amz-copy-source-';

/** The object to copy, and its open file. The caller must close the file. */
export interface CopySource {
  readonly bucket: string;
  readonly object: StoredObject;
  readonly descriptor: number;
}

/**
 * Opens the object that x-amz-copy-source names.
 * @throws S3Error if the object does not exist, the expected owner is another account, or one of the conditions does not hold
 */
export function openCopySource({ request }: Call, context: Context): CopySource {
  const { headers } = request;
  const { store, now } = context;
  checkExpectedOwner(headers, 'x-amz-source-expected-bucket-owner');
  const source = copySourceOf(headers['x-amz-copy-source']?.toString() ?? '');
  if (!store.hasBucket(source.bucket)) throw noSuchBucket(source.bucket);
  const opened = store.open(source.bucket, source.key);
  if (!opened) throw absent({ request, address: source }, context);
  const failed = failedCondition(opened.object, { headers, prefix: PREFIX, now: now() });
  if (failed === undefined) return { bucket: source.bucket, ...opened };
  closeSync(opened.descriptor);
  throw preconditionFailed(`${PREFIX}${failed}`);
}

/** @throws S3Error if the number of bytes exceeds the limit for one request */
export function checkCopiedBytes(bytes: number): void {
  if (bytes <= MAX_BYTES) return;
  throw new S3Error(
    400,
    'InvalidRequest',
    `The specified copy source is larger than the maximum allowable size for a copy source: ${MAX_BYTES}`,
  );
}
