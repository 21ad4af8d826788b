import type { StandardSchemaV1 } from '@standard-schema/spec';
import {
  invalidSignal,
  isStandardSchema,
  type AwaitedSignals,
  type JsonSchema,
  type NoSignals,
  type PayloadSchema,
  type SignalPayloads,
  type SignalSchemas,
  type ToJsonSchema,
} from './definition-schemas.ts';
import { flowOf, invalidOption, type FlowControl, type FlowOptions } from './flow-control.ts';
import type { JobContext } from './job-context.ts';
import type { RetryOptions } from './retry-options.ts';

export type { RetryOptions };

/** Which version of the code continues a job with steps after a deployment. */
export type Versioning = 'latest' | 'pinned';

/** Any value that JSON can express. */
export type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

/**
 * Marks a job definition. The symbol is in the global registry, because a user's bundle and Errand's worker each contain a copy
 * of this module: `instanceof` would not recognize a definition made by the other copy.
 */
const DEFINITION = Symbol.for('errand.job-definition');

/** The payload that a client submits. */
type Input<Schema extends PayloadSchema> = StandardSchemaV1.InferInput<Schema>;

/** The payload that `run` receives, with the schema's defaults and transforms applied. */
type Output<Schema extends PayloadSchema> = StandardSchemaV1.InferOutput<Schema>;

/**
 * The `key` of a limit may be a path into the payload, such as `payload.customer`. Each value then has a separate limit. A submission
 * overrides `priority`, `concurrency` and `rate_limit`.
 */
export interface JobOptions<
  Schema extends PayloadSchema,
  Result,
  Signals extends SignalSchemas = NoSignals,
> extends FlowOptions {
  /** Checks and types the payload: when a job is submitted, and again before it runs. */
  readonly payload: Schema;
  /**
   * Creates the JSON Schema of the payload, and of each signal's payload, as a client sends it. Needed for schema libraries
   * without Standard JSON Schema.
   *
   * @default - the schema's own converter: Zod from 4.2, ArkType from 2.1.28, Valibot with `toStandardJsonSchema`
   */
  readonly toJsonSchema?: (schema: Schema | Signals[keyof Signals]) => JsonSchema;
  /**
   * The signals that the job waits for, each with the schema of its payload: `signals: { approve: z.object({ by: z.string() }) }`. The API
   * then refuses other signals, and payloads that don't fit.
   *
   * @default - every signal is accepted, with any payload
   */
  readonly signals?: Signals;
  /**
   * The queue that runs the job.
   *
   * @default 'default'
   */
  readonly queue?: string;
  /** @default - two attempts, about five seconds apart */
  readonly retry?: RetryOptions;
  /**
   * The longest that one attempt may run, in seconds. A submission's `timeout_seconds` overrides it. For a job with steps, it
   * limits each invocation.
   *
   * @default - the timeout of the job's queue
   */
  readonly timeoutSeconds?: number;
  /**
   * The longest that a job with steps may take in all, including its waits, in seconds from its first start. 1–31,536,000. A
   * submission's `max_duration_seconds` overrides it.
   *
   * @default - a day
   */
  readonly maxDurationSeconds?: number;
  /**
   * Which code continues a job with steps after a deployment: the newest (`latest`), or the code that recorded the job's first
   * step (`pinned`). `keepVersions` says how many earlier versions are kept.
   *
   * @default 'latest'
   */
  readonly versioning?: Versioning;
  /**
   * Runs one attempt. The job succeeds with the return value of `run`, as JSON; it is retried if `run` throws. Throw a
   * `FinalError` if another attempt could not help.
   */
  readonly run: (
    payload: Output<Schema>,
    context: JobContext<AwaitedSignals<Signals>>,
  ) => Promise<Result> | Result;
}

/** A job type: its name, its payload, its limits, and the function that runs it. Create it with {@link job}. */
export interface JobDefinition<
  Name extends string = string,
  Payload = unknown,
  Result = unknown,
  Signals = Readonly<Record<string, unknown>>,
> {
  /** The version of this format. */
  readonly [DEFINITION]: 1;
  readonly name: Name;
  readonly payload: StandardSchemaV1<Payload>;
  /** Undefined to use the schemas' own converters. */
  readonly toJsonSchema: ToJsonSchema | undefined;
  /** Undefined if every signal is accepted. */
  readonly signals?: { readonly [Signal in keyof Signals]: StandardSchemaV1<Signals[Signal]> } | undefined;
  readonly queue: string;
  readonly retry: Required<RetryOptions>;
  /** Undefined for the timeout of the queue. */
  readonly timeoutSeconds: number | undefined;
  /** Undefined for a day. */
  readonly maxDurationSeconds?: number | undefined;
  /** Undefined for `latest`. */
  readonly versioning?: Versioning | undefined;
  /** Undefined for priority 5 and no limits. */
  readonly flow?: FlowControl | undefined;
  /** Only for a job that runs in the user's own Lambda function: see `functionJob`. */
  readonly inFunction?: {
    /** Validates the function's result. */
    readonly result: StandardSchemaV1 | undefined;
  };
  /** Receives the payload after `payload` has parsed it. */
  run(payload: unknown, context: JobContext): Promise<Result> | Result;
}

export const DEFAULT_QUEUE = 'default';

/** One retry, after about five seconds. */
export const DEFAULT_RETRY: Required<RetryOptions> = {
  attempts: 2,
  baseSeconds: 5,
  capSeconds: 300,
  onTimeout: false,
};

/**
 * Defines a job. Clients can submit it by its name once the jobs file exports it.
 *
 * ```ts
 * export const resize = job('resize', {
 *   payload: z.object({ image: z.string(), width: z.int().max(4000) }),
 *   async run({ image, width }, { files, signal }) {
 *     return { bytes: await resizeTo(image, width, signal) };
 *   },
 * });
 * ```
 *
 * @param name 1–64 letters, digits, `_`, `-` and `.`, beginning with a letter; it must stay the same as long as jobs with the
 * name exist
 * @throws TypeError that names the option and the valid values
 */
export function job<
  const Name extends string,
  Schema extends PayloadSchema,
  Result,
  Signals extends SignalSchemas = NoSignals,
>(
  name: Name,
  options: JobOptions<Schema, Result, Signals>,
): JobDefinition<Name, Input<Schema>, Awaited<Result>, SignalPayloads<Signals>> {
  const { run } = options;
  const shared = defineJob(name, options);
  if (typeof run !== 'function') refuse(name, 'run', run, 'a function');
  // The caller passes the payload after `payload` has parsed it.
  return { ...shared, run: run as (value: unknown, context: JobContext) => Promise<Awaited<Result>> };
}

/**
 * The part of a definition that does not depend on where the job runs.
 *
 * @throws TypeError that names the option and the valid values
 */
export function defineJob<
  const Name extends string,
  Schema extends PayloadSchema,
  Signals extends SignalSchemas = NoSignals,
>(
  name: Name,
  options: Omit<JobOptions<Schema, unknown, Signals>, 'run'>,
): Omit<JobDefinition<Name, Input<Schema>, unknown, SignalPayloads<Signals>>, 'run'> {
  const { payload, toJsonSchema, signals, queue = DEFAULT_QUEUE } = options;
  const { timeoutSeconds, maxDurationSeconds, versioning } = options;
  const retry = { ...DEFAULT_RETRY, ...options.retry };
  requireValid(name, { payload, signals, queue, retry, timeoutSeconds, maxDurationSeconds, versioning });
  const invalid = invalidOption(options);
  if (invalid) refuse(name, invalid.option, invalid.given, invalid.expected);
  return {
    [DEFINITION]: 1,
    name,
    payload,
    // It is only called with the schemas in the options.
    toJsonSchema: toJsonSchema as ToJsonSchema | undefined,
    // The schema of a signal's payload as clients send it.
    signals: signals,
    queue,
    retry,
    timeoutSeconds,
    maxDurationSeconds,
    versioning,
    flow: isFlowGiven(options) ? flowOf(options) : undefined,
  };
}

function isFlowGiven({ priority, concurrency, rateLimit }: FlowOptions): boolean {
  return [priority, concurrency, rateLimit].some((option) => option !== undefined);
}

/** Whether a value was made by {@link job}, by this copy of the module or another. */
export function isJobDefinition(value: unknown): value is JobDefinition {
  return typeof value === 'object' && value !== null && DEFINITION in value;
}

/** The names of job types and queues. */
export const JOB_NAME = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/;
export const JOB_NAME_EXPECTED = '1 to 64 letters, digits, "_", "-" and ".", beginning with a letter';

/** The longest time from the first start to the end of a job with steps, in seconds, unless its submission or job type sets another. */
export const DEFAULT_MAX_DURATION_SECONDS = 86_400;

/** The largest `max_attempts` of a job. */
export const MAX_ATTEMPTS = 20;
/** The longest delay of an SQS message, in seconds. */
export const MAX_BACK_OFF = 900;
/** The longest timeout of a Lambda function, in seconds. */
export const MAX_TIMEOUT = 900;
/** The longest `max_duration_seconds` of a job: a year. */
export const MAX_DURATION = 365 * 86_400;

/** Whether a job type or a queue may have this name. */
export function isJobName(name: string): boolean {
  return JOB_NAME.test(name);
}

function requireValid(
  name: string,
  {
    payload,
    signals,
    queue,
    retry,
    timeoutSeconds,
    maxDurationSeconds,
    versioning,
  }: Pick<
    JobDefinition,
    'payload' | 'signals' | 'queue' | 'retry' | 'timeoutSeconds' | 'maxDurationSeconds' | 'versioning'
  >,
): void {
  if (!JOB_NAME.test(name)) throw new TypeError(`job name "${name}": give ${JOB_NAME_EXPECTED}.`);
  const isWhole = (value: unknown, least: number, most: number): boolean =>
    Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
  const isFrom0To = (value: unknown, most: number): boolean =>
    typeof value === 'number' && value >= 0 && value <= most;

  if (!isStandardSchema(payload))
    refuse(name, 'payload', payload, 'a Standard Schema, such as z.object({ … })');
  if (!JOB_NAME.test(queue)) refuse(name, 'queue', queue, JOB_NAME_EXPECTED);
  if (!isWhole(retry.attempts, 1, MAX_ATTEMPTS))
    refuse(name, 'retry.attempts', retry.attempts, `a whole number from 1 to ${MAX_ATTEMPTS}`);
  if (!isFrom0To(retry.baseSeconds, MAX_BACK_OFF))
    refuse(name, 'retry.baseSeconds', retry.baseSeconds, `seconds from 0 to ${MAX_BACK_OFF}`);
  if (!isFrom0To(retry.capSeconds, MAX_BACK_OFF))
    refuse(name, 'retry.capSeconds', retry.capSeconds, `seconds from 0 to ${MAX_BACK_OFF}`);
  if (typeof retry.onTimeout !== 'boolean') refuse(name, 'retry.onTimeout', retry.onTimeout, 'true or false');
  if (timeoutSeconds !== undefined && !isWhole(timeoutSeconds, 1, MAX_TIMEOUT))
    refuse(name, 'timeoutSeconds', timeoutSeconds, `a whole number from 1 to ${MAX_TIMEOUT}`);
  if (maxDurationSeconds !== undefined && !isWhole(maxDurationSeconds, 1, MAX_DURATION))
    refuse(name, 'maxDurationSeconds', maxDurationSeconds, `a whole number from 1 to ${MAX_DURATION}`);
  if (versioning !== undefined && !['latest', 'pinned'].includes(versioning))
    refuse(name, 'versioning', versioning, "'latest' or 'pinned'");
  const invalid = signals === undefined ? undefined : invalidSignal(signals);
  if (invalid) refuse(name, invalid.option, invalid.given, invalid.expected);
}

/** @throws TypeError that names the job, the option and the valid values */
export function refuse(jobName: string, option: string, given: unknown, expected: string): never {
  throw new TypeError(`job "${jobName}": ${option} is ${quoted(given)}: give ${expected}.`);
}

/** A refused value in an error message. */
export function quoted(value: unknown): string {
  return typeof value === 'string' ? `"${value}"` : String(value);
}
