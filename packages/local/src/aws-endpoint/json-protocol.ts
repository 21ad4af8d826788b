import type { IncomingMessage, ServerResponse } from 'node:http';
import { actionName } from './action-name.ts';
import { answerJson } from './answer.ts';
import { credentialScope } from './credential-scope.ts';
import { noteFailure } from './failures.ts';
import { MAX_BODY_BYTES, readRequestBody, type RequestBody } from './request-body.ts';

/** Information about a call, in addition to its input. */
export interface JsonCall {
  /** The access key ID that signed the call. */
  readonly caller: string;
  /** The call's X-Ray trace header, X-Amzn-Trace-Id. */
  readonly traceHeader: string | undefined;
  /** Aborted if the caller disconnects before the response is sent. */
  readonly signal: AbortSignal;
}

export type JsonObject = Readonly<Record<string, unknown>>;

/** An API operation. Takes the input as sent, and returns the output. To refuse a call, an operation throws a JsonError. */
export type JsonOperation = (input: JsonObject, call: JsonCall) => object | Promise<object>;

/**
 * A service that uses an AWS JSON protocol. The service also supports the CBOR protocol, which newer SDKs prefer for some services:
 * https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
 */
export interface JsonApi {
  /** The service's name in error messages, such as `SQS`. */
  readonly title: string;
  /** The content type of the service's responses. @default - the content type of protocol version 1.0 */
  readonly contentType?: string;
  readonly operations: Readonly<Record<string, JsonOperation>>;
}

/** Thrown by an operation to refuse a call. */
export class JsonError extends Error {
  /** The error type, such as `com.amazonaws.sqs#QueueDoesNotExist`. SDKs name the exception after the part following the `#`. */
  readonly type: string;
  readonly status: number;
  /** The exception's members in addition to its message. */
  readonly members: object;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    type: string,
    message: string,
    more: { status?: number; members?: object; headers?: Record<string, string> } = {},
  ) {
    super(message);
    this.type = type;
    this.status = more.status ?? 400;
    this.members = more.members ?? {};
    this.headers = more.headers ?? {};
  }
}

const DEFAULT_CONTENT_TYPE = 'application/x-amz-json-1.0';
const TOO_LARGE = 'com.amazon.coral.service#RequestEntityTooLargeException';

/**
 * Serves the operations. For each request, reads the body, finds the operation in X-Amz-Target, and responds with the operation's output or
 * error.
 */
export function serveJson(api: JsonApi): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    void answer(api, request, response);
  };
}

async function answer(api: JsonApi, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const contentType = { 'content-type': api.contentType ?? DEFAULT_CONTENT_TYPE };
  const hangUp = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) hangUp.abort();
  });
  try {
    const operation = findOperation(api, request);
    const input = inputIn(await readRequestBody(request));
    const trace = request.headers['x-amzn-trace-id'];
    const call = {
      caller: credentialScope(request)?.caller ?? 'anonymous',
      traceHeader: typeof trace === 'string' ? trace : undefined,
      signal: hangUp.signal,
    };
    const output = await operation(input, call);
    answerJson(response, 200, output, contentType);
  } catch (error) {
    if (hangUp.signal.aborted) return;
    const { status, type, message, members, headers } = asJsonError(error, response);
    answerJson(response, status, { __type: type, message, ...members }, { ...contentType, ...headers });
  }
}

function findOperation(api: JsonApi, request: IncomingMessage): JsonOperation {
  const name = actionName('', request);
  const operation = Object.hasOwn(api.operations, name) ? api.operations[name] : undefined;
  if (operation) return operation;
  const supported = Object.keys(api.operations).sort().join(', ');
  throw new JsonError(
    'com.amazon.coral.service#UnknownOperationException',
    `The embedded ${api.title} does not support the operation ${name}. Supported operations: ${supported}.`,
  );
}

function inputIn({ size, input: parsed }: RequestBody): JsonObject {
  if (size > MAX_BODY_BYTES) {
    throw new JsonError(TOO_LARGE, `The request has more than ${MAX_BODY_BYTES} bytes.`, { status: 413 });
  }
  const input = parsed();
  if (typeof input === 'object' && input !== null && !Array.isArray(input)) return input as JsonObject;
  throw new JsonError(
    'com.amazon.coral.service#SerializationException',
    'The body is neither a JSON object nor a CBOR map.',
  );
}

function asJsonError(error: unknown, response: ServerResponse): JsonError {
  if (error instanceof JsonError) return error;
  return new JsonError('com.amazon.coral.service#InternalFailure', noteFailure(response, error), {
    status: 500,
  });
}
