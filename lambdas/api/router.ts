import httpRouter from '@middy/http-router';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import type { NewAuditEntry } from '../job/audit.ts';
import { HttpError } from '../middleware/problem.ts';
import { requireScope, type Caller } from './caller.ts';
import type { Dependencies } from './dependencies.ts';
import type { Operation } from './operation.ts';
import { readRequest } from './request.ts';
import type { TraceRequest } from './trace-request.ts';

/** The route key of requests that match no route of the API: without CORS, and with it. */
const NO_ROUTE = /^\$default$|\{proxy\+\}$/;

/** Open operations touch nothing that belongs to a tenant. */
const ANYONE: Caller = { tenant: '', scopes: [], actor: null };

/**
 * Routes each request to its operation: 401 and 403 for callers who may not use it, 404 for an unknown path, 405 for a
 * known path with another method.
 *
 * @param identify throws for an unauthenticated request
 */
export function routeRequests(
  operations: readonly Operation[],
  dependencies: Dependencies,
  identify: (event: APIGatewayProxyEventV2) => Caller,
  traceRequest: TraceRequest,
): (event: APIGatewayProxyEventV2, context: Context) => Promise<APIGatewayProxyStructuredResultV2> {
  const callerFor = (event: APIGatewayProxyEventV2, { scope }: Operation): Caller => {
    if (scope === null) return ANYONE;
    const caller = identify(event);
    requireScope(caller.scopes, scope);
    return caller;
  };
  const find = httpRouter<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>({
    routes: operations.map((operation) => ({
      method: operation.method,
      path: operation.path,
      handler: (event: APIGatewayProxyEventV2, context: Context) =>
        traceRequest({ event, context, operation }, async (trace) => {
          const caller = callerFor(event, operation);
          const request = await readRequest(event, caller, operation.request ?? {}, trace);
          const auditEntry = (): NewAuditEntry => newEntry(operation, caller, dependencies.newId);
          return operation.handle({ ...request, auditEntry }, dependencies);
        }),
    })),
    notFoundResponse: ({ method, path }) => {
      const allowed = operations.filter((each) => matches(each.path, path)).map((each) => each.method);
      if (allowed.length === 0) throw new HttpError(404, 'not-found', `There is nothing at ${path}.`);
      throw methodNotAllowed(path, method, allowed);
    },
  });
  const methodsByPath = methodsOfFixedPaths(operations);
  return async (event, context) => {
    const { path, method } = event.requestContext.http;
    const allowed = methodsByPath.get(path);
    const isRefused = allowed !== undefined && !allowed.includes(method);
    // Unauthenticated callers don't learn which paths exist.
    if (isRefused || NO_ROUTE.test(event.routeKey)) identify(event);
    if (isRefused) throw methodNotAllowed(path, method, allowed);
    return find(event, context);
  };
}

/**
 * By each path without parameters, its methods. API Gateway and the router take `GET /v1/jobs/bulk` for
 * `GET /v1/jobs/{job_id}`; in OpenAPI a path without parameters comes first, whatever the method:
 * https://spec.openapis.org/oas/v3.1.1.html#path-templating-matching
 */
function methodsOfFixedPaths(operations: readonly Operation[]): Map<string, string[]> {
  const fixed = operations.filter(({ path }) => !path.includes('{'));
  return new Map(
    fixed.map(({ path }) => [path, fixed.filter((each) => each.path === path).map(({ method }) => method)]),
  );
}

function methodNotAllowed(path: string, method: string, allowed: readonly string[]): HttpError {
  const allow = allowed.join(', ');
  return new HttpError(405, 'method-not-allowed', `${path} takes ${allow}, not ${method}.`, {
    headers: { allow },
  });
}

function newEntry({ id, audit }: Operation, { actor }: Caller, newId: () => string): NewAuditEntry {
  if (!audit) throw new Error(`The operation ${id} changes something and has no name in the audit.`);
  return { entryId: newId(), actor, action: audit };
}

function matches(template: string, path: string): boolean {
  const pattern = template.replaceAll(/\{\w+\}/g, '[^/]+');
  return new RegExp(`^${pattern}/?$`).test(path);
}
