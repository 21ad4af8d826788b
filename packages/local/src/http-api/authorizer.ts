import type { IncomingMessage } from 'node:http';
import type { HttpApiEvent } from './event.ts';
import { gatewayResponse } from './response.ts';
import type { HttpApiResponse } from './response.ts';

/** A request that wants to pass. */
export interface Exchange {
  /** As the integration will get it, but for what the authorizer has to say. */
  readonly event: HttpApiEvent;
  /** As it came. */
  readonly request: IncomingMessage;
  readonly body: Buffer;
  /** Of the route, such as `arn:aws:execute-api:us-east-1:000000000000:api/$default/GET/v1/jobs`. */
  readonly routeArn: string;
}

/** What an authorizer says: what the event's `requestContext.authorizer` has to be, or the gateway's own answer. */
export type Verdict =
  { readonly authorizer: Record<string, unknown> } | { readonly refusal: HttpApiResponse };

/** Stands before the integration of a route. Never rejects. */
export type Authorizer = (exchange: Exchange) => Promise<Verdict>;

/** What API Gateway says to those it does not let pass: neither can be changed in an HTTP API. */
export const UNAUTHORIZED = gatewayResponse(401, 'Unauthorized');
export const FORBIDDEN = gatewayResponse(403, 'Forbidden');

/**
 * Where an authorizer finds who asks: a header, a parameter of the query, or a value of the request's context.
 *
 * @returns undefined for an expression that is none of these
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
