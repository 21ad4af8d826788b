import type { IncomingMessage } from 'node:http';
import type { HttpApiResponse } from './response.ts';

/** The `CorsConfiguration` of an `AWS::ApiGatewayV2::Api`. */
export interface CorsConfiguration {
  readonly AllowCredentials?: boolean;
  readonly AllowHeaders?: readonly string[];
  readonly AllowMethods?: readonly string[];
  readonly AllowOrigins?: readonly string[];
  readonly ExposeHeaders?: readonly string[];
  /** How long browsers may cache a preflight response, in seconds. */
  readonly MaxAge?: number;
}

/** Whether a request is a CORS preflight. */
export function isPreflight({ method, headers }: Pick<IncomingMessage, 'method' | 'headers'>): boolean {
  return method === 'OPTIONS' && 'origin' in headers && 'access-control-request-method' in headers;
}

/**
 * The response of a CORS-enabled API to a preflight that matches no route. The gateway responds without invoking a function. A preflight
 * that matches a route, including `ANY` and `$default`, goes to that route's authorizer and function.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
 */
export const PREFLIGHT_RESPONSE: HttpApiResponse = { statusCode: 204, headers: {}, body: Buffer.alloc(0) };

/**
 * Replaces the function's CORS headers in the response with the API's CORS headers. If the origin is not allowed, the response has no CORS
 * headers.
 */
export function withCorsHeaders(
  response: HttpApiResponse,
  cors: CorsConfiguration,
  request: Pick<IncomingMessage, 'method' | 'headers'>,
): HttpApiResponse {
  const own = Object.entries(response.headers).filter(([name]) => !name.startsWith('access-control-'));
  return { ...response, headers: { ...Object.fromEntries(own), ...corsHeaders(cors, request) } };
}

function corsHeaders(
  cors: CorsConfiguration,
  request: Pick<IncomingMessage, 'method' | 'headers'>,
): Record<string, string> {
  const { origin } = request.headers;
  const allowed =
    origin === undefined ? undefined : cors.AllowOrigins?.find((pattern) => originMatches(pattern, origin));
  if (origin === undefined || allowed === undefined) return {};
  const headers: Record<string, string> = { 'access-control-allow-origin': allowed === '*' ? '*' : origin };
  if (cors.AllowCredentials === true) headers['access-control-allow-credentials'] = 'true';
  if (cors.ExposeHeaders) headers['access-control-expose-headers'] = cors.ExposeHeaders.join(',');
  if (isPreflight(request)) {
    if (cors.AllowMethods) headers['access-control-allow-methods'] = cors.AllowMethods.join(',');
    if (cors.AllowHeaders) headers['access-control-allow-headers'] = cors.AllowHeaders.join(',');
    if (cors.MaxAge !== undefined) headers['access-control-max-age'] = String(cors.MaxAge);
  }
  return headers;
}

/** Whether an origin matches a pattern for allowed origins: `*`, an origin, or a whole scheme such as `https://*`. */
export function originMatches(pattern: string, origin: string): boolean {
  if (pattern === '*') return true;
  if (pattern.endsWith('://*')) return origin.startsWith(pattern.slice(0, -1));
  return pattern === origin;
}
