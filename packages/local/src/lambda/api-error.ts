import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { noteFailure } from '../aws-endpoint/failures.ts';
import { readFunctionReference, type FunctionReference } from './function-reference.ts';
import { UnknownFunctionError, VersionInUseError } from './invocation.ts';

/** An error in the Lambda API. The error's name is the error type, and the error's fields form the response body. */
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

/** Sends the response for an ApiError, an unknown function, or an internal failure. */
export function answerApiError(response: ServerResponse, error: unknown): void {
  const { status, name, fields } = error instanceof ApiError ? error : serviceError(error, response);
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
 * Returns the function that a path segment and the query's `Qualifier` refer to. AWS accepts the qualifier in either place
 * (https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html).
 *
 * @param segment a name, an ARN, or `account:function:name`
 * @throws ApiError InvalidParameterValueException if the segment is invalid, or if the two qualifiers differ
 */
export function requestedFunction(segment: string, searchParams: URLSearchParams): FunctionReference {
  const reference = readFunctionReference(decoded(segment));
  if (!reference) throw invalidParameter(`Not a function name or ARN: ${decoded(segment)}`);
  const { name, qualifier: suffix } = reference;
  // An empty qualifier counts as missing.
  const given = searchParams.get('Qualifier') ?? '';
  const qualifier = given === '' ? suffix : given;
  if (suffix !== undefined && qualifier !== suffix) {
    throw invalidParameter(
      'The derived qualifier from the function name does not match the specified qualifier.',
    );
  }
  return { name, qualifier };
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw invalidParameter(`Not a function name or ARN: ${segment}`);
  }
}

function serviceError(error: unknown, response: ServerResponse): ApiError {
  if (error instanceof UnknownFunctionError) {
    return new ApiError(404, 'ResourceNotFoundException', { Type: 'User', Message: error.message });
  }
  if (error instanceof VersionInUseError) {
    return new ApiError(409, 'ResourceConflictException', { Type: 'User', message: error.message });
  }
  return new ApiError(500, 'ServiceException', { Type: 'Service', Message: noteFailure(response, error) });
}
