import type { FunctionConfiguration } from './function-configuration.ts';

/** The largest event of a synchronous invocation, in bytes (Lambda quotas: 6 MB). */
export const MAX_EVENT_BYTES = 6 * 1024 * 1024;
/** The largest event of an asynchronous invocation, in bytes (Lambda quotas: 1 MB). */
export const MAX_ASYNC_EVENT_BYTES = 1024 * 1024;
/** The largest answer of a function, in bytes: 6 MB and a hundred bytes, the number that AWS's own message gives. */
export const MAX_RESPONSE_BYTES = 6_291_556;

/** Why an invocation was refused, in the words of TooManyRequestsException. */
export type ThrottleReason =
  'ReservedFunctionConcurrentInvocationLimitExceeded' | 'ConcurrentInvocationLimitExceeded';

/** What a function answered: its result, or (with `functionError`) the error object that Lambda reports. Always JSON. */
export interface FunctionAnswer {
  readonly functionError?: 'Unhandled';
  readonly payload: Buffer;
}

/** One run of a function, from its admission until it is answered. */
export interface Invocation {
  readonly requestId: string;
  readonly payload: Buffer;
  /** The ARN that the caller has invoked, with the version or alias if there was one: `invokedFunctionArn` of the context. */
  readonly functionArn: string;
  /** Called when a sandbox has taken the invocation. */
  readonly onStart?: () => void;
  /** Receives the lines that the function writes while it runs. */
  readonly onLogLine?: (line: string) => void;
  /** Called once, with whatever became of the run. */
  readonly answer: (answer: FunctionAnswer) => void;
}

/** What became of a synchronous invocation. */
export type InvokeResult =
  | ({ readonly throttled: false; readonly requestId: string } & FunctionAnswer)
  | { readonly throttled: true; readonly requestId: string; readonly reason: ThrottleReason };

/**
 * The functions of an account, for whoever invokes them by name. A name may be followed by `:` and a qualifier: a version, an alias, or
 * `$LATEST`.
 */
export interface InvocableFunctions {
  /** What an invocation runs. @throws UnknownFunctionError, also for a function without this version or alias */
  configuration(functionName: string): FunctionConfiguration;
  /**
   * Invokes a function and waits for its answer. A function with reserved concurrency is throttled at once when all of
   * it is in use; the others wait in line for one of the account's places.
   *
   * @param event JSON
   * @param onLogLine receives the lines that the function writes during this run
   * @throws UnknownFunctionError
   */
  invoke(
    functionName: string,
    event: string | Buffer,
    onLogLine?: (line: string) => void,
  ): Promise<InvokeResult>;
  /**
   * Accepts an event and runs it in the background, with two retries when the function fails.
   *
   * @returns the request id, the same for every attempt
   * @throws UnknownFunctionError
   */
  invokeAsync(functionName: string, event: string | Buffer): string;
}

/** No function has that name, version or alias: what the API tells as ResourceNotFoundException. */
export class UnknownFunctionError extends Error {
  constructor(arn: string) {
    super(`Function not found: ${arn}`);
    this.name = 'UnknownFunctionError';
  }
}

/** An alias still names a version that is to be deleted: what the API tells as ResourceConflictException. */
export class VersionInUseError extends Error {
  /** In the words of https://github.com/karl-cardenas-coding/go-lambda-cleanup/issues/45. */
  constructor(aliases: readonly string[]) {
    super(`Unable to delete version because the following aliases reference it: [${aliases.join(', ')}]`);
    this.name = 'VersionInUseError';
  }
}

/** An error that Lambda itself reports in the function's place, such as `Sandbox.Timedout`. */
export function failure(errorType: string, errorMessage: string): FunctionAnswer {
  return { functionError: 'Unhandled', payload: Buffer.from(JSON.stringify({ errorType, errorMessage })) };
}
