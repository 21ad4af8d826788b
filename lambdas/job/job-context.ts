import type { AnySignals } from './definition-schemas.ts';
import type { JobFiles } from './job-files.ts';
import type { Log } from './log.ts';
import type { Step } from './steps/step.ts';
import type { SubmitOptions } from './submit-options.ts';

export type { SubmitOptions };

/** The kind of webhook to sign, and the generations of the tenant's key that sign it. */
export interface Signing {
  /** `callback` if Errand reports a job's outcome, `webhook` if a client chose the body. */
  kind: 'callback' | 'webhook';
  /**
   * The generations of the tenant's key that sign the webhook, newest first. After a rotation, there are two generations
   * until the previous key expires.
   */
  generations: number[];
}

export interface SubmittedByJob {
  jobId: string;
  /** Whether the job already existed, because another submission of the same `objectId` created it. */
  deduplicated: boolean;
  /** Whether this submission replaced the job's payload and options. */
  replaced: boolean;
}

/** Submits another job for the same tenant. */
export type SubmitFromJob = (
  type: string,
  payload: unknown,
  options?: SubmitOptions,
) => Promise<SubmittedByJob>;

/**
 * The context that a job's handler receives in addition to the payload. `Signals` maps the job type's declared signals to
 * their payloads.
 */
export interface JobContext<Signals = AnySignals> {
  readonly jobId: string;
  /** The tenant that owns the job. */
  readonly tenant: string;
  /** The number of this attempt, from 1. */
  readonly attempt: number;
  /** When the attempt times out. `signal` fires at this time. */
  readonly deadline: Date;
  /**
   * An abort signal for the handler, which must stop when the signal fires. The signal fires when the job exceeds its
   * timeout, when a client cancels the job, or when an error outside the handler's promise has failed the attempt.
   */
  readonly signal: AbortSignal;
  /**
   * Writes to the job's log. Each line contains the job's id. The last lines are stored with the job, and can be read with
   * `GET /v1/jobs/{job_id}/logs`.
   */
  readonly log: Log;
  /** The log for the handler's `console` output. Set only by a deployed worker. */
  readonly console?: Log;
  readonly files: JobFiles;
  /**
   * Submits another job for the same tenant. If a later attempt repeats the submission, the attempt gets the job that the
   * first attempt submitted.
   *
   * @throws TypeError for a submission that can't be valid
   */
  readonly submit: SubmitFromJob;
  /** Runs the job in steps. Each step's result is recorded, so a later attempt repeats only the steps that failed. */
  readonly step: Step<Signals>;
  /**
   * Saves the state of a long loop: at most 256 KiB of JSON. Await each call. Calls are cheap, because the latest state is
   * written at most once every two seconds, and when the attempt fails. If the attempt runs out of time, the job continues
   * from the saved state in another invocation.
   */
  readonly checkpoint: (state: unknown) => Promise<void>;
  /** The state of the last checkpoint that an earlier invocation saved; undefined if no checkpoint exists. */
  readonly state: unknown;
  /** How to sign the request. Set only for webhooks. */
  readonly signing?: Signing;
  /**
   * The attempt's trace context, as a W3C `traceparent` header. Send this header with your own calls to other services.
   * Undefined if the job has no trace.
   */
  readonly traceparent?: string;
  /** The `tracestate` header that belongs to `traceparent`. */
  readonly tracestate?: string;
  /**
   * Reports the job's progress: a fraction from 0 to 1, and a note of up to 200 characters. Calls are cheap, because the last
   * report is written at most once every two seconds.
   */
  readonly progress: (fraction: number, note?: string) => void;
}
