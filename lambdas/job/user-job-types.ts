import type { RetryOptions } from './definition.ts';
import type { FieldError } from './errors.ts';
import type { FlowControl } from './flow-control.ts';

/** The part of a user's job type that the API needs. */
export interface UserJobType {
  readonly name: string;
  readonly queue: string;
  readonly retry: Required<RetryOptions>;
  /** The timeout of an attempt. Undefined if the queue's timeout applies. */
  readonly timeoutSeconds?: number;
  /** The job's maximum total duration. Undefined for the default of one day. */
  readonly maxDurationSeconds?: number;
  /** @default - priority 5, no limits */
  readonly flow?: FlowControl;
  /** Validates a payload against the type's JSON Schema. Returns every error with its path. */
  check(payload: unknown): readonly FieldError[];
  /** Validators for the payloads of signals, by signal name. @default - every signal is accepted */
  readonly signals?: ReadonlyMap<string, (payload: unknown) => readonly FieldError[]>;
}

/**
 * The user's job types. The list is empty here, because a stack with a jobs file replaces this module with a generated one
 * (lib/jobs/job-types-module.ts).
 */
export const jobTypes: readonly UserJobType[] = [];
