import type { RetryOptions } from './definition.ts';
import type { FieldError } from './errors.ts';
import type { FlowControl } from './flow-control.ts';

/** The api's description of a job type in the user's jobs file. */
export interface UserJobType {
  readonly name: string;
  readonly queue: string;
  readonly retry: Required<RetryOptions>;
  /** Undefined for the timeout of the queue. */
  readonly timeoutSeconds?: number;
  /** Undefined for a day. */
  readonly maxDurationSeconds?: number;
  /** @default - priority 5, no limits */
  readonly flow?: FlowControl;
  /** Returns every error in a payload according to the type's JSON Schema, by its path in the payload. */
  check(payload: unknown): readonly FieldError[];
  /** The same for the type's signals, by signal name. @default - every signal is accepted */
  readonly signals?: ReadonlyMap<string, (payload: unknown) => readonly FieldError[]>;
}

/** Empty: a stack with a jobs file replaces this module by a generated one (lib/jobs/job-types-module.ts). */
export const jobTypes: readonly UserJobType[] = [];
