import type { FunctionConfiguration } from './function-configuration.ts';

/** The maximum event size for synchronous invocations, in bytes (Lambda quotas: 6 MB). */
export const MAX_EVENT_BYTES = 6 * 1024 * 1024;
/** The maximum event size for asynchronous invocations, in bytes (Lambda quotas: 1 MB). */
export const MAX_ASYNC_EVENT_BYTES = 1024 * 1024;
/** A function's maximum response size, in bytes: 6 MB plus 100 bytes, the number in AWS's own error message. */
export const MAX_RESPONSE_BYTES = 6_291_556;

/** The reason in a TooManyRequestsException. */
export type ThrottleReason =
  'ReservedFunctionConcurrentInvocationLimitExceeded' | 'ConcurrentInvocationLimitExceeded';

/**
 * A function's response as JSON: its result or, if `functionError` is set, the error object that Lambda reports.
 */
export interface FunctionAnswer {
  readonly functionError?: 'Unhandled';
  readonly payload: Buffer;
}

/** One invocation of a function, from admission to response. */
export interface Invocation {
  readonly requestId: string;
  readonly payload: Buffer;
  /** The ARN that the caller invoked, including any version or alias. The function's context contains it as `invokedFunctionArn`. */
  readonly functionArn: string;
  /** Called when a sandbox starts the invocation. */
  readonly onStart?: () => void;
  /** Called with each line that the function writes during the invocation. */
  readonly onLogLine?: (line: string) => void;
  /** Called once, with the outcome. */
  readonly answer: (answer: FunctionAnswer) => void;
}

/** A synchronous invocation's outcome. */
export type InvokeResult =
  | ({ readonly throttled: false; readonly requestId: string } & FunctionAnswer)
  | { readonly throttled: true; readonly requestId: string; readonly reason: ThrottleReason };

/**
 * An account's functions, for callers that invoke them by name. A name may be followed by `:` and a qualifier: a version, an
 * alias, or `$LATEST`.
 */
export interface InvocableFunctions {
  /** Returns the configuration that an invocation would use. @throws UnknownFunctionError, also if the version or alias does not exist */
  configuration(functionName: string): FunctionConfiguration;
  /**
   * Invokes a function and waits for its response. If the function's reserved concurrency is exhausted, the invocation is throttled
   * immediately. If the function has no reserved concurrency, the invocation waits for one of the slots that such functions share on this
   * machine.
   *
   * @param event the event, as JSON
   * @param onLogLine called with each line that the function writes during this invocation
   * @throws UnknownFunctionError
   */
  invoke(
    functionName: string,
    event: string | Buffer,
    onLogLine?: (line: string) => void,
  ): Promise<InvokeResult>;
  /**
   * Accepts an event and processes it in the background, with up to two retries if the function fails.
   *
   * @returns the request ID, which is the same for all attempts
   * @throws UnknownFunctionError
   */
  invokeAsync(functionName: string, event: string | Buffer): string;
}

/** Thrown if no function has this name, version or alias. The API reports this error as a ResourceNotFoundException. */
export class UnknownFunctionError extends Error {
  constructor(arn: string) {
    super(`Function not found: ${arn}`);
    this.name = 'UnknownFunctionError';
  }
}

/** Thrown if a version can't be deleted because an alias still uses it. The API reports this error as a ResourceConflictException. */
export class VersionInUseError extends Error {
  /** The wording comes from https://github.com/karl-cardenas-coding/go-lambda-cleanup/issues/45. */
  constructor(aliases: readonly string[]) {
    super(`Unable to delete version because the following aliases reference it: [${aliases.join(', ')}]`);
    this.name = 'VersionInUseError';
  }
}

/** Creates an error that Lambda itself reports in place of the function, such as `Sandbox.Timedout`. */
export function failure(errorType: string, errorMessage: string): FunctionAnswer {
  return { functionError: 'Unhandled', payload: Buffer.from(JSON.stringify({ errorType, errorMessage })) };
}
