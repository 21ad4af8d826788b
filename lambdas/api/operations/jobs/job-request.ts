import * as z from 'zod/mini';
import { described, idText } from '../../field-schemas.ts';

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

/** API Gateway gives up after 30 s; 5 s remain for a cold start and the reads around the wait. */
const MAX_WAIT_SECONDS = 25;
/** A number in JSON's syntax. */
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?$/i;
const WAIT_MESSAGE = `must be a number of seconds from 0 to ${MAX_WAIT_SECONDS}`;

/** The query of operations that can wait for the job's end. */
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
        description: 'How long to wait for the job to end before responding, in seconds.',
      },
    ),
    0,
  ),
});
