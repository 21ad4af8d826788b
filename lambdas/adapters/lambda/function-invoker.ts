import { InvokeCommand, LambdaClient, type InvokeCommandOutput } from '@aws-sdk/client-lambda';
import { FinalError, ThrottledError } from '../../job/errors.ts';
import type { FunctionEnding, InvokeFunction, ThrownInFunction } from '../../job/run-in-function.ts';
import { clientConfiguration, TIMES } from '../aws/configuration.ts';
import { createHttpHandler } from '../aws/http-handler.ts';

/** Longer than any function may run, in milliseconds: the attempt's signal ends the wait. */
const LONGEST_CALL_MS = 910_000;

/**
 * Errors of Invoke with which Lambda has not run the function, and which end by themselves: no capacity, or a function that is being
 * set up or changed (https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html, "Errors"). All others fail the attempt.
 */
const NOT_RUN = new Set([
  'TooManyRequestsException',
  'CodeArtifactUserPendingException',
  'EC2ThrottledException',
  'ENILimitReachedException',
  'ENINotReadyException',
  'ResourceConflictException',
  'ResourceNotReadyException',
  'SnapStartNotReadyException',
  'SubnetIPAddressLimitReachedException',
]);

/** Never repeats a call: an Invoke whose response was lost has run the function, and a repeated one runs it again. */
export function createLambdaClient(): LambdaClient {
  return new LambdaClient({
    ...clientConfiguration('lambda'),
    maxAttempts: 1,
    requestHandler: createHttpHandler({ ...TIMES, requestTimeout: LONGEST_CALL_MS }),
  });
}

/** Invokes users' functions synchronously. When the signal fires, the wait ends; the function runs on until its own timeout. */
export function createFunctionInvoker(client: Pick<LambdaClient, 'send'>): InvokeFunction {
  return async (functionArn, event, abortSignal) => {
    const command = new InvokeCommand({ FunctionName: functionArn, Payload: JSON.stringify(event) });
    let output: InvokeCommandOutput;
    try {
      output = await client.send(command, { abortSignal });
    } catch (error) {
      throw abortSignal.aborted ? error : toInvokeError(error, event.type);
    }
    return toEnding(output, event.type);
  };
}

/** The message names no ARN and no account: the tenant reads it. The cause, with both, is in the worker's log. */
function toInvokeError(error: unknown, type: string): Error {
  const { name, $fault: fault, Reason: reason } = error as { name: string; $fault?: string; Reason?: string };
  if (fault === undefined) {
    // A broken connection, not an error of Lambda's.
    return new Error(
      `The response of the function of the job type "${type}" was lost; the function may have run.`,
      {
        cause: error,
      },
    );
  }
  if (NOT_RUN.has(name)) {
    return new ThrottledError(
      `The function of the job type "${type}" has no capacity now: ${reason ?? name}.`,
      {
        cause: error,
      },
    );
  }
  return new Error(`The function of the job type "${type}" could not be invoked: ${name}.`, { cause: error });
}

function toEnding(
  { FunctionError: isError, Payload: payload }: InvokeCommandOutput,
  type: string,
): FunctionEnding {
  const text = payload?.transformToString() ?? '';
  if (isError !== undefined) return { kind: 'threw', ...readError(text) };
  try {
    // A runtime of the user's own may respond with nothing.
    return { kind: 'returned', result: text === '' ? null : (JSON.parse(text) as unknown) };
  } catch (cause) {
    throw new FinalError(`The function of the job type "${type}" returned something that is not JSON.`, {
      cause,
    });
  }
}

/** Node's runtime names the stack `trace`, and Lambda's own errors have none. */
function readError(text: string): ThrownInFunction {
  const { errorType, errorMessage, stackTrace, trace } = asObject(text);
  const lines: unknown = stackTrace ?? trace;
  return {
    errorType: typeof errorType === 'string' ? errorType : undefined,
    errorMessage: typeof errorMessage === 'string' ? errorMessage : text,
    stackTrace: Array.isArray(lines)
      ? lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)))
      : [],
  };
}

function asObject(text: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(text)) as Record<string, unknown>;
  } catch {
    return {};
  }
}
