/**
 * The maximum file size, in bytes. S3 accepts at most 5 GiB in one request:
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
 */
export const MAX_FILE_BYTES = 5 * 1024 ** 3;

/** Builds the key of a tenant's file. The same key identifies the file in the API and in the uploads bucket. */
export function fileKey(tenant: string, id: string): string {
  return folderOf(tenant) + id;
}

/** Whether a file key belongs to this tenant. */
export function isFileOf(tenant: string, key: string): boolean {
  return key.startsWith(folderOf(tenant)) && key.length > folderOf(tenant).length;
}

/**
 * Returns the prefix of a tenant's keys. Encodes the tenant's name, so that no tenant's prefix is the start of another
 * tenant's prefix.
 */
function folderOf(tenant: string): string {
  return `uploads/${encodeURIComponent(tenant)}/`;
}

/** Matches an RFC 9110 media type with its parameters, restricted to the characters that S3's headers allow. */
export const MEDIA_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+( *; *[\w-]+=("[ !#-[\]-~]*"|[\w!#$&^.+-]+))*$/;
