import type { MiddlewareObj } from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { Log } from '../job/log.ts';
import { toProblem } from './problem.ts';

/** Answers every error as `application/problem+json`, and logs those that are our fault with their cause. */
export function problemDetails(
  log: Log,
): MiddlewareObj<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2> {
  return {
    onError(request) {
      const { status, headers, body } = toProblem(request.error);
      if (status >= 500) log.error('A request failed.', { status, error: request.error });
      request.response = {
        statusCode: status,
        headers: { ...headers, 'content-type': 'application/problem+json' },
        body: JSON.stringify(body),
      };
    },
  };
}
