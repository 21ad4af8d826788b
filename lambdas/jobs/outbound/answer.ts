import { FinalError, RetryLaterError } from '../../job/errors.ts';
import type { Answer } from './post.ts';

/** The statuses below 500 after which a retry may succeed: Request Timeout, Too Early, Too Many Requests. */
const TRANSIENT = new Set([408, 425, 429]);

/** The maximum number of characters that an error quotes from a response body. */
const QUOTED = 200;

/**
 * Throws an error unless the response's status is 2xx.
 *
 * @throws RetryLaterError for a 5xx, 408, 425 or 429 with a valid Retry-After; Error for the same statuses without a valid
 * Retry-After; FinalError for all other statuses
 */
export function requireSuccess(answer: Answer, now: Date): void {
  const { status, headers } = answer;
  if (status >= 200 && status < 300) return;
  const message = describeAnswer(answer);
  if (status < 500 && !TRANSIENT.has(status)) throw new FinalError(message);
  const retryInMs = retryAfterMs(headers['retry-after'], now);
  if (retryInMs === undefined) throw new Error(message);
  throw new RetryLaterError(message, { afterSeconds: retryInMs / 1000 });
}

/** Describes a response in one line for an error message: the host, the status, and the start of the body. */
export function describeAnswer({ url, status, body }: Answer): string {
  const text = body
    .toString('utf8')
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  const quote = text.length > QUOTED ? `${text.slice(0, QUOTED)}…` : text;
  return `${url.host} responded with ${status}${quote === '' ? '' : `: ${quote}`}`;
}

/** The date format that senders must use (RFC 9110, 5.6.7). Dates in the two obsolete formats are ignored. */
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * Converts a `Retry-After` header to a delay in milliseconds. The header contains seconds or a date. The delay is 0 for a
 * date in the past, and undefined if the header is missing or invalid.
 */
export function retryAfterMs(header: string | undefined, now: Date): number | undefined {
  const text = header?.trim() ?? '';
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const date = HTTP_DATE.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now.getTime());
}
