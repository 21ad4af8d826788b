import * as z from 'zod';
import { MAX_ATTEMPTS, MAX_DELAY_SECONDS, type Json } from '../job/job.ts';
import { JOB_STATUSES } from '../job/status.ts';

/** A text without the characters C0, DEL and C1. */
// eslint-disable-next-line no-control-regex -- they are what is looked for
const WITHOUT_CONTROL = /^[^\u0000-\u001f\u007f-\u009f]*$/;

/** The longest object_id, in characters. */
const MAX_OBJECT_ID = 256;

const objectIdText = z
  .string(`must be an integer or a string of 1 to ${MAX_OBJECT_ID} characters`)
  .min(1, 'must have at least 1 character')
  .max(MAX_OBJECT_ID, `must have at most ${MAX_OBJECT_ID} characters`)
  .regex(WITHOUT_CONTROL, 'must not contain control characters');

/** An integer is the same object as its decimal text: 1 and "1". */
const objectId = z
  .preprocess((value) => (Number.isSafeInteger(value) ? String(value) : value), objectIdText)
  .meta({
    oneOf: [
      { type: 'integer', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER },
      { type: 'string', minLength: 1, maxLength: MAX_OBJECT_ID, pattern: WITHOUT_CONTROL.source },
    ],
    description:
      'What the job is about. Within the dedup window a second submission of it gets the first one’s job. 1 and "1" are the same object.',
  });

const name = z
  .string('must be a string')
  .min(1, 'must have at least 1 character')
  .max(64, 'must have at most 64 characters')
  .regex(WITHOUT_CONTROL, 'must not contain control characters');

/** The body of `POST /v1/jobs`; `jobTimeout` is the deployment's JOB_TIMEOUT in seconds. */
export function submissionSchema(jobTimeout: number) {
  return z
    .strictObject(
      {
        object_id: objectId.optional(),
        type: name.meta({ description: 'The job type.', default: 'sleep' }).optional(),
        payload: z.custom<Json>().meta({ description: 'What the job type asks for.' }).optional(),
        delay_seconds: z
          .number('must be a number of seconds')
          .int('must be a whole number of seconds')
          .min(0, 'must be at least 0')
          .max(MAX_DELAY_SECONDS, `must be at most ${MAX_DELAY_SECONDS}`)
          .meta({
            description:
              'Whole seconds from now until the job is due, at most a year. Not together with `run_at`.',
          })
          .optional(),
        run_at: z.iso
          .datetime({
            offset: true,
            error: 'must be an ISO 8601 time with its offset, such as 2030-01-31T12:00:00Z',
          })
          .meta({
            description: 'When the job is due, at most a year ahead. A time that has passed is now.',
          })
          .optional(),
        max_attempts: z
          .number('must be a number')
          .int('must be a whole number')
          .min(1, 'must be at least 1')
          .max(MAX_ATTEMPTS, `must be at most ${MAX_ATTEMPTS}`)
          .meta({ description: 'How often the job is tried. The default is its type’s.' })
          .optional(),
        timeout_seconds: z
          .number('must be a number of seconds')
          .int('must be a whole number of seconds')
          .min(1, 'must be at least 1')
          .max(jobTimeout, `must be at most ${jobTimeout}, the deployment's JOB_TIMEOUT`)
          .meta({
            description:
              'How long one attempt may take. At most the deployment’s JOB_TIMEOUT, which is the default.',
          })
          .optional(),
        callback_url: z
          .string('must be a URL')
          .meta({ description: 'Is sent the outcome once the job has ended, as by a `webhook` job.' })
          .optional(),
        on_duplicate: z
          .enum(['return', 'reject'], 'must be "return" or "reject"')
          .meta({ description: 'Whether a duplicate gets the first job or 409.', default: 'return' })
          .optional(),
      },
      'must be a JSON object',
    )
    .refine(({ delay_seconds: delay, run_at: runAt }) => delay === undefined || runAt === undefined, {
      path: ['run_at'],
      error: 'give either delay_seconds or run_at',
    });
}

/** The most jobs of one batch. */
const MAX_BATCH = 100;

/** The body of `POST /v1/jobs/batch`. Each job is checked by itself, so that one that is wrong leaves the others alone. */
export const batchSchema = z.strictObject(
  {
    jobs: z
      .array(z.unknown(), 'must be an array of submissions')
      .min(1, 'must have at least 1 job')
      .max(MAX_BATCH, `must have at most ${MAX_BATCH} jobs`)
      .meta({ items: { $ref: '#/components/schemas/Submission' } }),
  },
  'must be a JSON object',
);

export type SubmissionBody = z.output<ReturnType<typeof submissionSchema>>;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The id of a job or of a message, as the database has it. */
export const idText = z
  .string()
  .regex(UUID, 'must be a UUID such as 0192f3a0-7c1e-7000-8000-000000000000')
  .transform((text) => text.toLowerCase());

export const jobIdSchema = z.strictObject({
  job_id: idText.meta({
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
  wait: z
    .string()
    .regex(NUMBER, WAIT_MESSAGE)
    .transform(Number)
    .refine((seconds) => seconds >= 0 && seconds <= MAX_WAIT_SECONDS, WAIT_MESSAGE)
    .meta({
      type: 'number',
      minimum: 0,
      maximum: MAX_WAIT_SECONDS,
      description: 'Seconds that the answer may be held back until the job has ended.',
    })
    .default(0),
});

/** An id's 16 bytes in base64url. */
const CURSOR = /^[A-Za-z0-9_-]{22}$/;

/** What every list takes: how many items a page has, and the cursor of the page before. */
export function pageFields(maxLimit: number) {
  const limitMessage = `must be a whole number from 1 to ${maxLimit}`;
  return {
    limit: z
      .string()
      .regex(/^\d{1,4}$/, limitMessage)
      .transform(Number)
      .refine((limit) => limit >= 1 && limit <= maxLimit, limitMessage)
      .meta({
        type: 'integer',
        minimum: 1,
        maximum: maxLimit,
        description: 'The most items of the page.',
      })
      .default(50),
    cursor: z
      .string()
      .regex(CURSOR, 'is not a cursor of this service; use next_cursor of the page before')
      .transform(decodeCursor)
      .meta({ type: 'string', description: '`next_cursor` of the page before.' })
      .optional(),
  };
}

/** The query of `GET /v1/jobs`. */
export const listQuerySchema = z.strictObject({
  status: z
    .enum(JOB_STATUSES, `must be one of ${JOB_STATUSES.join(', ')}`)
    .meta({ description: 'Only jobs in this state.' })
    .optional(),
  type: name.meta({ description: 'Only jobs of this type.' }).optional(),
  object_id: objectIdText.meta({ description: 'Only jobs about this object.' }).optional(),
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
  file: z.string().meta({ description: 'As the page names it.' }),
});
