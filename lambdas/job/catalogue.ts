import type { JsonSchema } from './definition-schemas.ts';
import type { RetryOptions } from './definition.ts';
import type { FlowControl } from './flow-control.ts';

/** The job type that sends callbacks. Its name is reserved. The type always exists, even if clients can't submit it. */
export const CALLBACK_JOB_TYPE = 'webhook';

/**
 * The job type that `POST /v1/jobs/bulk` submits. Its name is reserved. The type always exists, and no other operation can
 * submit it.
 */
export const BULK_JOB_TYPE = 'bulk';

/** The job type of submissions that don't name a type. */
export const DEFAULT_JOB_TYPE = 'sleep';

/** A deployment's description of a job type, which is available without loading the type's code. */
export interface CatalogueEntry {
  readonly name: string;
  readonly queue: string;
  readonly retry: Required<RetryOptions>;
  /** The timeout of one attempt, in seconds. Null to use the queue's timeout. */
  readonly timeout_seconds: number | null;
  /** The maximum duration of the type's jobs, in seconds. @default - a day */
  readonly max_duration_seconds?: number;
  /** Whether jobs with steps stay on the worker version that they started on. */
  readonly pinned?: boolean;
  /**
   * Default priority and limits for the type's jobs. A limit's key may be a path into the payload. @default - priority 5, no
   * limits
   */
  readonly flow?: FlowControl;
  /** Whether the job runs in the user's own Lambda function instead of the worker. */
  readonly in_function?: boolean;
  /** The JSON Schema of the payload, as clients send it. */
  readonly payload: JsonSchema;
  /** The payload schemas of the type's signals, by signal name. @default - every signal is accepted */
  readonly signals?: Readonly<Record<string, JsonSchema>>;
}

/**
 * The job types in a user's jobs file. `cdk synth` writes this catalog, so that the API can validate and describe jobs
 * without loading the user's code.
 */
export interface Catalogue {
  /** The version of this format. */
  readonly version: 1;
  /** The job types, sorted by name. */
  readonly jobs: readonly CatalogueEntry[];
}
