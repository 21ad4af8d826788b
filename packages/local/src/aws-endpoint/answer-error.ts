import type { ServerResponse } from 'node:http';
import { answerJsonError, answerXmlError, type ErrorAnswer } from './answer.ts';
import { noteFailure } from './failures.ts';
import { answerQueryError, isQueryRequest, QUERY_SERVICES } from './query-protocol.ts';

/**
 * Responds with an error in the format of the service's protocol. For a service that is not emulated, the request's protocol
 * determines the format.
 */
export function answerErrorOf(service: string, response: ServerResponse, error: ErrorAnswer): void {
  if (service === 's3') answerXmlError(response, error);
  else if (QUERY_SERVICES.has(service) || isQueryRequest(response.req))
    answerQueryError(response, service, error);
  else answerJsonError(response, error);
}

/** Responds with an internal failure of the embedded cloud. */
export function answerFailure(response: ServerResponse, service: string, error: unknown): void {
  const message = noteFailure(response, error);
  if (response.headersSent) response.destroy();
  else answerErrorOf(service, response, { status: 500, code: 'InternalFailure', message });
}
