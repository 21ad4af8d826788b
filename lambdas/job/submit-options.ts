import type { FlowOptions } from './flow-control.ts';

/** The options for submitting a job from another job. Priority and limits default to the job type's; null removes a limit. */
export interface SubmitOptions extends FlowOptions {
  /**
   * Distinguishes one job's submissions from each other. Later attempts that submit with the same key get the same job.
   *
   * @default - the call's position among the attempt's calls; set a key if the position may differ between attempts
   */
  readonly key?: string;
  /** Deduplicates the job within the dedup window, like a submission over HTTP. */
  readonly objectId?: string;
  /**
   * What a duplicate gets. `return`: the first job. `reject`: an error. `replace`: the first job, with the duplicate's
   * payload and options unless the job has started.
   *
   * @default 'return'
   */
  readonly onDuplicate?: 'return' | 'reject' | 'replace';
  /**
   * The length of the dedup window that this submission opens, in seconds: 1 second to 30 days. @default - the deployment's
   * dedup window
   */
  readonly dedupSeconds?: number;
  /**
   * Delays the job until its `objectId` has not been submitted for `seconds` (1–900), but no longer than `maxSeconds` after
   * the first submission. Each submission before the start replaces the job's payload. The dedup window ends when the job
   * starts.
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
  /**
   * The maximum total duration of a job with steps, including its waits, in seconds: 1 second to a year. @default - the job
   * type's
   */
  readonly maxDurationSeconds?: number;
}
