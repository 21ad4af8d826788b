import type { FlowOptions } from './flow-control.ts';

/**
 * The options for submitting a job from another job. By default, the job type's priority and limits apply; null removes a
 * limit.
 */
export interface SubmitOptions extends FlowOptions {
  /**
   * A key that identifies this submission among all submissions by the same job. A later attempt that submits with the same
   * key gets the same job.
   *
   * @default - the call's number within the attempt; set a key if that number may differ between attempts
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
   * Debounces the job: it starts once `seconds` (1–900) have passed without another submission for its `objectId`, but at the
   * latest `maxSeconds` after the first submission. Each submission that arrives before the job starts replaces the job's
   * payload. The dedup window ends when the job starts.
   *
   * `maxSeconds` defaults to ten times `seconds`.
   */
  readonly debounce?: { readonly seconds: number; readonly maxSeconds?: number };
  /** The delay in seconds: 0–900. */
  readonly delaySeconds?: number;
  /** The maximum number of attempts: 1–20. @default - the job type's */
  readonly maxAttempts?: number;
  /** @default - the job type's */
  readonly timeoutSeconds?: number;
  /**
   * The maximum total duration of a job with steps, including its waits, in seconds: 1 second to a year. @default - the job
   * type's
   */
  readonly maxDurationSeconds?: number;
}
