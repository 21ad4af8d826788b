import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { quotable, writeXml, type XmlContent } from '../write-xml.ts';
import type { ErrorAnswer } from './answer.ts';
import { credentialScope } from './credential-scope.ts';
import { noteFailure } from './failures.ts';
import { MAX_BODY_BYTES, readRequestBody } from './request-body.ts';

/** A call's parameters, keyed by name. A list is sent as `Name.member.1`, `Name.member.2`, and so on. */
export type QueryInput = ReadonlyMap<string, string>;

/** An API operation. Takes the call's parameters, and returns the content of the result. To refuse a call, an operation throws a QueryError. */
export interface QueryOperation {
  /** The supported parameters. All other parameters are refused. */
  readonly parameters: readonly string[];
  run(input: QueryInput, caller: string): XmlContent;
}

/**
 * A service that uses AWS's query protocol: form-encoded requests and XML responses.
 * https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
 */
export interface QueryApi {
  /** The service's name in error messages, such as `STS`. */
  readonly title: string;
  readonly operations: Readonly<Record<string, QueryOperation>>;
}

/** Thrown by an operation to refuse a call. */
export class QueryError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** The services that use the query protocol. */
export const QUERY_SERVICES: ReadonlySet<string> = new Set(['cloudformation', 'sts']);

/** The parameters of every query-protocol call. */
const COMMON = new Set(['Action', 'Version']);

/** Serves the operations. For each request, reads the form, and responds with the operation's result or error. */
export function serveQuery(api: QueryApi): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    void answer(api, request, response);
  };
}

/** Whether a request uses the query protocol. AWS's JSON and REST services do not support this protocol. */
export function isQueryRequest(request: IncomingMessage): boolean {
  return request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true;
}

/** Responds with an error in the query protocol's format or, for EC2, in EC2's own format. */
export function answerQueryError(
  response: ServerResponse,
  service: string,
  { status, code, message }: ErrorAnswer,
): void {
  const requestId = randomUUID();
  const error = { Code: code, Message: quotable(message) };
  const document =
    service === 'ec2'
      ? writeXml('Response', { Errors: { Error: error }, RequestID: requestId })
      : writeXml('ErrorResponse', {
          Error: { Type: status < 500 ? 'Sender' : 'Receiver', ...error },
          RequestId: requestId,
        });
  send(response, status, document, requestId);
}

async function answer(api: QueryApi, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const { size, bytes } = await readRequestBody(request);
    if (size > MAX_BODY_BYTES)
      throw new QueryError('RequestEntityTooLarge', `The request has more than ${MAX_BODY_BYTES} bytes.`);
    const input: QueryInput = new Map(new URLSearchParams(bytes.toString()));
    const name = input.get('Action') ?? '';
    const result = operationOf(api, name, input).run(
      input,
      credentialScope(request)?.accessKeyId ?? 'anonymous',
    );
    const requestId = randomUUID();
    const content = { [`${name}Result`]: result, ResponseMetadata: { RequestId: requestId } };
    send(response, 200, writeXml(`${name}Response`, content), requestId);
  } catch (error) {
    if (request.destroyed && !request.complete) return;
    const refusal = error instanceof QueryError;
    answerQueryError(response, '', {
      status: refusal ? 400 : 500,
      code: refusal ? error.code : 'InternalFailure',
      message: refusal ? error.message : noteFailure(response, error),
    });
  }
}

function operationOf(api: QueryApi, name: string, input: QueryInput): QueryOperation {
  const operation = Object.hasOwn(api.operations, name) ? api.operations[name] : undefined;
  if (!operation) {
    const supported = Object.keys(api.operations).sort().join(', ');
    throw new QueryError(
      'InvalidAction',
      `The embedded ${api.title} does not support the operation ${name}. Supported operations: ${supported}.`,
    );
  }
  for (const parameter of input.keys()) {
    if (COMMON.has(parameter) || operation.parameters.includes(parameter)) continue;
    throw new QueryError(
      'NotImplemented',
      `The embedded ${api.title} does not support ${parameter}, a parameter of ${name}.`,
    );
  }
  return operation;
}

function send(response: ServerResponse, status: number, document: string, requestId: string): void {
  response.writeHead(status, {
    'content-type': 'text/xml',
    'content-length': Buffer.byteLength(document),
    'x-amzn-requestid': requestId,
  });
  response.end(document);
}
