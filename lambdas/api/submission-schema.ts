import * as z from 'zod/mini';
import { MAX_ATTEMPTS, MAX_DURATION } from '../job/definition.ts';
import { MAX_WINDOW_SECONDS } from '../job/dedup.ts';
import {
  jobTypeName,
  MAX_METADATA_BYTES,
  MAX_OBJECT_ID,
  metadataObject,
  objectIdText,
  tagList,
  WITHOUT_CONTROL,
} from '../job/job-fields.ts';
import { MAX_DELAY_SECONDS, type Json } from '../job/job.ts';
import { described, momentText } from './fields.ts';
import { flowFields } from './flow-schema.ts';

/** An object id. An integer and its decimal string, such as 1 and "1", identify the same object. */
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

export const onDuplicate = described(
  z.enum(['return', 'reject', 'replace'], 'must be "return", "reject" or "replace"'),
  !import.meta.bundled && {
    description:
      'The response to a duplicate. `return`: the first job. `reject`: 409. `replace`: the first job, with the duplicate’s payload and options unless the job has started.',
    default: 'return',
  },
);

const windowSeconds = z
  .number('must be a number of seconds')
  .check(
    z.int('must be a whole number of seconds'),
    z.minimum(1, 'must be at least 1'),
    z.maximum(MAX_WINDOW_SECONDS, `must be at most ${MAX_WINDOW_SECONDS}`),
  );

export const debounce = described(
  z
    .strictObject(
      {
        seconds: described(
          windowSeconds,
          !import.meta.bundled && {
            description: 'The job is due once its object has not been submitted for this many seconds.',
          },
        ),
        max_seconds: z.optional(
          described(
            windowSeconds,
            !import.meta.bundled && {
              description:
                'The maximum time from the first submission until the job is due, in seconds. Defaults to ten times `seconds`, at most 30 days.',
            },
          ),
        ),
      },
      'must be an object with seconds',
    )
    .check(
      z.refine(({ seconds, max_seconds: most = Infinity }) => most >= seconds, {
        path: ['max_seconds'],
        error: 'must be at least seconds',
      }),
    ),
  !import.meta.bundled && {
    description:
      'Delays the job until its object has not been submitted for `seconds`. Each submission before the start replaces the job’s payload, as with `on_duplicate: "replace"`, and delays the job again. The object’s dedup window ends when the job starts. Needs `object_id`.',
  },
);

export const tags = described(
  tagList,
  !import.meta.bundled && {
    description: 'Words to filter lists by.',
  },
);

export const metadata = described(
  metadataObject,
  !import.meta.bundled && {
    description: `Fields to filter lists by: a flat object of strings, numbers and booleans, at most ${MAX_METADATA_BYTES} bytes of JSON.`,
  },
);

/** The maximum timeout of a Lambda function, in seconds. The queue's own timeout may be shorter. */
const LONGEST_TIMEOUT = 900;

/** Creates the schema of a submission's body. */
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
                'Delays the job by this many whole seconds, at most a year. Can’t be combined with `run_at`.',
            },
          ),
        ),
        run_at: z.optional(
          described(
            momentText,
            !import.meta.bundled && {
              description: 'When to run the job, at most a year ahead. A time in the past means now.',
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
            !import.meta.bundled && {
              description: 'The maximum number of attempts. Defaults to the job type’s.',
            },
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
                'The timeout of one attempt, in seconds. Defaults to the timeout of the job’s queue, and can’t exceed it. The `default` queue’s timeout is the deployment’s JOB_TIMEOUT.',
            },
          ),
        ),
        max_duration_seconds: z.optional(
          described(
            z
              .number('must be a number of seconds')
              .check(
                z.int('must be a whole number of seconds'),
                z.minimum(1, 'must be at least 1'),
                z.maximum(MAX_DURATION, `must be at most ${MAX_DURATION}`),
              ),
            !import.meta.bundled && {
              description:
                'The maximum total duration of a job with steps, including its waits, in seconds from its first start. Defaults to the job type’s, which is a day unless the type sets its own.',
            },
          ),
        ),
        callback_url: z.optional(
          described(
            z.string('must be a URL'),
            !import.meta.bundled && {
              description: 'When the job ends, a `webhook` job sends the outcome to this URL.',
            },
          ),
        ),
        on_duplicate: z.optional(onDuplicate),
        dedup_seconds: z.optional(
          described(
            windowSeconds,
            !import.meta.bundled && {
              description:
                'The length of the dedup window that this submission opens, in seconds: at most 30 days, and less than the deployment’s RETENTION_DAYS. Defaults to the deployment’s DEDUP_WINDOW. Needs `object_id`.',
            },
          ),
        ),
        debounce: z.optional(debounce),
        tags: z.optional(tags),
        metadata: z.optional(metadata),
        ...flowFields,
      },
      'must be a JSON object',
    )
    .check(
      z.refine(({ delay_seconds: delay, run_at: runAt }) => delay === undefined || runAt === undefined, {
        path: ['run_at'],
        error: 'set either delay_seconds or run_at',
      }),
      z.refine(
        ({ debounce: given, delay_seconds: delay, run_at: runAt }) =>
          !given || (delay ?? runAt) === undefined,
        { path: ['debounce'], error: 'sets when the job is due: remove delay_seconds and run_at' },
      ),
      z.refine(
        ({ debounce: given, on_duplicate: mode }) => !given || mode === undefined || mode === 'replace',
        { path: ['on_duplicate'], error: 'must be "replace" with debounce, or left out' },
      ),
      z.refine(({ debounce: given, dedup_seconds: window }) => !given || window === undefined, {
        path: ['dedup_seconds'],
        error: 'must be left out with debounce, because the window then ends when the job starts',
      }),
      z.refine(({ debounce: given, object_id: objectId }) => !given || objectId !== undefined, {
        path: ['debounce'],
        error: 'needs object_id',
      }),
      z.refine(
        ({ dedup_seconds: window, object_id: objectId }) => window === undefined || objectId !== undefined,
        { path: ['dedup_seconds'], error: 'needs object_id' },
      ),
      z.refine(
        ({ on_duplicate: mode, object_id: objectId }) => mode !== 'replace' || objectId !== undefined,
        { path: ['on_duplicate'], error: '"replace" needs object_id' },
      ),
    );
}

export type SubmissionBody = z.output<ReturnType<typeof submissionSchema>>;
