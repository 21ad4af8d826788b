import { readFileSync } from 'node:fs';
import path from 'node:path';
import { HttpMethod, HttpRouteKey } from 'aws-cdk-lib/aws-apigatewayv2';
import { packageRoot } from './package-root.ts';

/** The OpenAPI document, written by `npm run documents`. */
export const OPENAPI_DOCUMENT = path.join(packageRoot, 'lambdas/api/documents/openapi.json');

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

export interface Route {
  readonly method: Method;
  /** The path, in the syntax that API Gateway and OpenAPI share: `{name}` matches one segment. */
  readonly path: string;
  /** Whether the route needs no credentials, regardless of `auth`. */
  readonly open: boolean;
  /** The scopes that a caller needs; empty for an open route. */
  readonly scopes: readonly string[];
}

/** Every route of the API, read from its OpenAPI document. `security: []` marks an open route. */
export const routes: readonly Route[] = readRoutes();

function readRoutes(): Route[] {
  const document = JSON.parse(readFileSync(OPENAPI_DOCUMENT, 'utf8')) as {
    paths: Record<string, Record<string, { security: readonly { apiKey?: readonly string[] }[] }>>;
  };
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { security }]) => ({
      method: method.toUpperCase() as Method,
      path,
      open: security.length === 0,
      scopes: security.flatMap(({ apiKey = [] }) => apiKey),
    })),
  );
}

/** Whether the route serves the console, which the `console` setting can remove. */
export function isOfConsole({ path }: Route): boolean {
  return path === '/console' || path.startsWith('/console/');
}

/** Whether the route serves the API's documentation page. */
export function isOfDocumentation({ path }: Route): boolean {
  return path === '/docs' || path.startsWith('/docs/');
}

/** All HTTP methods except OPTIONS. */
const METHODS = [
  HttpMethod.DELETE,
  HttpMethod.GET,
  HttpMethod.HEAD,
  HttpMethod.PATCH,
  HttpMethod.POST,
  HttpMethod.PUT,
];

/**
 * Returns the catch-all routes. The api function also handles requests that match no other route, and responds with problem+json. With CORS, no
 * route may match OPTIONS, so that API Gateway answers preflight requests itself. `$default` is therefore not used: it would match preflight
 * requests and require credentials, which preflight requests never carry.
 */
export function otherRequests(withCors: boolean): readonly HttpRouteKey[] {
  if (!withCors) return [HttpRouteKey.DEFAULT];
  return METHODS.map((method) => HttpRouteKey.with('/{proxy+}', method));
}
