import type { JobStatus } from '../../../lambdas/job/status.ts';

/** A row of `job_attempts`. Times are strings from Postgres. Equal strings mean equal times. */
export interface AttemptRow {
  attempt: number;
  worker: string;
  start_time: string;
  end_time: string | null;
  outcome: 'success' | 'failed' | 'canceled' | 'timeout' | 'lost' | 'throttled' | null;
}

/** A row of `job_steps`. */
export interface StepRow {
  step: string;
  kind: string;
  status: 'waiting' | 'success' | 'failed';
  due_at: string | null;
  timed_out: boolean;
  awaited: boolean;
  detail: { signal?: string; childJobId?: string; total?: number; version?: string };
  result: unknown;
}

/** A row of `job_signals`. */
export interface SignalRow {
  name: string;
  key: string;
  payload: unknown;
  taken_by: string | null;
}

/** A row of `jobs`, with its attempts, steps and signals. */
export interface JobRow {
  job_id: string;
  object_id: string | null;
  type: string;
  queue: string;
  /** The job whose outcome this job reports. */
  outcome_of: string | null;
  /** The submitter, for the audit log. */
  submitted_by: string | null;
  batch_id: string | null;
  status: JobStatus;
  attempt: number;
  max_attempts: number;
  run_at: string;
  create_time: string;
  debounced: boolean;
  resubmission_id: string | null;
  payload: { submission?: number; steps?: string };
  start_time: string | null;
  end_time: string | null;
  message: string | null;
  result: unknown;
  worker: string | null;
  lease_expires_at: string | null;
  wake_at: string | null;
  held_by: 'pause' | 'concurrency' | 'rate' | null;
  concurrency_key: string | null;
  concurrency_limit: number | null;
  rate_key: string | null;
  /** The fencing token, which every claim increases. */
  fence: number;
  continues: boolean;
  waits_for: 'time' | 'signal' | 'children' | null;
  expires_at: string | null;
  parent_job_id: string | null;
  parent_step: string | null;
  ends_with_parent: boolean;
  attempts: AttemptRow[];
  steps: StepRow[];
  signals: SignalRow[];
}

/** The pauses, and the limit of the model's only concurrency key. */
export interface FlowState {
  readonly pauses: readonly { kind: 'queue' | 'type'; name: string }[];
  readonly limits: readonly { max_running: number }[];
}

/** The history's totals. */
export interface HistorySums {
  accepted: number;
  resubmitted: number;
  succeeded: number;
  /** The number of failed or canceled jobs. */
  unsuccessful: number;
  started: number;
  failed: number;
  timeout: number;
  lost: number;
  throttled: number;
}

export const NO_HISTORY: HistorySums = {
  ...{ accepted: 0, resubmitted: 0, succeeded: 0, unsuccessful: 0 },
  ...{ started: 0, failed: 0, timeout: 0, lost: 0, throttled: 0 },
};

/** A row of `batches`. */
export interface BatchRow {
  batch_id: string;
  close_time: string | null;
  end_time: string | null;
  jobs: number;
  succeeded: number;
  failed: number;
  canceled: number;
  on_complete: { job_id: string } | null;
}

/** All stored data at one moment. */
export interface Rows {
  /** The firings handled so far. A skipped firing has no job. */
  firings: readonly { fire_time: string; job_id: string | null }[];
  jobs: ReadonlyMap<string, JobRow>;
  /** The submissions' payloads, in the order in which jobs received them. */
  payloads: readonly { job_id: string; submission: number }[];
  batches: readonly BatchRow[];
  /** Changes without an audit entry, and audit entries without a change. */
  unmatched: readonly string[];
  /** The job counts in `job_counts`, which triggers maintain. */
  counts: Partial<Record<JobStatus, number>>;
  history: HistorySums;
  flow: FlowState;
}
