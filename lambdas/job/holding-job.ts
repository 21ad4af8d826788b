import type { WakeUp } from './job-queue.ts';
import type { Job, JobSummary } from './job.ts';

// The existing job that holds the dedup window of a submission's object.

/**
 * The job that holds a window. Includes the payload and result if only this job was read, but not if several jobs were read
 * together.
 */
export type FoundJob = JobSummary | Job;

/** The job that a submission found in its object's dedup window, and what the submission did to the job. */
export interface HoldingJob {
  job: FoundJob;
  /** Whether this submission replaced the job's payload. A later submission may have replaced the payload again. */
  replaced: boolean;
  /** Whether the replacement was refused because the job has another type. */
  isOtherType: boolean;
  /** Seconds until a worker must be woken, if the replacement made the job due sooner; otherwise null. */
  wakeAfterSeconds: number | null;
}

/**
 * Whether a debounced job's dedup window has ended. The window ends when the job starts, or when the job can no longer start.
 */
export function hasEndedWindow({ debounced, status, start_time: startTime }: FoundJob): boolean {
  return debounced && (status !== 'created' || startTime !== null);
}

/** The result for an existing job that the submission leaves unchanged. */
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
   * Whether the submission had already replaced the job, and this request only repeats the replacement. A newer submission
   * may have replaced the job since.
   */
  isRepeated: boolean;
  /** Milliseconds until a worker must be woken; null if no wake-up is needed. */
  wakeInMs: number | null;
}

/** The wake-up for a replaced job, if it needs one. */
export function wakeUpsOf(tenant: string, { job, wakeAfterSeconds }: HoldingJob): WakeUp[] {
  if (wakeAfterSeconds === null) return [];
  return [{ jobId: job.job_id, delaySeconds: wakeAfterSeconds, tenant, queue: job.queue, isSooner: true }];
}
