import type { IncomingHttpHeaders } from 'node:http';
import { S3Error } from './s3-error.ts';

/**
 * Checks If-Match and If-None-Match against what is there.
 * @param etag of the object, with its quotes; undefined if there is none
 * @returns whether a reader has this very object already: 304
 * @throws S3Error PreconditionFailed (412)
 */
export function isNotModified(headers: IncomingHttpHeaders, etag: string | undefined): boolean {
  const { 'if-match': match, 'if-none-match': noneMatch } = headers;
  if (match !== undefined && !matches(match, etag)) throw preconditionFailed('If-Match');
  return noneMatch !== undefined && matches(noneMatch, etag);
}

export function preconditionFailed(condition: string): S3Error {
  return new S3Error(
    412,
    'PreconditionFailed',
    'At least one of the pre-conditions you specified did not hold',
    { Condition: condition },
  );
}

function matches(header: string, etag: string | undefined): boolean {
  if (etag === undefined) return false;
  return header === '*' || header.split(',').some((given) => unquoted(given.trim()) === unquoted(etag));
}

function unquoted(etag: string): string {
  return etag.replace(/^"|"$/g, '');
}
