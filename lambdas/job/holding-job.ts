import type { WakeUp } from './job-queue.ts';
import type { Job, JobSummary } from './job.ts';

// The job that a submission meets under the key of its object.

/** The job that holds a window: whole if it was read alone, without payload and result if it was read with others. */
export type FoundJob = JobSummary | Job;

/** What a submission met under the key of its object. */
export interface HoldingJob {
  job: FoundJob;
  /** Whether the job has the payload of this submission, or of one that replaced it since. */
  replaced: boolean;
  /** Whether the submission was to replace a job of another type. */
  isOtherType: boolean;
  /** Seconds after which a worker must be woken, because the replacement made the job due sooner; null if none must. */
  wakeAfterSeconds: number | null;
}

/** Whether the job's window ends when the job starts, and the job has started or will never start. */
export function hasEndedWindow({ debounced, status, start_time: startTime }: FoundJob): boolean {
  return debounced && (status !== 'created' || startTime !== null);
}

/** A job that is there, and is not to be replaced. */
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

/** What became of a replacement, with the job as it is now. */
export interface Replaced {
  job: JobSummary;
  /** The submission that was to replace the job. */
  submissionId: string;
  verdict: 'replaced' | 'started' | 'other_type';
  /** Whether the submission had replaced the job before: a newer one may have replaced the job since. */
  isRepeated: boolean;
  /** Milliseconds after which a worker must be woken; null if none must. */
  wakeInMs: number | null;
}

/** The worker to be woken for a job that was replaced, if any. */
export function wakeUpsOf(tenant: string, { job, wakeAfterSeconds }: HoldingJob): WakeUp[] {
  if (wakeAfterSeconds === null) return [];
  return [{ jobId: job.job_id, delaySeconds: wakeAfterSeconds, tenant, queue: job.queue, isSooner: true }];
}
