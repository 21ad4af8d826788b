import * as z from 'zod/mini';
import { readCron } from '../schedule-expression/cron.ts';
import { ExpressionError, requireZone } from '../schedule-expression/zone.ts';
import { readRate, cronRecurrence, nextTime, rateRecurrence } from '../schedule-expression/recurrence.ts';
import { InvalidRequestError } from '../job/errors.ts';
import type { ScheduleDefinition } from '../job/schedules/schedule.ts';
import { described, momentText } from './fields.ts';
import { laterJob } from './later-job.ts';
import { readLaterJob } from './read-later-job.ts';
import type { SubmissionRules } from './submission.ts';
import { validate } from './request.ts';

/**
 * The maximum payload of a schedule's job, in bytes. Payloads must be small, so that a page of schedules fits into one
 * Data API response.
 */
const MAX_PAYLOAD_BYTES = 8 * 1024;

/**
 * The maximum length of a cron expression, in characters. Practical expressions are much shorter.
 */
const MAX_EXPRESSION = 256;

/**
 * The range of times that Postgres and ISO 8601 both support: Postgres has no year 0, and ISO 8601 has no five-digit years.
 */
const MOMENTS = [Date.parse('0001-01-01T00:00:00Z'), Date.parse('9999-12-31T23:59:59.999Z')] as const;

/**
 * A time, converted to UTC with millisecond precision. With higher precision, Postgres could round the end of the year
 * 9999 up to the year 10000.
 */
const moment = z.pipe(
  z
    .pipe(
      momentText,
      z.transform((text: string) => Date.parse(text)),
    )
    .check(
      z.refine((time) => time >= MOMENTS[0] && time <= MOMENTS[1], 'must be in the years 1 to 9999 of UTC'),
    ),
  z.transform((time: number) => new Date(time).toISOString()),
);

/**
 * Creates the schema for a rate or cron expression, which `read` converts to AWS's spelling. If `read` throws an
 * ExpressionError, the expression is rejected with the error's message.
 */
function expression(read: (text: string) => string) {
  return z.pipe(
    z
      .string('must be a string')
      .check(z.maxLength(MAX_EXPRESSION, `must have at most ${MAX_EXPRESSION} characters`)),
    z.transform((text: string, context) => {
      try {
        return read(text);
      } catch (error) {
        if (!(error instanceof ExpressionError)) throw error;
        context.issues.push({ code: 'custom', message: error.message, input: text });
        return z.NEVER;
      }
    }),
  );
}

/** The body of `PUT /v1/schedules/{name}`. The `job` field is validated later, with the rules for submissions. */
export const definitionSchema = z
  .strictObject(
    {
      rate: z.optional(
        described(
          expression((text) => readRate(text).text),
          !import.meta.bundled && {
            description: 'A rate such as `2 minutes`, `1 hour` or `7 days`. Set either `rate` or `cron`.',
          },
        ),
      ),
      cron: z.optional(
        described(
          expression((text) => readCron(text).text),
          !import.meta.bundled && {
            description:
              'A cron expression in EventBridge Scheduler’s six fields, such as `0 9 ? * MON-FRI *`.',
          },
        ),
      ),
      timezone: z._default(
        described(
          expression((text) => {
            requireZone(text);
            return text;
          }),
          !import.meta.bundled && { description: 'The IANA time zone of `cron`.' },
        ),
        'UTC',
      ),
      start_at: z.optional(
        described(
          moment,
          !import.meta.bundled && { description: 'The schedule does not fire before this time.' },
        ),
      ),
      end_at: z.optional(
        described(
          moment,
          !import.meta.bundled && { description: 'The schedule does not fire after this time.' },
        ),
      ),
      overlap: z._default(
        described(
          z.enum(['skip', 'allow'], 'must be "skip" or "allow"'),
          !import.meta.bundled && {
            description: 'Whether to skip a firing while the previous job is waiting or running.',
          },
        ),
        'skip',
      ),
      state: z.optional(
        described(
          z.enum(['started', 'stopped'], 'must be "started" or "stopped"'),
          !import.meta.bundled && {
            description: 'Defaults to started for a new schedule, or to the current state of a replaced one.',
          },
        ),
      ),
      job: laterJob(MAX_PAYLOAD_BYTES),
    },
    'must be a JSON object',
  )
  .check(
    z.refine(({ rate, cron }) => (rate === undefined) !== (cron === undefined), {
      path: ['rate'],
      error: 'set either rate, such as "2 minutes", or cron, such as "0 9 ? * MON-FRI *"',
    }),
  );

/**
 * Validates the body of `PUT /v1/schedules/{name}`.
 *
 * @throws InvalidRequestError that names the field and, for an expression, the invalid part
 */
export function readDefinition(body: unknown, tenant: string, rules: SubmissionRules): ScheduleDefinition {
  const {
    job,
    rate = null,
    cron = null,
    start_at: startAt,
    end_at: endAt,
    state,
    ...rest
  } = validate(definitionSchema, body, 'body');
  const submission = readLaterJob('job', job, { tenant, actor: null }, rules);
  const bytes = bytesOf(submission.payload);
  if (bytes > MAX_PAYLOAD_BYTES) {
    throw refusal(
      'job.payload',
      `must have at most ${MAX_PAYLOAD_BYTES} bytes of JSON in a schedule; it has ${bytes}`,
    );
  }
  const { tags: ownTags = [], metadata: ownMetadata = {} } = submission;
  const allBytes = bytes + bytesOf(ownTags) + bytesOf(ownMetadata);
  if (allBytes > MAX_PAYLOAD_BYTES) {
    throw refusal(
      'job.metadata',
      `must have at most ${MAX_PAYLOAD_BYTES} bytes of JSON in a schedule, including the payload and the tags; they have ${allBytes}`,
    );
  }
  const definition: ScheduleDefinition = {
    ...rest,
    rate,
    cron,
    start_at: startAt ?? null,
    end_at: endAt ?? null,
    state: state ?? null,
    type: submission.type,
    payload: submission.payload,
    max_attempts: submission.maxAttempts,
    timeout_seconds: submission.timeoutSeconds,
    max_duration_seconds: submission.maxDurationSeconds,
    callback: submission.callback && {
      url: submission.callback.url,
      max_attempts: submission.callback.maxAttempts,
      timeout_seconds: submission.callback.timeoutSeconds,
    },
    tags: submission.tags ?? null,
    metadata: submission.metadata ?? null,
    flow: submission.flow,
  };
  requireFuture(definition, rules.now().getTime());
  return definition;
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/** Rejects a schedule that can never fire, which must be a mistake. */
function requireFuture(definition: ScheduleDefinition, now: number): void {
  const { rate, cron, timezone, start_at: startAt, end_at: endAt } = definition;
  const from = startAt === null ? now : Math.max(now, Date.parse(startAt));
  const until = endAt === null ? undefined : Date.parse(endAt);
  if (until !== undefined && until <= from)
    throw refusal('end_at', 'must be in the future, and after start_at');
  const recurrence = rate === null ? cronRecurrence(cron ?? '', timezone) : rateRecurrence(rate, from);
  if (nextTime(recurrence, now, { from }) === undefined)
    throw refusal('cron', 'has no firing times left, so the schedule would never fire');
  if (nextTime(recurrence, now, { from, until }) === undefined) {
    throw refusal('end_at', 'is before the first firing time, so the schedule would never fire');
  }
}

function refusal(field: string, message: string): InvalidRequestError {
  return new InvalidRequestError('body', [{ field, message }]);
}
