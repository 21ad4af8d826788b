import type { FlowOptions } from './flow-control.ts';

/**
 * The options for submitting a job from another job. Priority and limits default to those of the job type; null removes a
 * limit.
 */
export interface SubmitOptions extends FlowOptions {
  /**
   * Identifies this submission among the submissions of the same job. A later attempt that submits with the same key gets
   * the same job.
   *
   * @default - the number of the call within the attempt; set a key if the number may differ between attempts
   */
  readonly key?: string;
  /** Deduplicates the job within the dedup window, like the `object_id` of a submission over HTTP. */
  readonly objectId?: string;
  /**
   * How a duplicate is handled. `return` returns the first job. `reject` throws an error. `replace` returns the first job,
   * with the duplicate's payload and options if the job has not started.
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
   * Delays the job until `seconds` (1–900) have passed without another submission of its `objectId`, but at most until
   * `maxSeconds` after the first submission. Each submission before the start replaces the job's payload. The dedup window
   * ends when the job starts.
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
