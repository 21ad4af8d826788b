import type { JobFiles } from './job-files.ts';
import type { Log } from './log.ts';

/** How a webhook is signed, and with which of its tenant's keys. */
export interface Signing {
  /** `callback` where Errand tells the outcome of a job, `webhook` where a client chose the body. */
  kind: 'callback' | 'webhook';
  /** The generations of the tenant's key that sign, newest first: two for as long as the one before signs too. */
  generations: number[];
}

/** What a handler gets besides its payload. */
export interface JobContext {
  readonly jobId: string;
  /** The tenant that owns the job. */
  readonly tenant: string;
  /** This attempt's number, from 1. With `jobId` it is the key of an idempotent side effect. */
  readonly attempt: number;
  /**
   * Fires when the job's timeout is exceeded, when a client cancels it, or when an error outside the handler's promise has failed the
   * attempt. A handler must stop then.
   */
  readonly signal: AbortSignal;
  /** Its lines carry the job's id. The last ones are kept with an attempt that fails. */
  readonly log: Log;
  readonly files: JobFiles;
  /** Only of a webhook. */
  readonly signing?: Signing;
  /**
   * Shows how far the job has come: a fraction from 0 to 1, and a note of up to 200 characters. As cheap as an assignment;
   * the last report is written at most every two seconds.
   */
  readonly progress: (fraction: number, note?: string) => void;
}
