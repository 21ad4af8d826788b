import * as z from 'zod/mini';
import { MAX_WAIT_SECONDS, type Waited } from '../../../job/wait.ts';
import { described, idText } from '../../fields.ts';

export const jobIdSchema = z.strictObject({
  job_id: described(
    idText,
    !import.meta.bundled && {
      type: 'string',
      format: 'uuid',
      description: 'The job’s id, from the response to its submission.',
    },
  ),
});

/** Matches a number in JSON syntax. */
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?$/i;
const WAIT_MESSAGE = `must be a number of seconds from 0 to ${MAX_WAIT_SECONDS}`;

/** The query parameters of operations that can wait for a job to end. */
export const waitQuerySchema = z.strictObject({
  wait: z._default(
    described(
      z
        .pipe(z.string().check(z.regex(NUMBER, WAIT_MESSAGE)), z.transform(Number))
        .check(z.refine((seconds) => seconds >= 0 && seconds <= MAX_WAIT_SECONDS, WAIT_MESSAGE)),
      !import.meta.bundled && {
        type: 'number',
        minimum: 0,
        maximum: MAX_WAIT_SECONDS,
        description:
          'How long to wait for the end before responding, in seconds. If too many requests are waiting already, the response comes immediately, with `Retry-After`.',
      },
    ),
    0,
  ),
});

/** Returns the `retry-after` header for a client that was not allowed to wait. */
export function retryAfter({ retryAfterSeconds }: Waited<unknown>): Record<string, string> {
  return retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
}

/** Documents {@link retryAfter}. */
export const RETRY_AFTER_DOCS = {
  'Retry-After':
    'How many seconds to wait before asking again. Sent only if `wait` was refused, because the tenant, or all tenants together, had reached the limit on waiting requests.',
};
