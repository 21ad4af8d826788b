import type { FlowOptions } from './flow-control.ts';

/** The options of a submission by a job. Priority and limits default to those of the job type; null removes a limit. */
export interface SubmitOptions extends FlowOptions {
  /**
   * Distinguishes the submissions of one job. Later attempts that submit with the same key get the same job.
   *
   * @default - the position among the attempt's calls; give a key if the position may differ between attempts
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
  /** The longest a job with steps may take in all, its waits included, in seconds: 1 second to a year. @default - the job type's */
  readonly maxDurationSeconds?: number;
}
