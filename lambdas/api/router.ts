import httpRouter from '@middy/http-router';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import type { NewAuditEntry } from '../job/audit.ts';
import { HttpError } from '../middleware/problem.ts';
import { requireScope, type Caller } from './caller.ts';
import type { Dependencies } from './dependencies.ts';
import type { Operation } from './operation.ts';
import { readRequest } from './request.ts';
import type { TraceRequest } from './trace-request.ts';

/**
 * Matches API Gateway's route keys for requests that match no API route: `$default` or, with CORS, a key with `{proxy+}`.
 */
const NO_ROUTE = /^\$default$|\{proxy\+\}$/;

/**
 * The caller of an operation that requires no credentials. This caller can't access any tenant's data, except for the job
 * in an approval link's token.
 */
const ANYONE: Caller = { tenant: '', scopes: [], actor: null };

/**
 * Routes each request to its operation. Responds with 401 or 403 if the caller may not use the operation, with 404 if the
 * path is unknown, and with 405 if the path has no operation for the method.
 *
 * @param identify throws if the request is unauthenticated
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
      const ofPath = operations.filter((each) => matches(each.path, path));
      if (ofPath.length === 0) throw new HttpError(404, 'not-found', `The path ${path} does not exist.`);
      throw methodNotAllowed(path, method, ofPath);
    },
  });
  // Look up paths without parameters first, because otherwise GET /v1/jobs/bulk would match GET /v1/jobs/{job_id}.
  // According to OpenAPI, a path without parameters takes precedence for every method:
  // https://spec.openapis.org/oas/v3.1.1.html#path-templating-matching
  const fixed = Map.groupBy(
    operations.filter(({ path }) => !path.includes('{')),
    ({ path }) => path,
  );
  return async (event, context) => {
    const { path, method } = event.requestContext.http;
    const ofPath = fixed.get(path);
    const isRefused = ofPath !== undefined && !ofPath.some((each) => each.method === method);
    // Identify the caller first, so that unauthenticated callers don't learn which paths exist.
    if (isRefused || NO_ROUTE.test(event.routeKey)) identify(event);
    if (isRefused) throw methodNotAllowed(path, method, ofPath);
    return find(event, context);
  };
}

/** @param ofPath the operations at the path */
function methodNotAllowed(path: string, method: string, ofPath: readonly Operation[]): HttpError {
  const allow = ofPath.map((each) => each.method).join(', ');
  return new HttpError(405, 'method-not-allowed', `${path} supports ${allow}, not ${method}.`, {
    headers: { allow },
  });
}

function newEntry({ id, audit }: Operation, { actor }: Caller, newId: () => string): NewAuditEntry {
  if (!audit) throw new Error(`The operation ${id} changes something, but has no audit action.`);
  return { entryId: newId(), actor, action: audit };
}

function matches(template: string, path: string): boolean {
  const pattern = template.replaceAll(/\{\w+\}/g, '[^/]+');
  return new RegExp(`^${pattern}/?$`).test(path);
}
