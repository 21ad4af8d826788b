import * as z from 'zod/mini';
import { MAX_ATTEMPTS, MAX_DELAY_SECONDS, type Json } from '../job/job.ts';
import { JOB_STATUSES } from '../job/status.ts';
import { described } from './described.ts';

/** A text without the characters C0, DEL and C1. */
// eslint-disable-next-line no-control-regex -- they are what is looked for
const WITHOUT_CONTROL = /^[^\u0000-\u001f\u007f-\u009f]*$/;

/** The longest object_id, in characters. */
const MAX_OBJECT_ID = 256;

const objectIdText = z
  .string(`must be an integer or a string of 1 to ${MAX_OBJECT_ID} characters`)
  .check(
    z.minLength(1, 'must have at least 1 character'),
    z.maxLength(MAX_OBJECT_ID, `must have at most ${MAX_OBJECT_ID} characters`),
    z.regex(WITHOUT_CONTROL, 'must not contain control characters'),
  );

/** An integer is the same object as its decimal text: 1 and "1". */
const objectId = described(
  z.pipe(
    z.transform((value: unknown) => (Number.isSafeInteger(value) ? String(value) : value)),
    objectIdText,
  ),
  {
    oneOf: [
      { type: 'integer', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER },
      { type: 'string', minLength: 1, maxLength: MAX_OBJECT_ID, pattern: WITHOUT_CONTROL.source },
    ],
    description:
      'What the job is about. Within the dedup window a second submission of it gets the first one’s job. 1 and "1" are the same object.',
  },
);

const name = z
  .string('must be a string')
  .check(
    z.minLength(1, 'must have at least 1 character'),
    z.maxLength(64, 'must have at most 64 characters'),
    z.regex(WITHOUT_CONTROL, 'must not contain control characters'),
  );

/** The body of `POST /v1/jobs`; `jobTimeout` is the deployment's JOB_TIMEOUT in seconds. */
export function submissionSchema(jobTimeout: number) {
  return z
    .strictObject(
      {
        object_id: z.optional(objectId),
        type: z.optional(described(name, { description: 'The job type.', default: 'sleep' })),
        payload: z.optional(described(z.custom<Json>(), { description: 'What the job type asks for.' })),
        delay_seconds: z.optional(
          described(
            z
              .number('must be a number of seconds')
              .check(
                z.int('must be a whole number of seconds'),
                z.minimum(0, 'must be at least 0'),
                z.maximum(MAX_DELAY_SECONDS, `must be at most ${MAX_DELAY_SECONDS}`),
              ),
            {
              description:
                'Whole seconds from now until the job is due, at most a year. Not together with `run_at`.',
            },
          ),
        ),
        run_at: z.optional(
          described(
            z.iso.datetime({
              offset: true,
              error: 'must be an ISO 8601 time with its offset, such as 2030-01-31T12:00:00Z',
            }),
            { description: 'When the job is due, at most a year ahead. A time that has passed is now.' },
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
            { description: 'How often the job is tried. The default is its type’s.' },
          ),
        ),
        timeout_seconds: z.optional(
          described(
            z
              .number('must be a number of seconds')
              .check(
                z.int('must be a whole number of seconds'),
                z.minimum(1, 'must be at least 1'),
                z.maximum(jobTimeout, `must be at most ${jobTimeout}, the deployment's JOB_TIMEOUT`),
              ),
            {
              description:
                'How long one attempt may take. At most the deployment’s JOB_TIMEOUT, which is the default.',
            },
          ),
        ),
        callback_url: z.optional(
          described(z.string('must be a URL'), {
            description: 'Is sent the outcome once the job has ended, as by a `webhook` job.',
          }),
        ),
        on_duplicate: z.optional(
          described(z.enum(['return', 'reject'], 'must be "return" or "reject"'), {
            description: 'Whether a duplicate gets the first job or 409.',
            default: 'return',
          }),
        ),
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

/** The most jobs of one batch. */
const MAX_BATCH = 100;

/** The body of `POST /v1/jobs/batch`. Each job is checked by itself, so that one that is wrong leaves the others alone. */
export const batchSchema = z.strictObject(
  {
    jobs: described(
      z
        .array(z.unknown(), 'must be an array of submissions')
        .check(
          z.minLength(1, 'must have at least 1 job'),
          z.maxLength(MAX_BATCH, `must have at most ${MAX_BATCH} jobs`),
        ),
      { items: { $ref: '#/components/schemas/Submission' } },
    ),
  },
  'must be a JSON object',
);

export type SubmissionBody = z.output<ReturnType<typeof submissionSchema>>;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The id of a job or of a message, as the database has it. */
export const idText = z.pipe(
  z.string().check(z.regex(UUID, 'must be a UUID such as 0192f3a0-7c1e-7000-8000-000000000000')),
  z.transform((text: string) => text.toLowerCase()),
);

export const jobIdSchema = z.strictObject({
  job_id: described(idText, {
    type: 'string',
    format: 'uuid',
    description: 'The id that the submission answered.',
  }),
});

/** API Gateway answers for us after 30 s; five are kept for a start from cold and the reads around the wait. */
const MAX_WAIT_SECONDS = 25;
/** A number as JSON writes it. */
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?$/i;
const WAIT_MESSAGE = `must be a number of seconds from 0 to ${MAX_WAIT_SECONDS}`;

/** The query of `POST /v1/jobs` and of `GET /v1/jobs/{job_id}`. */
export const waitQuerySchema = z.strictObject({
  wait: z._default(
    described(
      z
        .pipe(z.string().check(z.regex(NUMBER, WAIT_MESSAGE)), z.transform(Number))
        .check(z.refine((seconds) => seconds >= 0 && seconds <= MAX_WAIT_SECONDS, WAIT_MESSAGE)),
      {
        type: 'number',
        minimum: 0,
        maximum: MAX_WAIT_SECONDS,
        description: 'Seconds that the answer may be held back until the job has ended.',
      },
    ),
    0,
  ),
});

/** An id's 16 bytes in base64url. */
const CURSOR = /^[A-Za-z0-9_-]{22}$/;

/** What every list takes: how many items a page has, and the cursor of the page before. */
export function pageFields(maxLimit: number) {
  const limitMessage = `must be a whole number from 1 to ${maxLimit}`;
  return {
    limit: z._default(
      described(
        z
          .pipe(z.string().check(z.regex(/^\d{1,4}$/, limitMessage)), z.transform(Number))
          .check(z.refine((limit) => limit >= 1 && limit <= maxLimit, limitMessage)),
        {
          type: 'integer',
          minimum: 1,
          maximum: maxLimit,
          description: 'The most items of the page.',
        },
      ),
      50,
    ),
    cursor: z.optional(
      described(
        z.pipe(
          z
            .string()
            .check(z.regex(CURSOR, 'is not a cursor of this service; use next_cursor of the page before')),
          z.transform(decodeCursor),
        ),
        { type: 'string', description: '`next_cursor` of the page before.' },
      ),
    ),
  };
}

/** The query of `GET /v1/jobs`. */
export const listQuerySchema = z.strictObject({
  status: z.optional(
    described(z.enum(JOB_STATUSES, `must be one of ${JOB_STATUSES.join(', ')}`), {
      description: 'Only jobs in this state.',
    }),
  ),
  type: z.optional(described(name, { description: 'Only jobs of this type.' })),
  object_id: z.optional(described(objectIdText, { description: 'Only jobs about this object.' })),
  ...pageFields(200),
});

/** The cursor of the page after the one that ends with this id. Opaque to clients. */
export function encodeCursor(id: string): string {
  return Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url');
}

function decodeCursor(cursor: string): string {
  const hex = Buffer.from(cursor, 'base64url').toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

export const docsFileSchema = z.strictObject({
  file: described(z.string(), { description: 'As the page names it.' }),
});
