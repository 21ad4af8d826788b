import { notImplemented, S3Error } from './s3-error.ts';

/** Matches headers or form fields that are stored with an object and returned with it. */
const KEPT =
  /^(content-type|content-disposition|content-encoding|content-language|cache-control|expires|x-amz-meta-.+)$/;

const METADATA_PREFIX = 'x-amz-meta-';

/**
 * The maximum size of an object's metadata, in bytes. The size includes the values, and the names without their prefix
 * (docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html).
 */
const MAX_METADATA_BYTES = 2048;

/**
 * Returns the headers or form fields to store with an object.
 * @param encoding how the values are encoded: Node reads headers as latin1, forms are UTF-8
 * @throws S3Error MetadataTooLarge, or NotImplemented for encryption other than S3's own
 */
export function keptOf(
  names: readonly string[],
  valueOf: (name: string) => string | undefined,
  encoding: 'latin1' | 'utf8' = 'latin1',
): Record<string, string> {
  const kept: Record<string, string> = { 'content-type': 'binary/octet-stream' };
  for (const name of names) {
    const value = valueOf(name);
    if (KEPT.test(name) && value !== undefined && value !== '') kept[name] = value;
  }
  const encryption = valueOf('x-amz-server-side-encryption');
  if (encryption !== undefined && encryption !== 'AES256') {
    throw notImplemented(`x-amz-server-side-encryption: ${encryption}, only AES256`);
  }
  const bytes = Object.entries(kept)
    .filter(([name]) => name.startsWith(METADATA_PREFIX))
    .map(([name, value]) => name.length - METADATA_PREFIX.length + Buffer.byteLength(value, encoding))
    .reduce((sum, size) => sum + size, 0);
  if (bytes > MAX_METADATA_BYTES) {
    throw new S3Error(
      400,
      'MetadataTooLarge',
      'Your metadata headers exceed the maximum allowed metadata size',
      { Size: bytes, MaxSizeAllowed: MAX_METADATA_BYTES },
    );
  }
  return kept;
}
