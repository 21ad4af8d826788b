import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { AnySignals } from '../definition-schemas.ts';
import type { RetryOptions } from '../retry-options.ts';
import type { SubmitOptions } from '../submit-options.ts';

/** A number of seconds, or a string with a unit: `'30s'`, `'15m'`, `'2h'`, `'3d'`, `'2w'`. At most a year. */
export type Duration = number | `${number}${'s' | 'm' | 'h' | 'd' | 'w'}`;

/** The argument that `step.run` passes to its function. */
export interface StepRunContext {
  /**
   * A key that stays the same for every call to this step's function. Pass the key to external APIs as their idempotency key.
   */
  readonly idempotencyKey: string;
  /** How many times the step's function has been called, including this call. */
  readonly attempt: number;
  /** Fires when the step or the job times out, or when the job is canceled. */
  readonly signal: AbortSignal;
}

export interface StepRunOptions {
  /** When to call the step's function again after an error. @default - the job's `retry` */
  readonly retry?: RetryOptions;
  /** The timeout of each call to the function, in seconds. @default - the time left in the invocation */
  readonly timeoutSeconds?: number;
}

/** The value that `step.waitForSignal` returns: the signal's payload, or the timeout. */
export type ReceivedSignal<Payload> =
  | { readonly timedOut: false; readonly payload: Payload }
  | { readonly timedOut: true; readonly payload?: undefined };

export interface WaitForSignalOptions<Payload> {
  /** @default - until the job's `maxDurationSeconds` */
  readonly timeout?: Duration;
  /**
   * Validates and types the payload. A payload that does not match this schema fails the job. @default - only the API
   * validates the payload, if the job type declares the signal
   */
  readonly schema?: StandardSchemaV1<unknown, Payload>;
}

/**
 * The types of `step.waitForSignal`. The types use method syntax, so that a `Step` with declared signals can be passed to a
 * function that accepts any `Step`.
 */
interface SignalWaits<Signals> {
  any<Payload = unknown>(
    name: string,
    options?: WaitForSignalOptions<Payload>,
  ): Promise<ReceivedSignal<Payload>>;
  declared<Name extends keyof Signals & string, Payload = Signals[Name]>(
    name: Name,
    options?: WaitForSignalOptions<Payload>,
  ): Promise<ReceivedSignal<Payload>>;
}

export interface ApprovalOptions {
  /** The question on the page, as plain text of 1 to 1,000 characters. */
  readonly question: string;
  /** How long the link stays valid. @default '3d' */
  readonly timeout?: Duration;
}

/** The payload of the signal that an approval link sends. */
export interface Approval {
  readonly approved: boolean;
}

export interface ChildOptions extends Omit<SubmitOptions, 'key'> {
  /** Whether canceling this job also cancels the child. @default true */
  readonly cancelWithParent?: boolean;
}

/** A child job. Pass it to `step.result` to wait for the child's result. */
export interface Child {
  readonly jobId: string;
  /** The step that submitted the child. */
  readonly step: string;
}

export interface MapOptions extends Pick<
  ChildOptions,
  'cancelWithParent' | 'priority' | 'maxAttempts' | 'timeoutSeconds' | 'maxDurationSeconds'
> {
  /**
   * The maximum number of children that run at once. This limit replaces the concurrency key of the child's job type.
   * @default - no limit
   */
  readonly concurrency?: number;
}

/**
 * A job's steps. Each step has a name. Once a step's result is recorded, every run of the handler gets that result instead of
 * running the step again. If the handler uses the same name twice in a run, the second step is named `name#2`.
 *
 * `Signals` maps the job type's declared signals to their payloads.
 */
export interface Step<Signals = AnySignals> {
  /**
   * Calls `fn` and records its result: at most 256 KiB of JSON.
   *
   * @throws StepError if the step's last attempt fails; the error fails the job unless you catch it
   */
  run<Result>(
    name: string,
    fn: (context: StepRunContext) => Promise<Result> | Result,
    options?: StepRunOptions,
  ): Promise<Result>;
  /** Parks the job until the duration has elapsed. While the job is parked, no function runs and nothing is polled. */
  sleep(name: string, duration: Duration): Promise<void>;
  /** Parks the job until a given time, at most a year from now. Continues immediately if the time has already passed. */
  sleepUntil(name: string, moment: Date | string): Promise<void>;
  /**
   * Parks the job until a client calls `POST /v1/jobs/{job_id}/signals/{name}` to send a signal with this name. If that signal
   * has already arrived, the job continues immediately. If the job type declares its signals, other names don't
   * compile, and the payload has the declared type.
   */
  readonly waitForSignal: SignalWaits<Signals>[string extends keyof Signals ? 'any' : 'declared'];
  /**
   * Creates a link to a page that shows `options.question` and two buttons. The link needs no credentials, and can be used once
   * before it expires. The buttons send a signal with the step's name, and with an {@link Approval} as the payload. Wait for
   * that signal with `waitForSignal`.
   */
  approvalLink(name: string, options: ApprovalOptions): Promise<string>;
  /** Submits a child job, exactly once. */
  submit(name: string, type: string, payload: unknown, options?: ChildOptions): Promise<Child>;
  /**
   * Parks the job until a child has ended, and returns the child's result.
   *
   * @throws ChildJobError if the child failed or was canceled
   */
  result<Result = unknown>(child: Child): Promise<Result>;
  /**
   * Submits a child for each item (at most 10,000), parks the job until all children have ended, and returns the children's
   * results in the items' order.
   *
   * @throws ChildJobError if any child failed or was canceled; thrown after all children have ended
   */
  map<Result = unknown>(
    name: string,
    items: readonly unknown[],
    type: string,
    options?: MapOptions,
  ): Promise<Result[]>;
}
