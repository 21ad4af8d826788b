import type { IncomingHttpHeaders } from 'node:http';
import type { HttpApiResponse } from './response.ts';

/** The `CorsConfiguration` of an `AWS::ApiGatewayV2::Api`. */
export interface CorsConfiguration {
  readonly AllowCredentials?: boolean;
  readonly AllowHeaders?: readonly string[];
  readonly AllowMethods?: readonly string[];
  readonly AllowOrigins?: readonly string[];
  readonly ExposeHeaders?: readonly string[];
  /** In seconds. */
  readonly MaxAge?: number;
}

/** Whether a request is a preflight, which an API with CORS answers itself, whatever its routes. */
export function isPreflight(method: string, headers: IncomingHttpHeaders): boolean {
  return method === 'OPTIONS' && headers.origin !== undefined && 'access-control-request-method' in headers;
}

/** The answer to a preflight: 204, with CORS headers if the origin is allowed. */
export function preflightResponse(cors: CorsConfiguration, origin: string): HttpApiResponse {
  const headers = corsHeaders(cors, origin);
  if (Object.keys(headers).length > 0) {
    if (cors.AllowMethods) headers['access-control-allow-methods'] = cors.AllowMethods.join(',');
    if (cors.AllowHeaders) headers['access-control-allow-headers'] = cors.AllowHeaders.join(',');
    if (cors.MaxAge !== undefined) headers['access-control-max-age'] = String(cors.MaxAge);
  }
  return { statusCode: 204, headers, body: Buffer.alloc(0) };
}

/** The response with the API's CORS headers in place of any that the function returned. */
export function withCorsHeaders(
  response: HttpApiResponse,
  cors: CorsConfiguration,
  origin: string | undefined,
): HttpApiResponse {
  const own = Object.entries(response.headers).filter(([name]) => !name.startsWith('access-control-'));
  const headers = origin === undefined ? {} : corsHeaders(cors, origin);
  return { ...response, headers: { ...Object.fromEntries(own), ...headers } };
}

function corsHeaders(cors: CorsConfiguration, origin: string): Record<string, string> {
  const allowed = cors.AllowOrigins?.find((pattern) => originMatches(pattern, origin));
  if (allowed === undefined) return {};
  const headers: Record<string, string> = { 'access-control-allow-origin': allowed === '*' ? '*' : origin };
  if (cors.AllowCredentials === true) headers['access-control-allow-credentials'] = 'true';
  if (cors.ExposeHeaders) headers['access-control-expose-headers'] = cors.ExposeHeaders.join(',');
  return headers;
}

/** An allowed origin is `*`, an origin, or every origin of a scheme: `https://*`. */
function originMatches(pattern: string, origin: string): boolean {
  if (pattern === '*') return true;
  if (pattern.endsWith('://*')) return origin.startsWith(pattern.slice(0, -1));
  return pattern === origin;
}
