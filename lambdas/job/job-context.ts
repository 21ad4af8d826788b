import type { FlowOptions } from './flow-control.ts';
import type { JobFiles } from './job-files.ts';
import type { Log } from './log.ts';

/** How a webhook is signed, and with which key of its tenant. */
export interface Signing {
  /** `callback` where Errand tells the outcome of a job, `webhook` where a client chose the body. */
  kind: 'callback' | 'webhook';
  /** The generations of the tenant's key that sign, newest first: two for as long as the one before signs too. */
  generations: number[];
}

/** The options of a submission by a job. Priority and limits default to those of the job type; null removes a limit. */
export interface SubmitOptions extends FlowOptions {
  /**
   * Tells the submissions of one job apart: later attempts that submit with the same key get the same job.
   *
   * @default - the position of the call among those of its attempt: give a key if that may differ between attempts
   */
  readonly key?: string;
  /** Deduplicates the job within the dedup window, as in a submission over HTTP. */
  readonly objectId?: string;
  /**
   * The result of a duplicate. `return`: the first job. `reject`: an error. `replace`: the first job, with the duplicate's payload and
   * options unless the job has started.
   *
   * @default 'return'
   */
  readonly onDuplicate?: 'return' | 'reject' | 'replace';
  /** The length of the dedup window that the submission opens, in seconds: 1 second to 30 days. @default - the deployment's */
  readonly dedupSeconds?: number;
  /**
   * Delays the job until no submission of its `objectId` has arrived for `seconds` (1–900), at most until `maxSeconds` after the first submission.
   * Each submission before the start replaces the job's payload. The dedup window ends when the job starts.
   *
   * `maxSeconds` defaults to ten times `seconds`.
   */
  readonly debounce?: { readonly seconds: number; readonly maxSeconds?: number };
  /** 0–900. */
  readonly delaySeconds?: number;
  /** 1–20. @default - the job type's */
  readonly maxAttempts?: number;
  /** @default - the job type's */
  readonly timeoutSeconds?: number;
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

/** What a handler gets besides its payload. */
export interface JobContext {
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
