import type { AnySignals } from './definition-schemas.ts';
import type { JobFiles } from './job-files.ts';
import type { Log } from './log.ts';
import type { Step } from './steps/step.ts';
import type { SubmitOptions } from './submit-options.ts';

export type { SubmitOptions };

/** How a webhook is signed, and with which key of its tenant. */
export interface Signing {
  /** `callback` where Errand tells the outcome of a job, `webhook` where a client chose the body. */
  kind: 'callback' | 'webhook';
  /** The generations of the tenant's key that sign, newest first: two for as long as the one before signs too. */
  generations: number[];
}

export interface SubmittedByJob {
  jobId: string;
  /** Whether another submission of the same `objectId` made the job. */
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

/** What a handler gets besides its payload. `Signals` holds the payloads of the signals that the job type declares, by name. */
export interface JobContext<Signals = AnySignals> {
  readonly jobId: string;
  /** The tenant that owns the job. */
  readonly tenant: string;
  /** This attempt's number, from 1. With `jobId` it is the key of an idempotent side effect. */
  readonly attempt: number;
  /** When the attempt's time is over. `signal` fires then. */
  readonly deadline: Date;
  /**
   * Fires when the job's timeout is exceeded, when a client cancels it, or when an error outside the handler's promise has failed the
   * attempt. A handler must stop then.
   */
  readonly signal: AbortSignal;
  /** Its lines carry the job's id, and the last ones are kept with the job: `GET /v1/jobs/{job_id}/logs`. */
  readonly log: Log;
  /** What the handler prints with `console`, in a deployment. */
  readonly console?: Log;
  readonly files: JobFiles;
  /**
   * Submits another job of the same tenant. A later attempt that submits the same again makes no second job.
   *
   * @throws TypeError for a submission that can't be valid
   */
  readonly submit: SubmitFromJob;
  /** Runs the job in steps. Each is recorded, so that a later attempt repeats only what failed. */
  readonly step: Step<Signals>;
  /**
   * Keeps the state of a long loop: JSON of at most 256 KiB. Await each call. It is as cheap as an assignment, because the last state is
   * written at most every two seconds, and when the attempt fails. Near the end of the attempt's time, the job continues from this state in
   * another invocation.
   */
  readonly checkpoint: (state: unknown) => Promise<void>;
  /** The state of the last checkpoint of an earlier invocation. Undefined if there is none. */
  readonly state: unknown;
  /** Only of a webhook. */
  readonly signing?: Signing;
  /**
   * The attempt's place in a trace, as the header `traceparent` of W3C Trace Context: send it with your own calls. Undefined for a job
   * without a trace.
   */
  readonly traceparent?: string;
  /** The header `tracestate` that belongs to `traceparent`. */
  readonly tracestate?: string;
  /**
   * Shows how far the job has come: a fraction from 0 to 1, and a note of up to 200 characters. As cheap as an assignment;
   * the last report is written at most every two seconds.
   */
  readonly progress: (fraction: number, note?: string) => void;
}
