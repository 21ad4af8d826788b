import type { WakeUp } from './job-queue.ts';
import type { Job, JobSummary } from './job.ts';

// The existing job that holds the dedup window of a submission's object.

/**
 * The job that holds a dedup window. Includes the payload and result only if the job was read individually, not together
 * with other jobs.
 */
export type FoundJob = JobSummary | Job;

/** The job that a submission found in its object's dedup window, and the submission's effect on the job. */
export interface HoldingJob {
  job: FoundJob;
  /** Whether this submission replaced the job's payload. A later submission may have replaced the payload again. */
  replaced: boolean;
  /** Whether the replacement was refused because the job has another type. */
  isOtherType: boolean;
  /** Seconds until a worker must be woken for the job, if the replacement made the job due sooner; otherwise null. */
  wakeAfterSeconds: number | null;
}

/**
 * Whether a debounced job's dedup window has ended. The window ends when the job starts, or when the job can no longer
 * start because it was canceled or has failed.
 */
export function hasEndedWindow({ debounced, status, start_time: startTime }: FoundJob): boolean {
  return debounced && (status !== 'created' || startTime !== null);
}

/** Returns the result of a submission that leaves the existing job unchanged. */
export function met(job: FoundJob): HoldingJob {
  return { job, replaced: false, isOtherType: false, wakeAfterSeconds: null };
}

export function metReplaced({ job, verdict, wakeInMs }: Replaced): HoldingJob {
  return {
    job,
    replaced: verdict === 'replaced',
    isOtherType: verdict === 'other_type',
    wakeAfterSeconds: wakeInMs === null ? null : Math.ceil(wakeInMs / 1000),
  };
}

/** The outcome of a replacement, with the current job. */
export interface Replaced {
  job: JobSummary;
  /** The id of the replacing submission. */
  submissionId: string;
  verdict: 'replaced' | 'started' | 'other_type';
  /**
   * Whether the same request had already made this replacement. A newer submission may have replaced the job since then.
   */
  isRepeated: boolean;
  /** Milliseconds until a worker must be woken for the job; null if no wake-up is needed. */
  wakeInMs: number | null;
}

/** Returns the wake-up for a replaced job, if the job needs one. */
export function wakeUpsOf(tenant: string, { job, wakeAfterSeconds }: HoldingJob): WakeUp[] {
  if (wakeAfterSeconds === null) return [];
  return [{ jobId: job.job_id, delaySeconds: wakeAfterSeconds, tenant, queue: job.queue, isSooner: true }];
}
