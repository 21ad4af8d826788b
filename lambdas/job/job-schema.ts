import * as z from 'zod';
import type { Json } from './definition.ts';
import { JOB_STATUSES } from './status.ts';

// The shape of a job, described once: job.ts infers its types from these schemas, the API's document shows them, and a store
// test parses rows with them. Functions import only the types, so that their bundles do not contain these schemas.

export const moment = z.iso.datetime();
export const uuid = z.string().meta({ format: 'uuid' });
const count = z.int().min(0);

/** The reasons to hold a job. */
const HELD_BY = ['pause', 'concurrency', 'rate'] as const;

const limitKey = z.string().meta({ description: 'The submitted key, or its value in the payload.' });

export const concurrencyLimit = z.object({ key: limitKey, limit: z.int().min(1) });

export const rateLimit = z.object({
  key: limitKey,
  limit: z.int().min(1),
  per_seconds: z.int().min(1),
  burst: z.int().min(1),
});

/** Any JSON value. */
export const json = z.custom<Json>();

export const jobStatus = z.enum(JOB_STATUSES).meta({
  description:
    'created → running → success, failed or canceled. A created job waits for a worker, for its `run_at`, or for its next attempt.',
});

export const progress = z.object({ fraction: z.number().min(0).max(1), note: z.string().nullable() });

export const jobSummary = z.object({
  job_id: uuid,
  object_id: z
    .string()
    .nullable()
    .meta({ description: 'As a string; null for a job without deduplication.' }),
  type: z.string(),
  queue: z.string().meta({ description: 'The queue whose workers run the job.' }),
  status: jobStatus,
  attempt: count.meta({ description: 'The number of the current or last attempt; 0 before the first.' }),
  max_attempts: z.int().min(1),
  timeout_seconds: z.int().min(1),
  max_duration_seconds: z.int().min(1).meta({
    description: 'The longest time from the start of the first attempt to the end of a job with steps.',
  }),
  create_time: moment,
  run_at: moment.meta({
    description: 'The earliest start of the next attempt: after a delay, or the back-off before a retry.',
  }),
  start_time: moment.nullable().meta({ description: 'When the first attempt began.' }),
  end_time: moment.nullable().meta({ description: 'When the job reached its terminal state.' }),
  message: z.string().nullable().meta({ description: 'The last error.' }),
  cancel_requested: z.boolean().meta({ description: 'Whether a running attempt was asked to stop.' }),
  progress: progress.nullable(),
  callback_job_id: uuid.nullable().meta({ description: 'The `webhook` job that sends the outcome.' }),
  debounced: z.boolean().meta({
    description: 'Whether the dedup window of the job’s object ends when the job starts.',
  }),
  trace_id: z.string().nullable().meta({
    description: 'The trace of the submission, by W3C Trace Context; null without one.',
  }),
  parent_job_id: uuid
    .nullable()
    .meta({ description: 'The job that submitted this job as its child in a step.' }),
  batch_id: z.string().nullable().meta({ description: 'The batch that the job was submitted with.' }),
  tags: z.array(z.string()).meta({ description: 'The tags of the submission, or of the schedule.' }),
  metadata: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
    .meta({ description: 'The metadata of the submission, or of the schedule.' }),
  priority: z.int().min(0).max(9).meta({ description: '0 is most urgent, 9 least urgent.' }),
  concurrency: concurrencyLimit
    .nullable()
    .meta({ description: 'At most `limit` jobs with this key run at once; null for no limit.' }),
  rate_limit: rateLimit.nullable().meta({
    description:
      'At most `limit` jobs with this key start in `per_seconds`, in addition to a burst; null for no limit.',
  }),
  held_by: z.enum(HELD_BY).nullable().meta({
    description:
      'Why a due job does not start: a pause of its queue or job type, a full concurrency key, or a used-up rate limit. A rate limit sets `run_at` to the time when the job may start. Null for other jobs.',
  }),
});

const children = z.object({ ended: count, total: count });

const stepName = z
  .string()
  .meta({ description: 'The name of the step, with an index if the name was used before: `charge#2`.' });

/** A wait of a suspended job. */
export const stepWait = z.object({
  step: stepName,
  kind: z.enum(['sleep', 'signal', 'result', 'map', 'retry']).meta({
    description:
      'What the step waits for: a time, a signal, the result of a child, all children of a `map`, or its next try.',
  }),
  until: moment.meta({
    description:
      'When the wait ends at the latest: at its time or timeout, or when the maximum duration of the job is over.',
  }),
  signal: z.string().nullable().meta({ description: 'The name of the awaited signal.' }),
  child_job_id: uuid.nullable().meta({ description: 'The awaited child.' }),
  children: children.nullable().meta({ description: 'The awaited children of a `map`.' }),
});

/** A step in the list of a job's steps. */
export const listedStep = z.object({
  step: stepName,
  kind: z.enum(['run', 'sleep', 'signal', 'approval', 'submit', 'result', 'map', 'checkpoint']),
  status: z.enum(['waiting', 'success', 'failed']),
  failures: count.meta({ description: 'How many calls of the step’s function have failed.' }),
  start_time: moment.meta({ description: 'When the step began: its first call, or its wait.' }),
  end_time: moment.nullable(),
  due_time: moment.nullable().meta({
    description:
      'The end of a sleep, the timeout of a wait for a signal, the next try of a step, or the end of an approval link.',
  }),
  timed_out: z.boolean().meta({ description: 'Whether a wait for a signal ended with its timeout.' }),
  signal: z.string().nullable().meta({ description: 'The name of the awaited signal.' }),
  child_job_id: uuid.nullable().meta({ description: 'The submitted or awaited child.' }),
  message: z.string().nullable().meta({ description: 'The last error.' }),
  result: json.meta({ description: 'The recorded result; null if it is larger than 4 KiB.' }),
  result_bytes: count.nullable().meta({ description: 'The size of the recorded result in bytes of JSON.' }),
});

export const job = jobSummary.extend({
  waiting_for: z.array(stepWait).nullable().meta({
    description:
      'What a suspended job waits for: it continues after the first of these. Shows at most 20 steps. Null for any other job.',
  }),
  payload: json.meta({ description: 'As it was submitted.' }),
  result: json.meta({ description: 'What the job type returned; null until the job has succeeded.' }),
});

/** A line that a handler wrote to its log. */
export const logLine = z.object({
  time: moment,
  level: z.enum(['debug', 'info', 'warn', 'error']),
  message: z.string(),
  fields: z.record(z.string(), json),
});

export const jobLog = z.object({
  job_id: uuid,
  status: jobStatus.meta({
    description: 'The state of the job when its log was read: a job that has ended logs nothing more.',
  }),
  items: z.array(
    logLine.extend({ attempt: z.int().min(1).meta({ description: 'The attempt that logged the line.' }) }),
  ),
  has_more: z
    .boolean()
    .meta({ description: 'Whether further lines are there already: ask for them with `cursor`.' }),
  cursor: z.string().meta({
    description:
      'The place behind the last of these lines. Give it as `cursor` to get the lines after it, also those that are yet to come.',
  }),
});

export const attempt = z.object({
  attempt: z.int().min(1),
  start_time: moment,
  end_time: moment.nullable(),
  outcome: z.enum(['success', 'failed', 'canceled', 'timeout', 'lost', 'throttled']).nullable().meta({
    description:
      'null while the attempt runs; `lost`: its worker died; `throttled`: the function that runs the job had no capacity, or a `bulk` job ran out of time or room. The job got another attempt.',
  }),
  message: z.string().nullable(),
  stack: z.string().nullable().meta({
    description:
      'The stack of the error that a job of your jobs file threw, with its causes: up to 8 KiB. Null for other outcomes and for built-in jobs. Shown for the latest 20 attempts.',
  }),
  log: z.array(logLine).meta({
    description:
      'What a failed attempt logged last, oldest line first: up to 20 lines and 8 KiB. Shown for the latest 20 attempts.',
  }),
});
