import type { RetryOptions } from './definition.ts';
import type { FieldError } from './errors.ts';
import type { FlowControl } from './flow-control.ts';

/** A job type of the user's jobs file, as far as the api knows it. */
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
  /** Every way in which a payload does not fit the type's JSON Schema, by its path in the payload. */
  check(payload: unknown): readonly FieldError[];
  /** The same for the payloads of the type's signals, by the signals' names. @default - every signal is accepted */
  readonly signals?: ReadonlyMap<string, (payload: unknown) => readonly FieldError[]>;
}

/** None: a stack with a jobs file deploys a generated module in place of this one (lib/jobs/job-types-module.ts). */
export const jobTypes: readonly UserJobType[] = [];
