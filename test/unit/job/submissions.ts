import type { Job, JobSummary } from '../../../lambdas/job/job.ts';
import type { Submission } from '../../../lambdas/job/submit.ts';

/** Returns the job without its payload or result. */
export function summaryOf(job: Job): JobSummary {
  const summary: Partial<Job> = { ...job };
  delete summary.payload;
  delete summary.result;
  return summary as JobSummary;
}

/** A submission. Tests override only the fields that matter to them. */
export const SUBMISSION: Submission = {
  tenant: 'default',
  objectId: 'object',
  type: 'sleep',
  queue: 'default',
  payload: {},
  delaySeconds: 0,
  maxAttempts: 2,
  timeoutSeconds: 46,
  onDuplicate: 'return',
  callback: null,
  submittedBy: 'key:0123456789abcdef',
};

/** A job that no worker has claimed yet. */
export const JOB: Job = {
  job_id: '',
  object_id: null,
  type: 'sleep',
  queue: 'default',
  status: 'created',
  attempt: 0,
  max_attempts: 2,
  timeout_seconds: 46,
  max_duration_seconds: 86_400,
  create_time: '2026-01-01T00:00:00.000Z',
  run_at: '2026-01-01T00:00:00.000Z',
  start_time: null,
  end_time: null,
  message: null,
  cancel_requested: false,
  progress: null,
  callback_job_id: null,
  debounced: false,
  trace_id: null,
  parent_job_id: null,
  batch_id: null,
  tags: [],
  metadata: {},
  priority: 5,
  concurrency: null,
  rate_limit: null,
  held_by: null,
  waiting_for: null,
  payload: {},
  result: null,
};
