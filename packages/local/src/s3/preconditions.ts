import type { IncomingHttpHeaders } from 'node:http';
import { S3Error } from './s3-error.ts';

/** The properties of an object that conditions are compared with. */
export interface Compared {
  /** The ETag with its quotes. */
  readonly etag: string;
  /** The time of the last change, in milliseconds since the epoch. */
  readonly modifiedAt: number;
}

/** A condition, named after its header. */
export type Condition = 'If-Match' | 'If-Unmodified-Since' | 'If-None-Match' | 'If-Modified-Since';

export interface ReadConditions {
  readonly headers: IncomingHttpHeaders;
  /** The prefix of the header names, such as `x-amz-copy-source-` in CopyObject. */
  readonly prefix?: string;
  /** The current time, in milliseconds since the epoch. */
  readonly now: number;
}

/**
 * Evaluates a read's conditions in the order of RFC 9110, section 13.2.2. A condition on the ETag has precedence over a condition on the date.
 * @returns the first condition that does not hold; undefined if all hold
 */
export function failedCondition(
  object: Compared,
  { headers, prefix = '', now }: ReadConditions,
): Condition | undefined {
  const valueOf = (condition: Condition): string | undefined =>
    headers[`${prefix}${condition.toLowerCase()}`]?.toString();
  const [match, noneMatch] = [valueOf('If-Match'), valueOf('If-None-Match')];
  if (match !== undefined) {
    if (!matches(match, object.etag)) return 'If-Match';
  } else if (object.modifiedAt >= secondAfter(valueOf('If-Unmodified-Since'))) {
    return 'If-Unmodified-Since';
  }
  if (noneMatch !== undefined) return matches(noneMatch, object.etag) ? 'If-None-Match' : undefined;
  const since = secondAfter(valueOf('If-Modified-Since'));
  // S3 ignores dates in the future.
  return object.modifiedAt < since && since <= now + 1000 ? 'If-Modified-Since' : undefined;
}

/**
 * Refuses conditions that S3 does not support for writes. Call this before reading the body.
 * @throws S3Error NotImplemented (501)
 */
export function checkWriteHeaders(headers: IncomingHttpHeaders): void {
  const { 'if-match': match, 'if-none-match': noneMatch } = headers;
  if (match !== undefined && noneMatch !== undefined) {
    throw unknownCondition(
      'If-Match,If-None-Match',
      'Multiple conditional request headers present in the request',
    );
  }
  if (match === '*') throw unknownCondition('If-Match', unaccepted('If-Match'));
  if (noneMatch !== undefined && noneMatch !== '*') {
    throw unknownCondition('If-None-Match', unaccepted('If-None-Match'));
  }
}

/**
 * Checks a write's conditions against the object that the write would replace.
 * @throws S3Error PreconditionFailed (412), or NoSuchKey (404) if If-Match finds no object
 */
export function checkWriteConditions(
  headers: IncomingHttpHeaders,
  { key, found }: { key: string; found: Compared | undefined },
): void {
  const { 'if-match': match, 'if-none-match': noneMatch } = headers;
  if (noneMatch !== undefined && found) throw preconditionFailed('If-None-Match');
  if (match === undefined) return;
  if (!found) throw new S3Error(404, 'NoSuchKey', 'The specified key does not exist.', { Key: key });
  if (!matches(match, found.etag)) throw preconditionFailed('If-Match');
}

export function preconditionFailed(condition: string): S3Error {
  return new S3Error(
    412,
    'PreconditionFailed',
    'At least one of the pre-conditions you specified did not hold',
    { Condition: condition },
  );
}

/** Whether a header lists the object's ETag, with or without quotes, or is `*`. */
export function matches(header: string, etag: string): boolean {
  return header === '*' || header.split(',').some((given) => unquoted(given.trim()) === unquoted(etag));
}

export function unquoted(etag: string): string {
  return etag.replace(/^"|"$/g, '');
}

/**
 * Returns the end of the second that contains a date, in milliseconds since the epoch. If there is no date, returns NaN, which makes every comparison
 * false.
 */
function secondAfter(date: string | undefined): number {
  return Date.parse(date ?? '') + 1000;
}

function unaccepted(header: string): string {
  return `We don't accept the provided value of ${header} header for this API`;
}

function unknownCondition(header: string, additionalMessage: string): S3Error {
  const message = 'A header you provided implies functionality that is not implemented';
  return new S3Error(501, 'NotImplemented', message, { Header: header, additionalMessage });
}
