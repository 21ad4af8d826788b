import type { JobStatus } from './status.ts';

/** Any value that JSON can express. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** How far a running attempt has come, as its handler reported it. */
export interface Progress {
  /** 0 to 1. */
  fraction: number;
  note: string | null;
}

/** A job without its payload and result, as lists show it. Times are ISO 8601 in UTC; names are those of the API. */
export interface JobSummary {
  job_id: string;
  object_id: string | null;
  type: string;
  status: JobStatus;
  /** The attempt that runs or ran last; 0 before the first claim. */
  attempt: number;
  max_attempts: number;
  timeout_seconds: number;
  create_time: string;
  /** Not before this moment: a delay, or the back-off before a retry. */
  run_at: string;
  /** The first claim. */
  start_time: string | null;
  /** When the job reached its terminal state. */
  end_time: string | null;
  /** The last error, or that the timeout was exceeded. */
  message: string | null;
  /** A client asked to cancel; the running attempt stops within seconds. */
  cancel_requested: boolean;
  progress: Progress | null;
  /** The `webhook` job that tells this one's outcome to its `callback_url`; there once this one is terminal. */
  callback_job_id: string | null;
}

/** A job as the API shows it. */
export interface Job extends JobSummary {
  payload: Json;
  result: Json;
}

/** One attempt at a job. `outcome` is null while it runs. */
export interface Attempt {
  attempt: number;
  start_time: string;
  end_time: string | null;
  outcome: 'success' | 'failed' | 'canceled' | 'timeout' | 'lost' | null;
  message: string | null;
}

/** What a submission writes: a job that no worker has seen yet. */
export interface NewJob {
  job_id: string;
  /** Which submission wrote it: tells one's own row, whose answer was lost, from another submission's. */
  submission_id: string;
  tenant: string;
  object_id: string | null;
  type: string;
  payload: Json;
  max_attempts: number;
  timeout_seconds: number;
  /** Seconds from now until the job is due. */
  delay_seconds: number;
  callback: Callback | null;
}

/** The `webhook` job that is to tell a job's outcome. */
export interface Callback {
  job_id: string;
  url: string;
  max_attempts: number;
  timeout_seconds: number;
}

/** The largest payload or result of one job, in bytes of JSON. Each fits into one answer of the Data API (1 MiB). */
export const MAX_DOCUMENT_BYTES = 256 * 1024;

/** The longest that SQS can delay a message by, in seconds; also the longest back-off. */
export const MAX_QUEUE_DELAY_SECONDS = 900;

/** The longest delay of a job, in seconds: a year. */
export const MAX_DELAY_SECONDS = 365 * 86_400;

/** The largest `max_attempts` of a job. */
export const MAX_ATTEMPTS = 20;
