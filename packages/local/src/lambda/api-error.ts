import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { UnknownFunctionError } from './invocation.ts';

/** An error of the Lambda API: its name is the error type, and its fields are the response's body. */
export class ApiError extends Error {
  readonly status: number;
  readonly fields: Readonly<Record<string, string>>;

  constructor(status: number, name: string, fields: Readonly<Record<string, string>>) {
    super(name);
    this.name = name;
    this.status = status;
    this.fields = fields;
  }
}

export function invalidParameter(message: string): ApiError {
  return new ApiError(400, 'InvalidParameterValueException', { Type: 'User', message });
}

/** Responds with an ApiError, with the error of an unknown function, or with a failure of the service. */
export function answerApiError(response: ServerResponse, error: unknown): void {
  const { status, name, fields } = error instanceof ApiError ? error : serviceError(error);
  const body = JSON.stringify(fields);
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
    'x-amzn-errortype': name,
    'x-amzn-RequestId': randomUUID(),
  });
  response.end(body);
}

/**
 * The name and the qualifier of a function out of a path's segment: a name, an ARN, or `account:function:name`.
 *
 * @throws ApiError InvalidParameterValueException
 */
export function parseFunctionName(segment: string): {
  readonly name: string;
  readonly qualifier: string | undefined;
} {
  const identifier = decoded(segment);
  const pattern = /^(?:arn:[^:]+:lambda:[^:]+:)?(?:\d{12}:)?(?:function:)?([\w-]+)(?::([\w$-]+))?$/;
  const [, name, qualifier] = pattern.exec(identifier) ?? [];
  if (name === undefined) throw invalidParameter(`Not a function name or ARN: ${identifier}`);
  return { name, qualifier };
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw invalidParameter(`Not a function name or ARN: ${segment}`);
  }
}

function serviceError(error: unknown): ApiError {
  if (error instanceof UnknownFunctionError) {
    return new ApiError(404, 'ResourceNotFoundException', { Type: 'User', Message: error.message });
  }
  return new ApiError(500, 'ServiceException', { Type: 'Service', Message: String(error) });
}
