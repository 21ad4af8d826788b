import { FinalError, RetryLaterError } from '../../job/errors.ts';
import type { Answer } from './post.ts';

/** Below 500, what another attempt may mend: Request Timeout, Too Early, Too Many Requests. */
const TRANSIENT = new Set([408, 425, 429]);

/** How much of the answer an error quotes, in characters: enough for a receiver's own message. */
const QUOTED = 200;

/**
 * Takes a 2xx for success and throws for the rest.
 *
 * @throws RetryLaterError where the receiver said when to come back; Error for any other 5xx, 408, 425 or 429; FinalError
 *   for what would be answered the same again
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

/** One line for an error: who answered what, with the beginning of the text. */
export function describeAnswer({ url, status, body }: Answer): string {
  const text = body
    .toString('utf8')
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  const quote = text.length > QUOTED ? `${text.slice(0, QUOTED)}…` : text;
  return `${url.host} answered ${status}${quote === '' ? '' : `: ${quote}`}`;
}

/** The one form of date that may be sent (RFC 9110, 5.6.7); the two older ones are read as no date. */
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * The milliseconds that a `Retry-After` header asks to wait: a number of seconds, or a date. A date that has passed is
 * now; undefined where the header is missing or neither.
 */
export function retryAfterMs(header: string | undefined, now: Date): number | undefined {
  const text = header?.trim() ?? '';
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const date = HTTP_DATE.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now.getTime());
}
