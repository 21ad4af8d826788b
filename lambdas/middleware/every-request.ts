import type { MiddlewareObj } from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { ServiceLog } from '../job/log.ts';
import { toProblem } from './problem.ts';

// The hooks that run for every request. The hooks handle deadlines, metrics, headers and errors.

/** Starts the deadline of each invocation. */
export function trackDeadline(deadline: { start(remainingMs: number): void }): MiddlewareObj {
  return {
    before({ context }) {
      deadline.start(context.getRemainingTimeInMillis());
    },
  };
}

/**
 * Publishes the metrics at the end of each request. This must be the outermost hook, so that the other hooks' log lines are
 * counted too.
 */
export function publishMetrics(metrics: { flush(): void }): MiddlewareObj {
  const publish = (): void => {
    metrics.flush();
  };
  return { after: publish, onError: publish };
}

/**
 * Sets response headers that forbid caching, MIME sniffing, framing and plain HTTP. (Browsers ignore the header that forbids
 * plain HTTP unless it arrives over TLS.) Also sets the request's id, which identifies the request in the log.
 */
export function responseHeaders(): MiddlewareObj<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2> {
  const addHeaders = (request: {
    event: APIGatewayProxyEventV2;
    response: APIGatewayProxyStructuredResultV2 | null | undefined;
  }): void => {
    if (!request.response) return;
    request.response.headers = {
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'strict-transport-security': 'max-age=31536000',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'x-request-id': request.event.requestContext.requestId,
      ...request.response.headers,
    };
  };
  return { after: addHeaders, onError: addHeaders };
}

/** Responds to every error with `application/problem+json`, and logs 5xx errors with their cause. */
export function problemDetails(
  log: ServiceLog,
): MiddlewareObj<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2> {
  return {
    onError(request) {
      const { status, headers, body } = toProblem(request.error);
      if (status >= 500) log.error('request_failed', 'A request failed.', { status, error: request.error });
      request.response = {
        statusCode: status,
        headers: { ...headers, 'content-type': 'application/problem+json' },
        body: JSON.stringify(body),
      };
    },
  };
}
