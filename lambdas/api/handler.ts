import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { callingUntil } from '../adapters/aws/http-handler.ts';
import { createLog } from '../adapters/system.ts';
import { environments, readEnvironment } from '../environment.ts';
import {
  createDeadline,
  trackDeadline,
  problemDetails,
  responseHeaders,
} from '../middleware/every-request.ts';
import { callerOf } from './caller.ts';
import { createDependencies } from './dependencies.ts';
import { operations } from './operations.ts';
import { routeRequests } from './router.ts';

const environment = readEnvironment(environments.api);

const log = createLog();
const deadline = createDeadline();
const dependencies = createDependencies(environment, log, deadline.patienceMs);

const callerRules = {
  auth: environment.auth,
  defaultTenant: environment.defaultTenant,
  tenantClaim: environment.jwtTenantClaim ?? '',
  scopePrefix: environment.jwtScopePrefix ?? '',
};

const route = routeRequests(operations, dependencies, (event) => callerOf(event, callerRules));

/** The API: one Lambda behind every route of the HTTP API. */
export const handler = middy<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>({
  timeoutEarlyInMillis: 500,
})
  .use(responseHeaders())
  .use(problemDetails(log))
  .use(trackDeadline(deadline))
  // middy's signal fires when it responds that the time is up.
  .handler((event, context, { signal }) => callingUntil(signal, () => route(event, context)));
