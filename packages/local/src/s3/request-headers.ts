import type { IncomingHttpHeaders } from 'node:http';
import { notImplemented, S3Error } from './s3-error.ts';

/** The account that owns all buckets. */
export const ACCOUNT = '000000000000';

/**
 * Matches headers that are specific to AWS or conditional. Unsupported headers are refused only if they match; standard headers such as Accept are
 * ignored.
 */
const MEANINGFUL = /^(x-amz-|if-)/;

/** Headers that every operation accepts. These headers sign the request, are added by the SDKs, or name the bucket's expected owner. */
const EVERYWHERE = [
  'x-amz-content-sha256',
  'x-amz-date',
  'x-amz-expected-bucket-owner',
  'x-amz-security-token',
  'x-amz-user-agent',
  // The SDK for JavaScript also sends a checksum for GetObject's empty body.
  'x-amz-checksum-*',
  'x-amz-sdk-checksum-algorithm',
];

/** Headers of a request with a chunked body: the decoded length, and the name of the trailer with the checksum. */
export const BODY_HEADERS = ['x-amz-decoded-content-length', 'x-amz-trailer'];

/** Headers that describe a new object. */
export const DESCRIPTION_HEADERS = ['x-amz-meta-*', 'x-amz-server-side-encryption'];

/** Conditions on the object that is read. */
export const READ_CONDITIONS = ['if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since'];

/** Conditions on the object that a write replaces. */
export const WRITE_CONDITIONS = ['if-match', 'if-none-match'];

/** Headers that describe a checksum but do not contain one. */
const NO_CHECKSUM = new Set(['x-amz-checksum-algorithm', 'x-amz-checksum-mode', 'x-amz-checksum-type']);

/**
 * Refuses request headers that the operation does not support, because ignoring a header such as x-amz-copy-source would silently
 * lose data.
 * @param known the headers that this operation supports; `x-amz-meta-*` matches all headers with that prefix
 * @throws S3Error NotImplemented that names the header
 */
export function checkHeaders(names: readonly string[], known: readonly string[]): void {
  const unknown = names.find((name) => MEANINGFUL.test(name) && !isKnown(name, [...EVERYWHERE, ...known]));
  if (unknown !== undefined) throw notImplemented(unknown);
}

function isKnown(name: string, known: readonly string[]): boolean {
  return known.some((pattern) =>
    pattern.endsWith('*')
      ? name.startsWith(pattern.slice(0, -1)) && !NO_CHECKSUM.has(name)
      : name === pattern,
  );
}

/**
 * Checks the account that the caller expects to own the bucket.
 * @param header `x-amz-expected-bucket-owner`, or CopyObject's header for its source
 * @throws S3Error AccessDenied for another account
 */
export function checkExpectedOwner(
  headers: IncomingHttpHeaders,
  header:
    'x-amz-expected-bucket-owner' | 'x-amz-source-expected-bucket-owner' = 'x-amz-expected-bucket-owner',
): void {
  const expected = headers[header]?.toString();
  if (expected === undefined || expected === ACCOUNT) return;
  if (/^\d{12}$/.test(expected)) throw new S3Error(403, 'AccessDenied', 'Access Denied');
  throw new S3Error(
    400,
    'InvalidBucketOwnerAWSAccountID',
    `The value of the expected bucket owner parameter must be an AWS Account ID... [${expected}]`,
  );
}
