import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { JobDefinition } from './definition.ts';
import { FinalError, RetryLaterError } from './errors.ts';
import type { JobContext } from './job-context.ts';

/** The event sent to a user's function: the data that the function needs to run one attempt. */
export interface FunctionEvent {
  readonly job_id: string;
  readonly type: string;
  readonly tenant: string;
  /** The attempt's number, from 1. `job_id` and `attempt` together can serve as an idempotency key for a side effect. */
  readonly attempt: number;
  readonly payload: unknown;
  /** When the worker stops waiting for the function, in ISO 8601. */
  readonly deadline: string;
  /** The attempt's trace context, as a W3C `traceparent` header. Missing if the job has no trace. */
  readonly traceparent?: string;
  readonly tracestate?: string;
}

/** A function's outcome: the returned JSON, or an error in the format of Lambda's runtimes. */
export type FunctionEnding =
  { readonly kind: 'returned'; readonly result: unknown } | ({ readonly kind: 'threw' } & ThrownInFunction);

/**
 * An error that a function raised, as its runtime reports it.
 * https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html describes the format for Python; the other runtimes
 * report the same fields.
 */
export interface ThrownInFunction {
  readonly errorType?: string | undefined;
  readonly errorMessage?: string | undefined;
  /** The lines of the stack trace, in the runtime's order. */
  readonly stackTrace?: readonly string[] | undefined;
}

/**
 * Invokes a function and waits for it to finish.
 *
 * @throws ThrottledError if there was no capacity to start the function; Error if the function could not be invoked
 */
export type InvokeFunction = (
  functionArn: string,
  event: FunctionEvent,
  signal: AbortSignal,
) => Promise<FunctionEnding>;

/** Creates the runnable job type of a `functionJob`, whose attempts run in the user's function. */
export function runInFunction(
  definition: JobDefinition,
  functionArn: string | undefined,
  invoke: InvokeFunction,
): JobDefinition {
  const { name: type, inFunction } = definition;
  return {
    ...definition,
    async run(
      payload,
      { jobId, tenant, attempt, deadline, signal, traceparent, tracestate }: JobContext,
    ): Promise<unknown> {
      if (functionArn === undefined) {
        throw new FinalError(`The job type "${type}" has no function: add it to the stack's \`functions\`.`);
      }
      const event: FunctionEvent = {
        job_id: jobId,
        type,
        tenant,
        attempt,
        payload,
        deadline: deadline.toISOString(),
        ...(traceparent !== undefined && { traceparent }),
        ...(tracestate !== undefined && { tracestate }),
      };
      const ending = await invoke(functionArn, event, signal);
      if (ending.kind === 'threw') throw toError(ending);
      return checked(type, ending.result, inFunction?.result);
    },
  };
}

async function checked(
  type: string,
  result: unknown,
  schema: StandardSchemaV1 | undefined,
): Promise<unknown> {
  if (!schema) return result;
  const { issues, ...parsed } = await schema['~standard'].validate(result);
  const [issue] = issues ?? [];
  if (!issue) return (parsed as StandardSchemaV1.SuccessResult<unknown>).value;
  const path = ['result', ...(issue.path ?? []).map((part) => (typeof part === 'object' ? part.key : part))];
  throw new FinalError(
    `The "${type}" job type's function returned an invalid result: ${path.map(String).join('.')} ${issue.message}`,
  );
}

/** Matches the seconds at the start of a RetryLaterError's message: `30: busy`, `30 s: busy`, `2.5 seconds`. */
const SECONDS = /^\s*(\d+(?:\.\d+)?)\s*(?:(?:s|seconds?)\s*)?(?:[:,.;-]\s*|$)/;

/** Converts an error reported by a function, and keeps the function's own stack. */
function toError(thrown: ThrownInFunction): Error {
  const { errorType = 'Error', errorMessage = '' } = thrown;
  const message = errorMessage || errorType;
  return Object.assign(errorOf(bareName(errorType), message), { name: errorType, stack: stackOf(thrown) });
}

function errorOf(name: string, message: string): Error {
  if (name === 'FinalError') return new FinalError(message);
  if (name !== 'RetryLaterError') return new Error(message);
  const [, seconds] = SECONDS.exec(message) ?? [];
  // Without seconds in the message, the retry policy determines the back-off.
  return seconds === undefined
    ? new Error(message)
    : new RetryLaterError(message, { afterSeconds: Number(seconds) });
}

/**
 * Extracts the bare class name. Java's runtime reports `com.example.FinalError`, and Ruby's reports `Function<FinalError>`.
 */
function bareName(errorType: string): string {
  return /\b(\w+)>?$/.exec(errorType)?.[1] ?? errorType;
}

function stackOf({ errorType = 'Error', errorMessage = '', stackTrace = [] }: ThrownInFunction): string {
  const title = errorMessage === '' ? errorType : `${errorType}: ${errorMessage}`;
  const lines = stackTrace.flatMap((entry) => entry.trimEnd().split('\n'));
  // Node's runtime starts the stack with the error's name and message, which may span several lines.
  return lines.join('\n').startsWith(title) ? lines.join('\n') : [title, ...lines].join('\n');
}
