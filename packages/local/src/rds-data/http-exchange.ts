import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { readRequestBody } from '../aws-endpoint/request-body.ts';
import { DataApiError } from './data-api-error.ts';

/** The maximum request size in bytes, including headers and JSON syntax. AWS documents the limit, but not the error. */
const MAX_REQUEST_BYTES = 4 * 1024 * 1024;

/**
 * Reads a request's body as JSON.
 *
 * @throws DataApiError if the body is too large, or is not a JSON object
 */
export async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  const { size, input } = await readRequestBody(request);
  if (size + request.rawHeaders.join('').length > MAX_REQUEST_BYTES) {
    throw new DataApiError('BadRequestException', 400, 'The request exceeds the size limit 4 MB.');
  }
  const body = input();
  if (typeof body === 'object' && body !== null && !Array.isArray(body))
    return body as Record<string, unknown>;
  throw new DataApiError('SerializationException', 400, 'The request body is not a JSON object.');
}

export function sendResult(response: ServerResponse, body: object): void {
  send(response, 200, {}, body);
}

export function sendError(response: ServerResponse, { type, status, message, members }: DataApiError): void {
  send(response, status, { 'x-amzn-errortype': type }, { message, ...members });
}

function send(response: ServerResponse, status: number, headers: Record<string, string>, body: object): void {
  const json = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(json),
    'x-amzn-requestid': randomUUID(),
    ...headers,
  });
  // Passing a string makes Node send the headers and the body together.
  response.end(json);
}
