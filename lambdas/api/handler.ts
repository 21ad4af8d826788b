import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { callingUntil } from '../adapters/aws/http-handler.ts';
import { createLog } from '../adapters/system.ts';
import { openMetrics } from '../composition/metrics.ts';
import { createDeadline } from '../deadline.ts';
import { openTracing } from '../composition/tracing.ts';
import { withFields } from '../job/log.ts';
import { environments, readEnvironment } from '../environment.ts';
import {
  problemDetails,
  publishMetrics,
  responseHeaders,
  trackDeadline,
} from '../middleware/every-request.ts';
import { callerOf } from './caller.ts';
import { createDependencies } from './dependencies.ts';
import { operations } from './operations.ts';
import { rehearseSubmission } from './rehearse-submission.ts';
import { routeRequests } from './router.ts';
import { createTraceRequest } from './trace-request.ts';

const environment = readEnvironment(environments.api);

/**
 * The time reserved for the response, in milliseconds. API Gateway times out after 30 s, and the API function after 29 s,
 * because a cold start may take one second. With this reserve, a request that waits for the database gets a response within
 * 25 s: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
 */
const RESERVE_MS = 4_000;

const metrics = openMetrics(environment);
/** Fields added to every log line of the current request. */
const requestFields = {};
const log = withFields(metrics.measure(createLog()), requestFields);
const tracing = await openTracing(environment, log);
const deadline = createDeadline(RESERVE_MS);
const dependencies = createDependencies(environment, log, deadline.patienceMs, tracing);

const callerRules = {
  auth: environment.auth,
  defaultTenant: environment.defaultTenant,
  tenantClaim: environment.jwtTenantClaim ?? '',
  scopePrefix: environment.jwtScopePrefix ?? '',
};

const route = routeRequests(
  operations,
  dependencies,
  (event) => callerOf(event, callerRules),
  createTraceRequest(tracing, requestFields),
);

await rehearseSubmission(environment);

/** The API: one Lambda function that handles all routes of the HTTP API. */
export const handler = middy<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>({
  timeoutEarlyInMillis: 500,
})
  .use(publishMetrics(metrics))
  .use(responseHeaders())
  .use(problemDetails(log))
  .use(trackDeadline(deadline))
  // When the invocation is almost out of time, middy fires this signal and sends the response itself.
  .handler((event, context, { signal }) => callingUntil(signal, () => route(event, context)));
