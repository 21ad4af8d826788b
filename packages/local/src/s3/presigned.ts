import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { S3Error } from './s3-error.ts';
import { isSameSignature, readCredential, signatureOf } from './signature.ts';

/** A presigned URL's query parameters (https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html). */
export const PRESIGNED_PARAMETERS = [
  'X-Amz-Algorithm',
  'X-Amz-Credential',
  'X-Amz-Date',
  'X-Amz-Expires',
  'X-Amz-SignedHeaders',
  'X-Amz-Signature',
  'X-Amz-Security-Token',
  'X-Amz-Content-Sha256',
  'x-amz-checksum-mode',
];

/** The maximum validity: one week, in seconds. */
const MAX_EXPIRES = 604_800;

/**
 * Checks a presigned URL's signature and age. Does nothing for other requests.
 *
 * @throws S3Error with S3's error code
 */
export function checkPresignedUrl(
  { method = '', url = '/', headers }: IncomingMessage,
  { secretAccessKey, now }: { secretAccessKey: string; now: number },
): void {
  const [path = '/', search = ''] = url.split('?');
  const query = new URLSearchParams(search);
  const given = query.get('X-Amz-Signature');
  if (given === null) return;
  const scope = readCredential(query.get('X-Amz-Credential') ?? '');
  const date = query.get('X-Amz-Date') ?? '';
  const expires = Number(query.get('X-Amz-Expires'));
  const signedAt = readDate(date);
  if (!scope || signedAt === undefined || !(expires > 0 && expires <= MAX_EXPIRES)) {
    throw new S3Error(
      400,
      'AuthorizationQueryParametersError',
      'A presigned URL must have a valid X-Amz-Credential, X-Amz-Date and X-Amz-Expires.',
    );
  }
  if (now >= signedAt + expires * 1000) {
    throw new S3Error(403, 'AccessDenied', 'Request has expired', {
      'X-Amz-Expires': expires,
      ServerTime: new Date(now).toISOString(),
    });
  }
  const signedHeaders = (query.get('X-Amz-SignedHeaders') ?? '').split(';');
  const canonicalRequest = [
    method,
    path,
    canonicalQuery(query),
    ...signedHeaders.map((name) => `${name}:${String(headers[name] ?? '').trim()}`),
    '',
    signedHeaders.join(';'),
    'UNSIGNED-PAYLOAD',
  ].join('\n');
  const text = [
    'AWS4-HMAC-SHA256',
    date,
    `${scope.date}/${scope.region}/s3/aws4_request`,
    createHash('sha256').update(canonicalRequest).digest('hex'),
  ].join('\n');
  if (!isSameSignature(given, signatureOf(text, scope, secretAccessKey))) {
    throw new S3Error(
      403,
      'SignatureDoesNotMatch',
      'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
    );
  }
}

/** Parses a time such as `20261127T101500Z` into milliseconds since the epoch. */
function readDate(text: string): number | undefined {
  const [, ...parts] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text) ?? [];
  if (parts.length === 0) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

function canonicalQuery(query: URLSearchParams): string {
  return [...query]
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join('&');
}

/** Encodes a string as SigV4 does. SigV4 also escapes characters that `encodeURIComponent` does not. */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
