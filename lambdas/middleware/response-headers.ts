import type { MiddlewareObj } from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';

/** Answers are never cached, sniffed, framed or asked for without TLS (browsers heed that over TLS alone), and carry the request's id, by which the log finds them. */
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
