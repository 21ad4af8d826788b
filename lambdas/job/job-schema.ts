import * as z from 'zod';
import type { Json } from './definition.ts';
import { JOB_STATUSES } from './status.ts';

// The single source of a job's fields. job.ts infers its types from these schemas, the OpenAPI document contains them, and a
// store test parses rows with them. Functions only import the types, so that their bundles don't contain the schemas.

export const moment = z.iso.datetime();
export const uuid = z.string().meta({ format: 'uuid' });
const count = z.int().min(0);

/** The reasons for holding a job. */
const HELD_BY = ['pause', 'concurrency', 'rate'] as const;

const limitKey = z.string().meta({ description: 'The key as submitted, or its value in the payload.' });

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
    'created → running → success, failed or canceled. A created job is waiting for a worker, for its `run_at`, or for its next attempt.',
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
    description: 'For a job with steps: the maximum time from the start of its first attempt to its end.',
  }),
  create_time: moment,
  run_at: moment.meta({
    description:
      'When the next attempt can start at the earliest: after the delay, or after the back-off before a retry.',
  }),
  start_time: moment.nullable().meta({ description: 'When the first attempt began.' }),
  end_time: moment.nullable().meta({ description: 'When the job reached its terminal state.' }),
  message: z.string().nullable().meta({ description: 'The last error.' }),
  cancel_requested: z.boolean().meta({ description: 'Whether a running attempt was asked to stop.' }),
  progress: progress.nullable(),
  callback_job_id: uuid.nullable().meta({ description: 'The `webhook` job that reports the outcome.' }),
  debounced: z.boolean().meta({
    description: 'Whether the dedup window ends when the job starts.',
  }),
  trace_id: z.string().nullable().meta({
    description: 'The submission’s trace (W3C Trace Context); null if there is none.',
  }),
  parent_job_id: uuid
    .nullable()
    .meta({ description: 'The parent, if a step of another job submitted this job.' }),
  batch_id: z.string().nullable().meta({ description: 'The batch that the job was submitted with.' }),
  tags: z.array(z.string()).meta({ description: 'The tags from the submission or schedule.' }),
  metadata: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
    .meta({ description: 'The metadata from the submission or schedule.' }),
  priority: z.int().min(0).max(9).meta({ description: '0 is most urgent, 9 least urgent.' }),
  concurrency: concurrencyLimit
    .nullable()
    .meta({ description: 'At most `limit` jobs with this key run at once; null for no limit.' }),
  rate_limit: rateLimit.nullable().meta({
    description:
      'At most `limit` jobs with this key start per `per_seconds`, in addition to a burst; null for no limit.',
  }),
  held_by: z.enum(HELD_BY).nullable().meta({
    description:
      'Why a due job does not start: its queue or job type is paused, its concurrency key is full, or its rate limit is used up. A rate limit also moves `run_at` to the time when the job may start. Null for other jobs.',
  }),
});

const children = z.object({ ended: count, total: count });

const stepName = z
  .string()
  .meta({ description: 'The step’s name, with an index if the name was used before: `charge#2`.' });

/** A wait that keeps a job suspended. */
export const stepWait = z.object({
  step: stepName,
  kind: z.enum(['sleep', 'signal', 'result', 'map', 'retry']).meta({
    description:
      'What the step is waiting for: a time, a signal, a child’s result, all children of a `map`, or its next try.',
  }),
  until: moment.meta({
    description:
      'When the wait ends at the latest: at its time or timeout, or when the job’s maximum duration has elapsed.',
  }),
  signal: z.string().nullable().meta({ description: 'The name of the awaited signal.' }),
  child_job_id: uuid.nullable().meta({ description: 'The awaited child.' }),
  children: children.nullable().meta({ description: 'The awaited children of a `map`.' }),
});

/** An entry in a job's list of steps. */
export const listedStep = z.object({
  step: stepName,
  kind: z.enum(['run', 'sleep', 'signal', 'approval', 'submit', 'result', 'map', 'checkpoint']),
  status: z.enum(['waiting', 'success', 'failed']),
  failures: count.meta({ description: 'The number of failed calls to the step’s function.' }),
  start_time: moment.meta({ description: 'When the step began: its first call, or its wait.' }),
  end_time: moment.nullable(),
  due_time: moment.nullable().meta({
    description:
      'When a sleep ends, a wait for a signal times out, a step is tried again, or an approval link expires.',
  }),
  timed_out: z.boolean().meta({ description: 'Whether a wait for a signal timed out.' }),
  signal: z.string().nullable().meta({ description: 'The name of the awaited signal.' }),
  child_job_id: uuid.nullable().meta({ description: 'The submitted or awaited child.' }),
  message: z.string().nullable().meta({ description: 'The last error.' }),
  result: json.meta({ description: 'The recorded result; null if it is larger than 4 KiB.' }),
  result_bytes: count.nullable().meta({ description: 'The size of the recorded result in bytes of JSON.' }),
});

export const job = jobSummary.extend({
  waiting_for: z.array(stepWait).nullable().meta({
    description:
      'What a suspended job is waiting for; it continues as soon as one of these ends. Shows at most 20 steps. Null for other jobs.',
  }),
  payload: json.meta({ description: 'The payload as submitted.' }),
  result: json.meta({ description: 'The job’s return value; null until the job has succeeded.' }),
});

/** A line that a handler logged. */
export const logLine = z.object({
  time: moment,
  level: z.enum(['debug', 'info', 'warn', 'error']),
  message: z.string(),
  fields: z.record(z.string(), json),
});

export const jobLog = z.object({
  job_id: uuid,
  status: jobStatus.meta({
    description: 'The job’s state when its log was read. Once a job has ended, nothing more is logged.',
  }),
  items: z.array(
    logLine.extend({ attempt: z.int().min(1).meta({ description: 'The attempt that logged the line.' }) }),
  ),
  has_more: z
    .boolean()
    .meta({ description: 'Whether more lines are already available; request them with `cursor`.' }),
  cursor: z.string().meta({
    description:
      'The position after the last of these lines. Pass it as `cursor` to get later lines, including lines not logged yet.',
  }),
});

export const attempt = z.object({
  attempt: z.int().min(1),
  start_time: moment,
  end_time: moment.nullable(),
  outcome: z.enum(['success', 'failed', 'canceled', 'timeout', 'lost', 'throttled']).nullable().meta({
    description:
      'null while the attempt runs; `lost`: its worker crashed; `throttled`: the function that runs the job had no capacity, or a `bulk` job ran out of time or reached the limit on unfinished jobs, so the job got another attempt.',
  }),
  message: z.string().nullable(),
  stack: z.string().nullable().meta({
    description:
      'The stack of the error thrown by a job in your jobs file, with its causes, up to 8 KiB. Null for other outcomes and for built-in jobs. Shown for the latest 20 attempts.',
  }),
  log: z.array(logLine).meta({
    description:
      'The last lines that a failed attempt logged, oldest first, up to 20 lines and 8 KiB. Shown for the latest 20 attempts.',
  }),
});
