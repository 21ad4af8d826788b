import type { FunctionConfiguration } from './function-configuration.ts';

/** The largest event of a synchronous invocation, in bytes (Lambda quotas: 6 MB). */
export const MAX_EVENT_BYTES = 6 * 1024 * 1024;
/** The largest event of an asynchronous invocation, in bytes (Lambda quotas: 1 MB). */
export const MAX_ASYNC_EVENT_BYTES = 1024 * 1024;
/** The largest response of a function, in bytes: 6 MB and a hundred bytes, the number in AWS's own error message. */
export const MAX_RESPONSE_BYTES = 6_291_556;

/** Why an invocation was refused, in the terms of TooManyRequestsException. */
export type ThrottleReason =
  'ReservedFunctionConcurrentInvocationLimitExceeded' | 'ConcurrentInvocationLimitExceeded';

/** A function's response: its result, or (with `functionError`) the error object that Lambda reports. Always JSON. */
export interface FunctionAnswer {
  readonly functionError?: 'Unhandled';
  readonly payload: Buffer;
}

/** One run of a function, from its admission to its response. */
export interface Invocation {
  readonly requestId: string;
  readonly payload: Buffer;
  /** The ARN that the caller has invoked, with the version or alias if any: `invokedFunctionArn` of the context. */
  readonly functionArn: string;
  /** Called when a sandbox has taken the invocation. */
  readonly onStart?: () => void;
  /** Receives the lines that the function writes while it runs. */
  readonly onLogLine?: (line: string) => void;
  /** Called once, with the outcome of the run. */
  readonly answer: (answer: FunctionAnswer) => void;
}

/** The outcome of a synchronous invocation. */
export type InvokeResult =
  | ({ readonly throttled: false; readonly requestId: string } & FunctionAnswer)
  | { readonly throttled: true; readonly requestId: string; readonly reason: ThrottleReason };

/**
 * The functions of an account, for callers that invoke them by name. A name may be followed by `:` and a qualifier: a version, an
 * alias, or `$LATEST`.
 */
export interface InvocableFunctions {
  /** The configuration that an invocation runs. @throws UnknownFunctionError, also if the version or alias does not exist */
  configuration(functionName: string): FunctionConfiguration;
  /**
   * Invokes a function and waits for its response. A function whose reserved concurrency is used up is throttled immediately;
   * other functions wait for one of the account's slots.
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
   * Accepts an event and runs it in the background, with two retries if the function fails.
   *
   * @returns the request id, the same for every attempt
   * @throws UnknownFunctionError
   */
  invokeAsync(functionName: string, event: string | Buffer): string;
}

/** No function has this name, version or alias: ResourceNotFoundException in the API. */
export class UnknownFunctionError extends Error {
  constructor(arn: string) {
    super(`Function not found: ${arn}`);
    this.name = 'UnknownFunctionError';
  }
}

/** An alias still uses a version that is to be deleted: ResourceConflictException in the API. */
export class VersionInUseError extends Error {
  /** The wording is from https://github.com/karl-cardenas-coding/go-lambda-cleanup/issues/45. */
  constructor(aliases: readonly string[]) {
    super(`Unable to delete version because the following aliases reference it: [${aliases.join(', ')}]`);
    this.name = 'VersionInUseError';
  }
}

/** An error that Lambda itself reports instead of the function, such as `Sandbox.Timedout`. */
export function failure(errorType: string, errorMessage: string): FunctionAnswer {
  return { functionError: 'Unhandled', payload: Buffer.from(JSON.stringify({ errorType, errorMessage })) };
}
