import type { Attempt, Job, JobSummary } from '../../job/job.ts';

const JOB_ID = '0192f3a0-7c1e-7000-8000-000000000000';

export const summaryExample: JobSummary = {
  job_id: JOB_ID,
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

/** What a problem document shows, beside its kind. */
export const problemExamples = {
  errors: [{ field: 'payload.seconds', message: 'Too big: expected number to be <=9000' }],
  job_id: JOB_ID,
  job_status: 'success',
  window_ends_at: '2030-01-31T12:05:00.000Z',
} as const;
