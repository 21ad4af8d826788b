import { Crc32, Crc32c, Crc64Nvme } from '@aws-sdk/checksums/crc';
import { createHash } from 'node:crypto';
import { invalidArgument, notImplemented, S3Error } from './s3-error.ts';

/** A digest that is computed while an object is received. */
export interface Digest {
  update(chunk: Uint8Array): void;
  digest(): Uint8Array | Promise<Uint8Array>;
}

/** S3's object checksums, keyed by the last part of the header name, such as `crc32` in `x-amz-checksum-crc32`. */
const CHECKSUMS: Readonly<Record<string, () => Digest>> = {
  crc32: () => new Crc32(),
  crc32c: () => new Crc32c(),
  crc64nvme: () => new Crc64Nvme(),
  sha1: () => createHash('sha1'),
  sha256: () => createHash('sha256'),
};

const CHECKSUM_HEADER = /^x-amz-checksum-(?!algorithm$|mode$|type$)(\w+)$/;
const SHA256_IN_HEX = /^[0-9a-f]{64}$/i;

/** Whether a header contains a checksum. The name must be in lower case. */
export function isChecksumHeader(name: string): boolean {
  return CHECKSUM_HEADER.test(name);
}

/**
 * Returns a function that creates a checksum's digest. Returns undefined if S3 does not support the checksum. The name must be in lower case.
 */
export function checksumNamed(name: string): (() => Digest) | undefined {
  return Object.hasOwn(CHECKSUMS, name) ? CHECKSUMS[name] : undefined;
}

/** A digest that the body must match. */
export interface Expectation {
  readonly digest: Digest;
  /** The header that returns the checksum in later responses; undefined if the digest only protects this request. */
  readonly checksumHeader?: string;
  /** Compares the computed digest with the specified digest, which may arrive in a trailer after the body. */
  readonly isMet: (value: Buffer, trailers: ReadonlyMap<string, string>) => boolean;
  readonly refusal: S3Error;
}

/**
 * Compares each digest with the specified one, after the whole body has been read.
 * @returns the checksums to store with the object, in base64, keyed by header name
 * @throws S3Error for the first digest that differs
 */
export async function checkedChecksums(
  expectations: readonly Expectation[],
  trailers: ReadonlyMap<string, string>,
): Promise<Record<string, string>> {
  const checksums: Record<string, string> = {};
  for (const { digest, isMet, refusal, checksumHeader } of expectations) {
    const value = Buffer.from(await digest.digest());
    if (!isMet(value, trailers)) throw refusal;
    if (checksumHeader !== undefined) checksums[checksumHeader] = value.toString('base64');
  }
  return checksums;
}

/**
 * Returns the digests specified in a request: `Content-MD5`, `x-amz-checksum-*` as a header, form field or trailer, and the SHA-256 in the
 * signature.
 * @param valueOf returns a header or form field, given its name in lower case
 * @throws S3Error for an unsupported or malformed checksum
 */
export function expectationsOf(
  names: readonly string[],
  valueOf: (name: string) => string | undefined,
): Expectation[] {
  const expectations: Expectation[] = [];
  const md5 = valueOf('content-md5');
  if (md5 !== undefined) expectations.push(contentMd5(md5));
  const sha256 = valueOf('x-amz-content-sha256');
  if (sha256 !== undefined && SHA256_IN_HEX.test(sha256)) expectations.push(contentSha256(sha256));

  for (const name of names) {
    if (CHECKSUM_HEADER.test(name)) expectations.push(checksum(name, () => valueOf(name)));
  }
  for (const name of (valueOf('x-amz-trailer') ?? '').split(',').map((text) => text.trim().toLowerCase())) {
    if (name !== '') expectations.push(checksum(name, (trailers) => trailers.get(name)));
  }
  return expectations;
}

/**
 * Returns the checksum type; undefined if there are no checksums. A `COMPOSITE` checksum is a checksum of the parts' checksums, followed by the
 * number of parts.
 */
export function checksumTypeOf(
  checksums: Readonly<Record<string, string>>,
): 'FULL_OBJECT' | 'COMPOSITE' | undefined {
  const [first] = Object.values(checksums);
  if (first === undefined) return undefined;
  return first.includes('-') ? 'COMPOSITE' : 'FULL_OBJECT';
}

/** Converts checksums to XML elements, such as `ChecksumCRC32`. */
export function checksumElements(checksums: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(checksums).map(([header, value]) => [
      `Checksum${(CHECKSUM_HEADER.exec(header)?.[1] ?? '').toUpperCase()}`,
      value,
    ]),
  );
}

/** Creates an expectation that every digest meets, in order to compute a checksum without verifying it. */
export function computed(algorithm: string): Expectation {
  const header = `x-amz-checksum-${algorithm.toLowerCase()}`;
  const create = checksumNamed(algorithm.toLowerCase());
  if (!create) throw notImplemented(`the checksum algorithm ${algorithm}`);
  const refusal = new S3Error(400, 'BadDigest', 'The checksum did not match.');
  return { digest: create(), checksumHeader: header, isMet: () => true, refusal };
}

function checksum(
  header: string,
  given: (trailers: ReadonlyMap<string, string>) => string | undefined,
): Expectation {
  const name = CHECKSUM_HEADER.exec(header)?.[1] ?? '';
  const create = checksumNamed(name);
  if (!create) throw notImplemented(`the checksum or trailer ${header}`);
  return {
    digest: create(),
    checksumHeader: header,
    isMet: (value, trailers) => value.toString('base64') === given(trailers)?.trim(),
    refusal: new S3Error(
      400,
      'BadDigest',
      `The ${name.toUpperCase()} you specified did not match the calculated checksum.`,
    ),
  };
}

function contentMd5(given: string): Expectation {
  const bytes = Buffer.from(given, 'base64');
  if (bytes.length !== 16)
    throw invalidArgument('The Content-MD5 you specified is not valid.', 'Content-MD5', given);
  return {
    digest: createHash('md5'),
    isMet: (value) => value.equals(bytes),
    refusal: new S3Error(400, 'BadDigest', 'The Content-MD5 you specified did not match what we received.'),
  };
}

function contentSha256(given: string): Expectation {
  return {
    digest: createHash('sha256'),
    isMet: (value) => value.toString('hex') === given.toLowerCase(),
    refusal: new S3Error(
      400,
      'XAmzContentSHA256Mismatch',
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
    ),
  };
}
