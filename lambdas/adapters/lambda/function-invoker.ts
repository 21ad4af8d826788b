import { InvokeCommand, type InvokeCommandOutput, type LambdaClient } from '@aws-sdk/client-lambda';
import { FinalError, ThrottledError } from '../../job/errors.ts';
import type { ServiceLog } from '../../job/log.ts';
import type { FunctionEnding, InvokeFunction, ThrownInFunction } from '../../job/run-in-function.ts';
import { NOT_RUN } from './client.ts';

/**
 * Creates a function that invokes users' functions synchronously. When the abort signal fires, Errand stops waiting, but
 * the user's function continues until its own timeout.
 */
export function createFunctionInvoker(client: Pick<LambdaClient, 'send'>, log: ServiceLog): InvokeFunction {
  return async (functionArn, event, abortSignal) => {
    const command = new InvokeCommand({ FunctionName: functionArn, Payload: JSON.stringify(event) });
    let output: InvokeCommandOutput;
    try {
      output = await client.send(command, { abortSignal });
    } catch (error) {
      if (abortSignal.aborted) throw error;
      log.warn('function_invocation_failed', 'Invoking a function failed.', {
        job_id: event.job_id,
        type: event.type,
        error,
      });
      throw toInvokeError(error, event.type);
    }
    return toEnding(output, event.type);
  };
}

/**
 * Converts an Invoke error to an error that tenants may read. Omits the cause, because the cause's message contains ARNs
 * and the account id.
 */
function toInvokeError(error: unknown, type: string): Error {
  const { name, $fault: fault, Reason: reason } = error as { name: string; $fault?: string; Reason?: string };
  const functionOfType = `The function of the job type "${type}"`;
  // Without a `$fault`, the error is not from Lambda: the connection broke.
  if (fault === undefined) return new Error(`${functionOfType} may have run, but its response was lost.`);
  if (NOT_RUN.has(name))
    return new ThrottledError(`${functionOfType} has no capacity now: ${reason ?? name}.`);
  return new Error(`${functionOfType} could not be invoked: ${name}.`);
}

function toEnding(
  { FunctionError: isError, Payload: payload }: InvokeCommandOutput,
  type: string,
): FunctionEnding {
  const text = payload?.transformToString() ?? '';
  if (isError !== undefined) return { kind: 'threw', ...readError(text) };
  try {
    // A custom runtime may send an empty response.
    return { kind: 'returned', result: text === '' ? null : (JSON.parse(text) as unknown) };
  } catch {
    throw new FinalError(`The function of the job type "${type}" returned something that is not JSON.`);
  }
}

/**
 * Parses a function's error. The Node.js runtime calls the stack trace `trace`, and other runtimes call it `stackTrace`.
 * Errors from Lambda itself have no stack trace.
 */
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
