import type { JsonSchema } from './definition-schemas.ts';
import type { RetryOptions } from './definition.ts';
import type { FlowControl } from './flow-control.ts';

/** The job type that sends callbacks. It always exists, even if clients can't submit it, and its name is reserved. */
export const CALLBACK_JOB_TYPE = 'webhook';

/** The job type of `POST /v1/jobs/bulk`. It always exists, only that operation submits it, and its name is reserved. */
export const BULK_JOB_TYPE = 'bulk';

/** The type of a submission without a type. */
export const DEFAULT_JOB_TYPE = 'sleep';

/** A deployment's description of a job type, which it can read without loading the type's code. */
export interface CatalogueEntry {
  readonly name: string;
  readonly queue: string;
  readonly retry: Required<RetryOptions>;
  /** Null for the timeout of the queue. */
  readonly timeout_seconds: number | null;
  /** The maximum duration of the type's jobs, in seconds. @default - a day */
  readonly max_duration_seconds?: number;
  /** Whether jobs with steps continue in the version of the worker that they began in. */
  readonly pinned?: boolean;
  /** The defaults of the type's jobs. Keys may be paths into the payload. @default - priority 5, no limits */
  readonly flow?: FlowControl;
  /** Whether the job runs in the user's own Lambda function instead of the worker. */
  readonly in_function?: boolean;
  /** The JSON Schema of the payload as clients send it. */
  readonly payload: JsonSchema;
  /** The payloads of the type's signals, by the signals' names. @default - every signal is accepted */
  readonly signals?: Readonly<Record<string, JsonSchema>>;
}

/**
 * The job types of a user's jobs file. Written at synth, so that the api can validate and describe jobs without loading
 * the user's code.
 */
export interface Catalogue {
  /** The version of this format. */
  readonly version: 1;
  /** Sorted by name. */
  readonly jobs: readonly CatalogueEntry[];
}
