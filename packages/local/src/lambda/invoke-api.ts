import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { targetOf } from '../aws-endpoint/request-target.ts';
import { readWholeBody } from '../whole-body.ts';
import { answerApiError, ApiError, invalidParameter, requestedFunction } from './api-error.ts';
import { LATEST, qualifiedName } from './function-reference.ts';
import { MAX_ASYNC_EVENT_BYTES, MAX_EVENT_BYTES, type InvocableFunctions } from './invocation.ts';
import { LogTail } from './log-tail.ts';

/** The event for an invocation without a request body. */
const EMPTY_EVENT = Buffer.from('{}');

/** Responds to Invoke, with all three invocation types, and refuses other actions. */
export function handleInvokeApi(
  functions: InvocableFunctions,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  answerInvoke(functions, request, response).catch((error: unknown) => {
    answerApiError(response, error);
  });
}

async function answerInvoke(
  functions: InvocableFunctions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const functionName = invokedFunction(request);
  const invocationType = request.headers['x-amz-invocation-type'] ?? 'RequestResponse';
  const limit = invocationType === 'Event' ? MAX_ASYNC_EVENT_BYTES : MAX_EVENT_BYTES;
  const { size, bytes } = await readWholeBody(request, limit);
  if (!bytes) {
    throw new ApiError(413, 'RequestTooLargeException', {
      Type: 'User',
      message: `Request must be smaller than ${limit} bytes for the InvokeFunction operation`,
    });
  }
  const event = size === 0 ? EMPTY_EVENT : bytes;
  requireJson(event);
  const { version = LATEST } = functions.configuration(functionName);

  if (invocationType === 'DryRun') {
    response.writeHead(204, { 'x-amzn-RequestId': randomUUID(), 'X-Amz-Executed-Version': version }).end();
  } else if (invocationType === 'Event') {
    const requestId = functions.invokeAsync(functionName, event);
    response.writeHead(202, { 'x-amzn-RequestId': requestId, 'Content-Length': 0 }).end();
  } else if (invocationType === 'RequestResponse') {
    await answerSynchronously(functions, { functionName, version, event }, request, response);
  } else {
    throw invalidParameter(`Unknown invocation type: ${String(invocationType)}`);
  }
}

async function answerSynchronously(
  functions: InvocableFunctions,
  { functionName, version, event }: { functionName: string; version: string; event: Buffer },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const tail = request.headers['x-amz-log-type'] === 'Tail' ? new LogTail() : undefined;
  const result = await functions.invoke(
    functionName,
    event,
    tail &&
      ((line) => {
        tail.add(line);
      }),
  );
  if (result.throttled) {
    const message = 'Rate Exceeded.';
    throw new ApiError(429, 'TooManyRequestsException', { Type: 'User', Reason: result.reason, message });
  }
  response.writeHead(200, {
    'Content-Type': 'application/json',
    'Content-Length': result.payload.length,
    'x-amzn-RequestId': result.requestId,
    'X-Amz-Executed-Version': version,
    ...(result.functionError && { 'X-Amz-Function-Error': result.functionError }),
    ...(tail && { 'X-Amz-Log-Result': await tail.base64() }),
  });
  response.end(result.payload);
}

/**
 * Returns the function's name and qualifier from `POST /2015-03-31/functions/{name, ARN or account:function:name}/invocations`.
 */
function invokedFunction(request: IncomingMessage): string {
  const { path, query } = targetOf(request);
  const [, segment] = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(path) ?? [];
  if (request.method !== 'POST' || segment === undefined) {
    const message =
      'The embedded Lambda supports only Invoke, ListFunctions, GetFunctionConfiguration, ListVersionsByFunction, DeleteFunction of a ' +
      `version, and GetAccountSettings, not ${request.method ?? ''} ${path}`;
    throw new ApiError(404, 'UnknownOperationException', { Type: 'User', message });
  }
  const { name, qualifier } = requestedFunction(segment, query);
  return qualifiedName(name, qualifier);
}

function requireJson(event: Buffer): void {
  try {
    JSON.parse(event.toString());
  } catch (error) {
    throw new ApiError(400, 'InvalidRequestContentException', {
      Type: 'User',
      message: `Could not parse request body into json: ${(error as Error).message}`,
    });
  }
}
