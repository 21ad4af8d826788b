import type { IncomingMessage } from 'node:http';
import type { HttpApiEvent } from './event.ts';
import { gatewayResponse } from './response.ts';
import type { HttpApiResponse } from './response.ts';

/** A request that needs authorization. */
export interface Exchange {
  /** The event for the integration, without the authorizer's result. */
  readonly event: HttpApiEvent;
  /** The original request. */
  readonly request: IncomingMessage;
  readonly body: Buffer;
  /** The route's ARN, such as `arn:aws:execute-api:us-east-1:000000000000:api/$default/GET/v1/jobs`. */
  readonly routeArn: string;
}

/** An authorizer's result: either the value for the event's `requestContext.authorizer`, or the response that rejects the request. */
export type Verdict =
  { readonly authorizer: Record<string, unknown> } | { readonly refusal: HttpApiResponse };

/** Authorizes requests before a route's integration. Never rejects. */
export type Authorizer = (exchange: Exchange) => Promise<Verdict>;

/** API Gateway's responses to unauthorized requests. An HTTP API can't change them. */
export const UNAUTHORIZED = gatewayResponse(401, 'Unauthorized');
export const FORBIDDEN = gatewayResponse(403, 'Forbidden');

/**
 * Parses an identity source: a header, a query string parameter, or a context variable.
 *
 * @returns a function that reads the source from an event, or undefined for any other expression
 */
export function identitySource(
  expression: string,
): ((event: HttpApiEvent) => string | undefined) | undefined {
  const [, place, name] = /^\$(request\.header|request\.querystring|context)\.(.+)$/.exec(expression) ?? [];
  if (place === undefined || name === undefined) return undefined;
  switch (place) {
    case 'request.header':
      return ({ headers }) => headers[name.toLowerCase()];
    case 'request.querystring':
      return ({ queryStringParameters }) => queryStringParameters?.[name];
    default:
      return name === 'routeKey' ? ({ routeKey }) => routeKey : undefined;
  }
}
