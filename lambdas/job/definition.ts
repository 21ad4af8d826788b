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
 * The property that marks an object as a job definition. A user's bundle and Errand's worker each contain a copy of this
 * module, so a local symbol or `instanceof` would not recognize a definition created by the other copy. This symbol is in
 * the global registry, which both copies share.
 */
const DEFINITION = Symbol.for('errand.job-definition');

/** The payload that a client submits. */
type Input<Schema extends PayloadSchema> = StandardSchemaV1.InferInput<Schema>;

/** The payload that `run` receives, with the schema's defaults and transforms applied. */
type Output<Schema extends PayloadSchema> = StandardSchemaV1.InferOutput<Schema>;

/**
 * The options of a job type. A limit's `key` may be a path into the payload, such as `payload.customer`; each value at that
 * path then has its own limit. A submission can override `priority`, `concurrency` and `rate_limit`.
 */
export interface JobOptions<
  Schema extends PayloadSchema,
  Result,
  Signals extends SignalSchemas = NoSignals,
> extends FlowOptions {
  /** Validates and types the payload. Errand validates the payload on submission, and again before the job runs. */
  readonly payload: Schema;
  /**
   * Converts the schema of the payload, or of a signal's payload, to the JSON Schema of its input. Needed only for schema
   * libraries that don't support Standard JSON Schema.
   *
   * @default - the schema's own converter: Zod from 4.2, ArkType from 2.1.28, Valibot with `toStandardJsonSchema`
   */
  readonly toJsonSchema?: (schema: Schema | Signals[keyof Signals]) => JsonSchema;
  /**
   * The signals that the job waits for, with the schemas of their payloads: `signals: { approve: z.object({ by: z.string() })
   * }`. The API then rejects other signals, and payloads that don't match.
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
  /** When to retry a failed attempt. @default - two attempts, about five seconds apart */
  readonly retry?: RetryOptions;
  /**
   * The maximum duration of one attempt, in seconds. A submission's `timeout_seconds` overrides this value. For a job
   * with steps, the timeout limits each invocation.
   *
   * @default - the timeout of the job's queue
   */
  readonly timeoutSeconds?: number;
  /**
   * The maximum total duration of a job with steps, including its waits, in seconds from its first start: 1–31,536,000. A
   * submission's `max_duration_seconds` overrides this value.
   *
   * @default - a day
   */
  readonly maxDurationSeconds?: number;
  /**
   * Which code continues a job with steps after a deployment: the newest code (`latest`), or the code that recorded the
   * job's first step (`pinned`). The `keepVersions` setting is the number of earlier versions that stay deployed.
   *
   * @default 'latest'
   */
  readonly versioning?: Versioning;
  /**
   * Runs one attempt. The return value, as JSON, becomes the job's result. If `run` throws, the job is retried; throw a
   * `FinalError` if retrying won't help.
   */
  readonly run: (
    payload: Output<Schema>,
    context: JobContext<AwaitedSignals<Signals>>,
  ) => Promise<Result> | Result;
}

/** A job type: its name, its payload, its limits, and the function that runs it. Create a job type with {@link job}. */
export interface JobDefinition<
  Name extends string = string,
  Payload = unknown,
  Result = unknown,
  Signals = Readonly<Record<string, unknown>>,
> {
  /** The version of the definition's format. */
  readonly [DEFINITION]: 1;
  readonly name: Name;
  readonly payload: StandardSchemaV1<Payload>;
  /** Undefined if the schemas' own converters are used. */
  readonly toJsonSchema: ToJsonSchema | undefined;
  /** Undefined if every signal is accepted. */
  readonly signals?: { readonly [Signal in keyof Signals]: StandardSchemaV1<Signals[Signal]> } | undefined;
  readonly queue: string;
  readonly retry: Required<RetryOptions>;
  /** Undefined if the queue's timeout applies. */
  readonly timeoutSeconds: number | undefined;
  /** Undefined means one day. */
  readonly maxDurationSeconds?: number | undefined;
  /** Undefined means `latest`. */
  readonly versioning?: Versioning | undefined;
  /** Undefined means priority 5 and no limits. */
  readonly flow?: FlowControl | undefined;
  /** Set only for jobs that run in the user's own Lambda function; see `functionJob`. */
  readonly inFunction?: {
    /** Validates the function's result. */
    readonly result: StandardSchemaV1 | undefined;
  };
  /** Runs one attempt with the payload that the `payload` schema parsed. */
  run(payload: unknown, context: JobContext): Promise<Result> | Result;
}

export const DEFAULT_QUEUE = 'default';

/** By default, a job is retried once, after about five seconds. */
export const DEFAULT_RETRY: Required<RetryOptions> = {
  attempts: 2,
  baseSeconds: 5,
  capSeconds: 300,
  onTimeout: false,
};

/**
 * Defines a job type. Clients can submit jobs of this type once the jobs file exports the definition.
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
 * @param name 1–64 letters, digits, `_`, `-` and `.`, beginning with a letter; don't rename a job type that still has
 * jobs
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
  // The cast is safe, because callers pass the payload that the `payload` schema parsed.
  return { ...shared, run: run as (value: unknown, context: JobContext) => Promise<Awaited<Result>> };
}

/**
 * Validates the options that all kinds of jobs share, and returns the definition without `run`.
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
    // The cast is safe, because the function is called only with schemas from these options.
    toJsonSchema: toJsonSchema as ToJsonSchema | undefined,
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

/** Whether a value was created by {@link job}, in this or another copy of the module. */
export function isJobDefinition(value: unknown): value is JobDefinition {
  return typeof value === 'object' && value !== null && DEFINITION in value;
}

/** The pattern for the names of job types and queues. */
export const JOB_NAME = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/;
export const JOB_NAME_EXPECTED = '1 to 64 letters, digits, "_", "-" and ".", beginning with a letter';

/** The default maximum duration of a job with steps, in seconds from its first start: a day. */
export const DEFAULT_MAX_DURATION_SECONDS = 86_400;

/** The maximum `max_attempts` of a job. */
export const MAX_ATTEMPTS = 20;
/** The maximum back-off, in seconds: the maximum delay of an SQS message. */
export const MAX_BACK_OFF = 900;
/** The maximum timeout of a Lambda function, in seconds. */
export const MAX_TIMEOUT = 900;
/** The maximum `max_duration_seconds` of a job: a year. */
export const MAX_DURATION = 365 * 86_400;

/** Whether a name is valid for a job type or a queue. */
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
  if (!JOB_NAME.test(name))
    throw new TypeError(`The job name "${name}" is invalid. Use ${JOB_NAME_EXPECTED}.`);
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
  throw new TypeError(`job "${jobName}": ${option} is ${quoted(given)}. Use ${expected}.`);
}

/** Formats an invalid value for an error message. */
export function quoted(value: unknown): string {
  return typeof value === 'string' ? `"${value}"` : String(value);
}
