import * as z from 'zod/mini';
import { MAX_ATTEMPTS } from '../job/definition.ts';
import { WITHOUT_CONTROL } from '../job/flow-control.ts';
import { MAX_DELAY_SECONDS, type Json } from '../job/job.ts';
import { described, momentText } from './fields.ts';
import { flowFields } from './flow-schema.ts';

/** The longest object_id, in characters. */
const MAX_OBJECT_ID = 256;

export const objectIdText = z
  .string(`must be an integer or a string of 1 to ${MAX_OBJECT_ID} characters`)
  .check(
    z.minLength(1, 'must have at least 1 character'),
    z.maxLength(MAX_OBJECT_ID, `must have at most ${MAX_OBJECT_ID} characters`),
    z.regex(WITHOUT_CONTROL, 'must not contain control characters'),
  );

/** An integer names the same object as its decimal string: 1 and "1". */
const objectId = described(
  z.pipe(
    z.transform((value: unknown) => (Number.isSafeInteger(value) ? String(value) : value)),
    objectIdText,
  ),
  !import.meta.bundled && {
    oneOf: [
      { type: 'integer', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER },
      { type: 'string', minLength: 1, maxLength: MAX_OBJECT_ID, pattern: WITHOUT_CONTROL.source },
    ],
    description:
      'Identifies what the job is about. A second submission with the same id within the dedup window gets the first one’s job. 1 and "1" are the same id.',
  },
);

export const jobTypeName = z
  .string('must be a string')
  .check(
    z.minLength(1, 'must have at least 1 character'),
    z.maxLength(64, 'must have at most 64 characters'),
    z.regex(WITHOUT_CONTROL, 'must not contain control characters'),
  );

export const onDuplicate = described(
  z.enum(['return', 'reject'], 'must be "return" or "reject"'),
  !import.meta.bundled && {
    description: 'What a duplicate gets: the first job, or 409.',
    default: 'return',
  },
);

/** The longest timeout of a Lambda function, in seconds. The job's queue may have a shorter one. */
const LONGEST_TIMEOUT = 900;

/** The body of a submission. */
export function submissionSchema() {
  return z
    .strictObject(
      {
        object_id: z.optional(objectId),
        type: z.optional(
          described(jobTypeName, !import.meta.bundled && { description: 'The job type.', default: 'sleep' }),
        ),
        payload: z.optional(
          described(z.custom<Json>(), !import.meta.bundled && { description: 'The job type’s input.' }),
        ),
        delay_seconds: z.optional(
          described(
            z
              .number('must be a number of seconds')
              .check(
                z.int('must be a whole number of seconds'),
                z.minimum(0, 'must be at least 0'),
                z.maximum(MAX_DELAY_SECONDS, `must be at most ${MAX_DELAY_SECONDS}`),
              ),
            !import.meta.bundled && {
              description:
                'Delay the job by this many whole seconds, at most a year. Not together with `run_at`.',
            },
          ),
        ),
        run_at: z.optional(
          described(
            momentText,
            !import.meta.bundled && {
              description: 'Run the job at this time, at most a year ahead. A past time means now.',
            },
          ),
        ),
        max_attempts: z.optional(
          described(
            z
              .number('must be a number')
              .check(
                z.int('must be a whole number'),
                z.minimum(1, 'must be at least 1'),
                z.maximum(MAX_ATTEMPTS, `must be at most ${MAX_ATTEMPTS}`),
              ),
            !import.meta.bundled && { description: 'The most attempts. Defaults to the job type’s.' },
          ),
        ),
        timeout_seconds: z.optional(
          described(
            z
              .number('must be a number of seconds')
              .check(
                z.int('must be a whole number of seconds'),
                z.minimum(1, 'must be at least 1'),
                z.maximum(LONGEST_TIMEOUT, `must be at most ${LONGEST_TIMEOUT}`),
              ),
            !import.meta.bundled && {
              description:
                'The time limit of one attempt. Defaults to the timeout of the job’s queue, and can’t exceed it. Of the queue `default` it is the deployment’s JOB_TIMEOUT.',
            },
          ),
        ),
        callback_url: z.optional(
          described(
            z.string('must be a URL'),
            !import.meta.bundled && {
              description: 'When the job has ended, a `webhook` job sends the outcome to this URL.',
            },
          ),
        ),
        on_duplicate: z.optional(onDuplicate),
        ...flowFields,
      },
      'must be a JSON object',
    )
    .check(
      z.refine(({ delay_seconds: delay, run_at: runAt }) => delay === undefined || runAt === undefined, {
        path: ['run_at'],
        error: 'give either delay_seconds or run_at',
      }),
    );
}

export type SubmissionBody = z.output<ReturnType<typeof submissionSchema>>;
