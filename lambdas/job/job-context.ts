import type { AnySignals } from './definition-schemas.ts';
import type { JobFiles } from './job-files.ts';
import type { Log } from './log.ts';
import type { Step } from './steps/step.ts';
import type { SubmitOptions } from './submit-options.ts';

export type { SubmitOptions };

/** How a webhook is signed, and with which of its tenant's keys. */
export interface Signing {
  /** `callback` if Errand reports the outcome of a job, `webhook` if a client chose the body. */
  kind: 'callback' | 'webhook';
  /** The generations of the tenant's key that sign, newest first: two while the previous one still signs. */
  generations: number[];
}

export interface SubmittedByJob {
  jobId: string;
  /** Whether another submission of the same `objectId` had created the job. */
  deduplicated: boolean;
  /** Whether this submission replaced the job's payload and options. */
  replaced: boolean;
}

/** Submits a job of the same tenant. */
export type SubmitFromJob = (
  type: string,
  payload: unknown,
  options?: SubmitOptions,
) => Promise<SubmittedByJob>;

/** A handler's context, besides its payload. `Signals` maps the signals that the job type declares to their payloads. */
export interface JobContext<Signals = AnySignals> {
  readonly jobId: string;
  /** The tenant that owns the job. */
  readonly tenant: string;
  /** This attempt's number, from 1. Use it with `jobId` as the key of an idempotent side effect. */
  readonly attempt: number;
  /** When the attempt's time is up. `signal` fires then. */
  readonly deadline: Date;
  /**
   * Fires when the job's timeout is exceeded, when a client cancels it, or when an error outside the handler's promise has failed the
   * attempt. A handler must stop then.
   */
  readonly signal: AbortSignal;
  /** Each line contains the job's id, and the last lines are stored with the job: `GET /v1/jobs/{job_id}/logs`. */
  readonly log: Log;
  /** Receives the handler's `console` output, in a deployment. */
  readonly console?: Log;
  readonly files: JobFiles;
  /**
   * Submits another job of the same tenant. If a later attempt repeats the submission, no second job is created.
   *
   * @throws TypeError for a submission that can't be valid
   */
  readonly submit: SubmitFromJob;
  /** Runs the job in steps. Each step is recorded, so that a later attempt repeats only the steps that failed. */
  readonly step: Step<Signals>;
  /**
   * Saves the state of a long loop: JSON of at most 256 KiB. Await each call. A call is as cheap as an assignment, because the
   * last state is written at most every two seconds, and when the attempt fails. Near the end of the attempt's time, the job
   * continues from this state in another invocation.
   */
  readonly checkpoint: (state: unknown) => Promise<void>;
  /** The state of the last checkpoint of an earlier invocation. Undefined if there is none. */
  readonly state: unknown;
  /** Only for webhooks. */
  readonly signing?: Signing;
  /**
   * The attempt's place in a trace, in the format of W3C Trace Context's header `traceparent`: send it with your own calls.
   * Undefined for a job without a trace.
   */
  readonly traceparent?: string;
  /** The header `tracestate` that belongs to `traceparent`. */
  readonly tracestate?: string;
  /**
   * Reports the job's progress: a fraction from 0 to 1, and a note of up to 200 characters. A call is as cheap as an assignment;
   * the last report is written at most every two seconds.
   */
  readonly progress: (fraction: number, note?: string) => void;
}
