import type * as z from 'zod';
import type { AuditEntry } from './audit.ts';
import type { Json } from './definition.ts';
import type { Metadata } from './job-fields.ts';
import type { ConcurrencyLimit, RateLimit } from './flow-control.ts';
import type { TraceContext } from './trace-context.ts';
import type { attempt, job, jobSummary, progress } from './job-schema.ts';

export type { Json };

/** The progress of a running attempt, as its handler reported it. */
export type Progress = z.output<typeof progress>;

/**
 * A job without its payload and result, as returned in lists. Times are in ISO 8601 and UTC. The fields have the same names
 * as in the API.
 */
export type JobSummary = z.output<typeof jobSummary>;

/** A job in the API's format. */
export type Job = z.output<typeof job>;

/** One attempt at a job. */
export type Attempt = z.output<typeof attempt>;

/** A new job, as a submission writes it. */
export interface NewJob {
  job_id: string;
  /**
   * The id of the submission that wrote the job. If the write's response is lost, the id shows whether this submission or
   * another one wrote the row.
   */
  submission_id: string;
  tenant: string;
  object_id: string | null;
  type: string;
  queue: string;
  payload: Json;
  max_attempts: number;
  timeout_seconds: number;
  /** Seconds from now until the job is due. */
  delay_seconds: number;
  callback: Callback | null;
  submitted_by: AuditEntry['actor'];
  trace?: TraceContext | undefined;
  /** @default - none */
  tags?: readonly string[] | undefined;
  /** @default - none */
  metadata?: Metadata | undefined;
  /** @default - no batch */
  batch_id?: string | null;
  /** Whether the job's dedup window ends when the job starts. @default false */
  debounced?: boolean;
  /** The priority, from 0 (most urgent) to 9 (least urgent). @default 5 */
  priority?: number | undefined;
  /** The maximum time from the first start to the end of a job with steps, in seconds. @default - a day */
  max_duration_seconds?: number | undefined;
  /** The parent's id, if this job is a child. @default - none */
  parent_job_id?: string | undefined;
  parent_step?: string | undefined;
  /** The index of the child's item in a `map`. */
  child_place?: number | undefined;
  /** Whether canceling the parent cancels this job. @default false */
  ends_with_parent?: boolean | undefined;
  concurrency?: ConcurrencyLimit | undefined;
  rate_limit?: RateLimit | undefined;
}

/** A submission that replaces the existing job `job_id`. */
export interface Replacement extends NewJob {
  /** Only for a debounce: the maximum time from the first submission until the job is due, in seconds. */
  max_seconds?: number;
  /**
   * Only for a debounce: the end of the dedup window, as recorded at the first submission, in ISO 8601. The job is due no
   * later than this time.
   */
  window_ends_at?: string;
}

/** The `webhook` job that reports another job's outcome. */
export interface Callback {
  job_id: string;
  url: string;
  max_attempts: number;
  timeout_seconds: number;
}

/**
 * The maximum size of a payload or a result, in bytes of JSON. One payload or result fits into a Data API response (1 MiB).
 */
export const MAX_DOCUMENT_BYTES = 256 * 1024;

/** The maximum delay of an SQS message and the maximum back-off, in seconds. */
export const MAX_QUEUE_DELAY_SECONDS = 900;

/** The maximum delay of a job, in seconds: a year. */
export const MAX_DELAY_SECONDS = 365 * 86_400;
