import * as z from 'zod';
import * as schemas from '../../../job/job-schema.ts';
import type { Attempt, Job, JobSummary } from '../../../job/job.ts';
import { concurrency, rateLimit } from '../../flow-schema.ts';
import { debounce, onDuplicate, submissionSchema } from '../../submission-schema.ts';
import { named, pageFields } from '../components.ts';

export const jobStatus = named('JobStatus', schemas.jobStatus);
named('Progress', schemas.progress);
named('ConcurrencyLimit', schemas.concurrencyLimit);
named('RateLimit', schemas.rateLimit);
export const jobSummary = named('JobSummary', schemas.jobSummary);
export const job = named('Job', schemas.job);

/** The fields that a submission's response contains in addition to the job's own fields. */
const submission = {
  deduplicated: z.boolean().meta({ description: 'Whether the job already existed.' }),
  replaced: z.boolean().meta({
    description:
      'Whether the submission replaced the job’s payload and options. If false with `on_duplicate: "replace"`, the job was new or had already started: see its `status`.',
  }),
  window_ends_at: schemas.moment.nullable().meta({
    description:
      'When the object’s dedup window ends. A debounced job’s window ends when the job starts, so for such a job this is its current `run_at`.',
  }),
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

export const bulkCount = named(
  'BulkCount',
  z.object({
    matched: z
      .int()
      .min(0)
      .meta({ description: 'The number of jobs that match the filter; a lower bound if `exact` is false.' }),
    exact: z.boolean().meta({ description: 'Whether `matched` is the exact number.' }),
  }),
);

export const attempt = named('Attempt', schemas.attempt);

export const attemptList = named('AttemptList', z.object({ job_id: schemas.uuid, items: z.array(attempt) }));

export const jobLog = named('JobLog', schemas.jobLog);

named('OnDuplicate', onDuplicate);
named('Debounce', debounce);
named('SubmittedConcurrencyLimit', concurrency);
named('SubmittedRateLimit', rateLimit);

/** document.ts replaces this schema with one schema per job type. */
export const submissionBody = named('Submission', submissionSchema());

export const summaryExample: JobSummary = {
  job_id: '0192f3a0-7c1e-7000-8000-000000000000',
  object_id: 'invoice-42',
  type: 'sleep',
  queue: 'default',
  status: 'success',
  attempt: 1,
  max_attempts: 3,
  timeout_seconds: 46,
  max_duration_seconds: 86_400,
  create_time: '2030-01-31T12:00:00.000Z',
  run_at: '2030-01-31T12:00:00.000Z',
  start_time: '2030-01-31T12:00:00.120Z',
  end_time: '2030-01-31T12:00:02.240Z',
  message: null,
  cancel_requested: false,
  progress: { fraction: 1, note: null },
  callback_job_id: null,
  debounced: false,
  trace_id: '4bf92f3577b34da6a3ce929d0e0e4736',
  parent_job_id: null,
  batch_id: null,
  tags: ['billing'],
  metadata: { customer: 'acme' },
  priority: 5,
  concurrency: { key: 'customer-7', limit: 2 },
  rate_limit: null,
  held_by: null,
};

export const jobPageExample = { items: [summaryExample], limit: 50, next_cursor: null };

export const jobExample: Job = {
  ...summaryExample,
  waiting_for: null,
  payload: { seconds: 2 },
  result: { slept: 2 },
};

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
  replaced: false,
  window_ends_at: '2030-01-31T12:05:00.000Z',
};

export const submittedExample = {
  ...submittedSummaryExample,
  waiting_for: null,
  payload: { seconds: 2 },
  result: null,
};

export const jobLogExample = {
  job_id: summaryExample.job_id,
  status: 'running',
  items: [
    {
      time: '2030-01-31T12:00:00.140Z',
      level: 'info',
      message: 'Resizing.',
      fields: { width: 800 },
      attempt: 1,
    },
  ],
  has_more: false,
  cursor: '1.0',
};

export const attemptExample: Attempt = {
  attempt: 1,
  start_time: '2030-01-31T12:00:00.120Z',
  end_time: '2030-01-31T12:00:02.240Z',
  outcome: 'failed',
  message: 'connect ECONNREFUSED 10.0.0.7:5432',
  stack: 'Error: connect ECONNREFUSED 10.0.0.7:5432\n    at loadImage (jobs/images.ts:12:9)',
  log: [{ time: '2030-01-31T12:00:00.140Z', level: 'info', message: 'Resizing.', fields: { width: 800 } }],
};
