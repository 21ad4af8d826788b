import { expect } from '@jest/globals';
import { PROBLEM_TITLES, PROBLEM_TYPE_PREFIX } from '../../lambdas/middleware/problem.ts';
import type { RawAnswer } from './raw-http.ts';

/** Strings that an error must not reveal: a stack trace, a file, SQL, an ARN, a host name, or a store's name. */
const LEAKS = [
  /\bat \S+ \(|\bat (async )?\S+:\d+:\d+/,
  /node_modules|file:\/\/|\/var\/task|\/tmp\/|\.(ts|mjs):\d+/,
  /\b(SELECT|INSERT INTO|UPDATE|DELETE FROM)\b.*\b(FROM|SET|VALUES|WHERE)\b/s,
  /arn:aws/,
  /127\.0\.0\.1|localhost|ECONN|EPIPE/,
  /postgres|dynamodb|rds-data|sqs\b/i,
];

/** The errors that API Gateway itself returns, by status. */
const OF_GATEWAY: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  413: 'Request Entity Too Large',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
};

/**
 * Fails unless the response is a success or a harmless error. A harmless error reveals no internals, and is a problem document, an API Gateway error,
 * or the HTTP server's empty response to invalid HTTP.
 *
 * @param sent the request, for the failure message
 */
export function expectHarmless(answer: RawAnswer, sent: string): void {
  const { status, headers, body } = answer;
  const seen = { sent: sent.slice(0, 500), status, body: body.slice(0, 500) };
  const fail = (why: string): void => {
    expect({ ...seen, why }).toBe('harmless');
  };
  if (status >= 500) fail('the service is at fault');
  if (status < 400) return;
  for (const leak of LEAKS) if (leak.test(body)) fail(`tells ${String(leak)}`);
  if (body === '' || body === '0\r\n\r\n') return;
  // An approval link responds with an HTML page.
  if (headers['content-type']?.startsWith('text/html') === true) return;
  const refusal = JSON.parse(body) as { type?: string; status?: number; message?: string };
  if (headers['content-type'] === 'application/problem+json') {
    const slug = refusal.type?.startsWith(PROBLEM_TYPE_PREFIX)
      ? refusal.type.slice(PROBLEM_TYPE_PREFIX.length)
      : '';
    if (!Object.hasOwn(PROBLEM_TITLES, slug)) fail('an unknown problem type');
    if (refusal.status !== status) fail('a different status in the problem document');
  } else if (refusal.message !== OF_GATEWAY[status])
    fail('neither a problem document nor an API Gateway error');
}
