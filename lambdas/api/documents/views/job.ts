import * as z from 'zod';
import type { Attempt, Job, JobSummary, Json, Progress } from '../../../job/job.ts';
import { JOB_STATUSES } from '../../../job/status.ts';
import { submissionSchema } from '../../submission-schema.ts';
import { named, shapeOf, pageFields } from '../components.ts';

export const moment = z.iso.datetime();
export const uuid = z.string().meta({ format: 'uuid' });
const count = z.int().min(0);

/** Any JSON value. */
export const json = z.custom<Json>();

export const jobStatus = named(
  'JobStatus',
  z.enum(JOB_STATUSES).meta({
    description:
      'created → running → success, failed or canceled. A created job waits for a worker, for its `run_at`, or for its next attempt.',
  }),
);

export const progress = named(
  'Progress',
  shapeOf<Progress>()(z.object({ fraction: z.number().min(0).max(1), note: z.string().nullable() })),
);

export const jobSummary = named(
  'JobSummary',
  shapeOf<JobSummary>()(
    z.object({
      job_id: uuid,
      object_id: z
        .string()
        .nullable()
        .meta({ description: 'As a string; null for a job without deduplication.' }),
      type: z.string(),
      status: jobStatus,
      attempt: count.meta({ description: 'The number of the current or last attempt; 0 before the first.' }),
      max_attempts: z.int().min(1),
      timeout_seconds: z.int().min(1),
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
    }),
  ),
);

export const job = named(
  'Job',
  shapeOf<Job>()(
    jobSummary.extend({
      payload: json.meta({ description: 'As it was submitted.' }),
      result: json.meta({ description: 'What the job type returned; null until the job has succeeded.' }),
    }),
  ),
);

/** The fields that a submission's response adds to the job. */
const submission = {
  deduplicated: z.boolean().meta({ description: 'Whether the job was submitted before.' }),
  window_ends_at: moment.nullable().meta({ description: 'The end of the object’s dedup window.' }),
};

export const submittedJob = named('SubmittedJob', job.extend(submission));
export const submittedSummary = named('SubmittedSummary', jobSummary.extend(submission));

export const jobPage = named(
  'JobPage',
  z.object({
    items: z.array(jobSummary),
    ...pageFields,
  }),
);

export const attempt = named(
  'Attempt',
  shapeOf<Attempt>()(
    z.object({
      attempt: z.int().min(1),
      start_time: moment,
      end_time: moment.nullable(),
      outcome: z
        .enum(['success', 'failed', 'canceled', 'timeout', 'lost'])
        .nullable()
        .meta({ description: 'null while the attempt runs; `lost`: its worker died.' }),
      message: z.string().nullable(),
    }),
  ),
);

export const attemptList = named('AttemptList', z.object({ job_id: uuid, items: z.array(attempt) }));

/** The longest JOB_TIMEOUT that a deployment can have, in seconds: Lambda's limit. */
const LONGEST_JOB_TIMEOUT = 900;

/** document.ts adds the schemas of `payload`. */
export const submissionBody = named('Submission', submissionSchema(LONGEST_JOB_TIMEOUT));

export const summaryExample: JobSummary = {
  job_id: '0192f3a0-7c1e-7000-8000-000000000000',
  object_id: 'invoice-42',
  type: 'sleep',
  status: 'success',
  attempt: 1,
  max_attempts: 3,
  timeout_seconds: 46,
  create_time: '2030-01-31T12:00:00.000Z',
  run_at: '2030-01-31T12:00:00.000Z',
  start_time: '2030-01-31T12:00:00.120Z',
  end_time: '2030-01-31T12:00:02.240Z',
  message: null,
  cancel_requested: false,
  progress: { fraction: 1, note: null },
  callback_job_id: null,
};

export const jobExample: Job = { ...summaryExample, payload: { seconds: 2 }, result: { slept: 2 } };

const waiting = {
  status: 'created',
  attempt: 0,
  start_time: null,
  end_time: null,
  progress: null,
} as const;

export const submittedSummaryExample = {
  ...summaryExample,
  ...waiting,
  deduplicated: false,
  window_ends_at: '2030-01-31T12:05:00.000Z',
};

export const submittedExample = { ...submittedSummaryExample, payload: { seconds: 2 }, result: null };

export const attemptExample: Attempt = {
  attempt: 1,
  start_time: '2030-01-31T12:00:00.120Z',
  end_time: '2030-01-31T12:00:02.240Z',
  outcome: 'success',
  message: null,
};
