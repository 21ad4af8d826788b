import type { BatchOfTenant } from './batches/wake-on-complete.ts';
import type { EndedJobsStore, FamilyOfEnded } from './ended-jobs.ts';
import type { Failure } from './failure.ts';
import type { Signing } from './job-context.ts';
import type { JobOfTenant, MadeRoom } from './job-queue.ts';
import type { Attempt, Json, Progress } from './job.ts';
import type { LogParts } from './log-buffer.ts';
import type { RecordedStep } from './steps/step-store.ts';
import type { TraceContext } from './trace-context.ts';
import type { JobStatus } from './status.ts';

/** The outcome of a worker's claim on one job. Durations are in milliseconds, measured from the response's arrival. */
export type Claim = Verdict & MadeRoom;

type Verdict =
  /**
   * If `runsAlone` is set, no other job may run in the same process at the same time. The job is a suspect: its last
   * attempt was lost, perhaps because the job crashed the process.
   */
  | { jobId: string; verdict: 'claimed'; job: ClaimedJob; runsAlone?: true; lost?: LostAttempt }
  /** The job is not due yet. */
  | { jobId: string; verdict: 'waiting'; dueInMs: number; lost?: LostAttempt }
  /**
   * The job is held by a pause or a full concurrency key, or its start time is in the far future. The job doesn't need a
   * message yet, because the function that wakes the job sends a message.
   */
  | { jobId: string; verdict: 'parked'; lost?: LostAttempt }
  /** A more urgent job of the same tenant and queue was claimed instead. That job's claim is in the same result. */
  | { jobId: string; verdict: 'yielded'; lost?: LostAttempt }
  /** The job was not claimed, because the same call of `claim` found a suspect, which must run alone. */
  | { jobId: string; verdict: 'putOff'; job: JobOfTenant }
  /** Another attempt holds an unexpired lease. */
  | { jobId: string; verdict: 'leased'; leaseEndsInMs: number }
  /**
   * The job has ended, either earlier or through this claim. A claim ends a job that was canceled, has no attempts left, or
   * has exceeded its maximum duration. If this claim ended the job, the job's callback must be sent, and its batch,
   * `endedIn`, may now be complete. The fields of {@link FamilyOfEnded} are set even if the job had already ended, because
   * the worker that ended the job may have crashed before waking the parent or canceling the children.
   */
  | ({
      jobId: string;
      verdict: 'finished';
      callback?: JobOfTenant;
      endedIn?: BatchOfTenant;
      lost?: LostAttempt;
    } & FamilyOfEnded)
  | { jobId: string; verdict: 'unknown' };

/** An attempt whose lease expired before its outcome was recorded. */
export interface LostAttempt {
  attempt: number;
  tenant: string;
  type: string;
  /** The job's current state. */
  status: 'created' | 'running' | 'failed' | 'canceled';
}

export interface ClaimedJob {
  jobId: string;
  tenant: string;
  type: string;
  queue: string;
  payload: Json;
  attempt: number;
  /** The fencing token. The worker's writes take effect only until a later claim raises this number. */
  fence: number;
  maxAttempts: number;
  timeoutSeconds: number;
  /** The time from the job's due time to its claim, in milliseconds; undefined if an earlier attempt was lost. */
  waitedMs?: number;
  /** How to sign the request. Set only for webhooks. */
  signing?: Signing;
  /** The job's trace context; undefined if the job has no trace. */
  trace?: TraceContext;
  /** The steps recorded by earlier invocations, in the order in which they were first recorded. */
  steps?: RecordedStep[];
  /** The number of the attempt's next log part; above 0 if the attempt was suspended. @default 0 */
  firstLogPart?: number;
}

/** A running attempt's heartbeat; `progress` is null if the handler has reported none since the last beat. */
export interface Beat {
  jobId: string;
  attempt: number;
  fence: number;
  progress: Progress | null;
  /** Log lines that may not have been written yet. */
  logs?: LogParts;
}

/** An attempt's outcome, as its worker records it. */
export interface AttemptResult {
  jobId: string;
  attempt: number;
  fence: number;
  /** The job's next state; `created` means that another attempt follows after `retryInMs`. */
  status: 'success' | 'failed' | 'canceled' | 'created';
  outcome: NonNullable<Attempt['outcome']> | 'suspended';
  message: string | null;
  result: Json;
  /** The handler's last progress report, if any. */
  progress: Progress | null;
  retryInMs: number;
  /** The failure's details. Set only if the attempt failed or exceeded its timeout. */
  failure?: Failure;
  logs?: LogParts;
  /**
   * Set only if the attempt is suspended. Another invocation continues the attempt as soon as one of these steps has ended.
   * If `steps` is empty, another invocation continues the attempt immediately.
   */
  continuation?: { steps: string[] };
}

/**
 * The job's stored state after its attempt's result was recorded. If the attempt was superseded, `recorded` is false and the
 * job is unchanged.
 */
export interface Recorded extends MadeRoom, FamilyOfEnded {
  jobId: string;
  recorded: boolean;
  status: JobStatus;
  /**
   * Whether the job is parked and doesn't need a message now: its suspension is longer than a message's maximum delay, or
   * a later claim parked the job.
   */
  isParked?: boolean;
  /** Milliseconds until the job is due, if it will run again. */
  dueInMs: number;
  /** Milliseconds from the job's submission to its end, if this result ended the job. */
  lifetimeMs?: number;
  /** The callback job that reports the job's outcome, if this result ended the job. */
  callbackJobId: string | null;
  /** The job's batch, if this result ended the job and the batch may now be complete. */
  batchId?: string;
}

/** The worker's store. Each call handles all of its jobs in one statement. */
export interface AttemptStore extends EndedJobsStore {
  /**
   * Claims every job that can run now. The lease lasts as long as the function can run. If a worker claims the same job
   * twice, both claims have the same result, so the worker can retry after a lost response.
   * @param worker identifies this invocation
   */
  claim(jobIds: readonly string[], worker: string, leaseMs: number): Promise<Claim[]>;
  /**
   * Writes the reports of running attempts. Returns the jobs whose attempts must stop, because a client canceled the job or
   * another attempt took over.
   */
  beat(beats: readonly Beat[]): Promise<{ jobId: string; reason: 'canceled' | 'superseded' }[]>;
  record(results: readonly AttemptResult[]): Promise<Recorded[]>;
}
