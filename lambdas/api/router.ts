import middy from '@middy/core';
import httpRouter, { type Method } from '@middy/http-router';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context, Handler } from 'aws-lambda';
import type { Scope } from '../../access/scopes.ts';
import { MAX_DOCUMENT_BYTES, type Json } from '../job/job.ts';
import { formBody, type FormRules } from '../middleware/form-body.ts';
import type { StatisticsPorts } from '../job/statistics.ts';
import { jsonBody } from '../middleware/json-body.ts';
import { HttpError } from '../middleware/problem.ts';
import { requireScope, type Caller, type OfTenant } from './caller.ts';
import { createBatch, type BatchRoutes } from './routes/batch.ts';
import { getDocsFile, getDocsPage, getDocument } from './routes/documents.ts';
import { healthAlive, healthCheck, type HealthCheck } from './routes/health.ts';
import {
  cancelJob,
  createJob,
  getJob,
  listAttempts,
  listJobs,
  retryJob,
  type JobRoutes,
} from './routes/jobs.ts';
import {
  createMessage,
  getMessage,
  listMessages,
  listSentMessages,
  type MessageRoutes,
} from './routes/messages.ts';
import type * as scheduleOperations from './routes/schedules.ts';
import type { ScheduleRoutes } from './routes/schedules.ts';
import { getStatistics } from './routes/statistics.ts';
import { createUpload, type UploadRoutes } from './routes/uploads.ts';

export interface ApiRoute {
  method: Method;
  path: string;
  /** What its caller must be allowed to do; null for a route that answers everyone. */
  scope: Scope | null;
  handler: Handler<APIGatewayProxyEventV2 & OfTenant, APIGatewayProxyStructuredResultV2>;
}

/** The largest JSON body of one submission, in bytes: a full payload, and room for what stands around it. */
const MAX_BODY_BYTES = MAX_DOCUMENT_BYTES + 16 * 1024;

/**
 * The largest JSON body of a batch, in bytes. It goes to the Data API as text inside JSON, which at most doubles it, and
 * a request there may have 4 MiB.
 */
const MAX_BATCH_BYTES = 1536 * 1024;

/** A submission as a form: with a file, as large as one request can be. */
const FORM: FormRules = {
  maxJsonBytes: MAX_BODY_BYTES,
  // Lambda takes events of 6 MB, and the body is base64 in them, which makes four bytes of three; the rest is for headers.
  maxFileBytes: 4_500_000,
  adviceForLargeFiles: 'For larger files ask for an upload: POST /v1/uploads, which takes 5 GiB.',
  jsonFields: ['payload'],
  numberFields: ['delay_seconds', 'max_attempts', 'timeout_seconds'],
};

/** The largest JSON body of one message, in bytes: its content with every character escaped, and room around it. */
const MAX_MESSAGE_BYTES = 16 * 1024;

/** What API Gateway says of a request that matches none of the API's routes, without CORS and with it. */
const OF_NO_ROUTE = /^\$default$|\{proxy\+\}$/;

/** Every operation of the API. */
export function apiRoutes(
  jobs: JobRoutes,
  batches: BatchRoutes,
  uploads: UploadRoutes,
  messages: MessageRoutes,
  schedules: ScheduleRoutes,
  statistics: StatisticsPorts,
  checks: readonly HealthCheck[],
): ApiRoute[] {
  const schedule = '/v1/schedules/{name}';
  return [
    { method: 'POST', path: '/v1/jobs', scope: 'submit', handler: withFormBody(createJob(jobs)) },
    {
      method: 'POST',
      path: '/v1/jobs/batch',
      scope: 'submit',
      handler: withJsonBody(createBatch(batches), MAX_BATCH_BYTES),
    },
    { method: 'GET', path: '/v1/jobs', scope: 'read', handler: listJobs(jobs) },
    { method: 'GET', path: '/v1/jobs/{job_id}', scope: 'read', handler: getJob(jobs) },
    { method: 'POST', path: '/v1/jobs/{job_id}/cancel', scope: 'submit', handler: cancelJob(jobs) },
    { method: 'POST', path: '/v1/jobs/{job_id}/retry', scope: 'submit', handler: retryJob(jobs) },
    { method: 'GET', path: '/v1/jobs/{job_id}/attempts', scope: 'read', handler: listAttempts(jobs) },
    {
      method: 'POST',
      path: '/v1/uploads',
      scope: 'submit',
      handler: withJsonBody(createUpload(uploads), MAX_BODY_BYTES, {}),
    },
    {
      method: 'POST',
      path: '/v1/messages',
      scope: 'submit',
      handler: withJsonBody(createMessage(messages), MAX_MESSAGE_BYTES),
    },
    { method: 'GET', path: '/v1/messages', scope: 'read', handler: listMessages(messages) },
    { method: 'GET', path: '/v1/messages/{message_id}', scope: 'read', handler: getMessage(messages) },
    { method: 'GET', path: '/messages/sent', scope: 'read', handler: listSentMessages(messages) },
    {
      method: 'PUT',
      path: schedule,
      scope: 'admin',
      handler: withJsonBody(
        ofSchedules((routes) => routes.replaceSchedule(schedules)),
        MAX_BODY_BYTES,
      ),
    },
    {
      method: 'GET',
      path: schedule,
      scope: 'read',
      handler: ofSchedules((routes) => routes.showSchedule(schedules)),
    },
    {
      method: 'DELETE',
      path: schedule,
      scope: 'admin',
      handler: ofSchedules((routes) => routes.removeSchedule(schedules)),
    },
    {
      method: 'GET',
      path: '/v1/schedules',
      scope: 'read',
      handler: ofSchedules((routes) => routes.listSchedules(schedules)),
    },
    {
      method: 'PUT',
      path: `${schedule}/start`,
      scope: 'admin',
      handler: ofSchedules((routes) => routes.changeState('started', schedules)),
    },
    {
      method: 'PUT',
      path: `${schedule}/stop`,
      scope: 'admin',
      handler: ofSchedules((routes) => routes.changeState('stopped', schedules)),
    },
    {
      method: 'PUT',
      path: '/jobs/start',
      scope: 'admin',
      handler: ofSchedules((routes) => routes.changeStateOfAll('started', schedules)),
    },
    {
      method: 'PUT',
      path: '/jobs/stop',
      scope: 'admin',
      handler: ofSchedules((routes) => routes.changeStateOfAll('stopped', schedules)),
    },
    { method: 'GET', path: '/v1/stats', scope: 'read', handler: getStatistics(statistics) },
    { method: 'GET', path: '/openapi.json', scope: 'read', handler: getDocument() },
    { method: 'GET', path: '/docs', scope: 'read', handler: getDocsPage() },
    { method: 'GET', path: '/docs/{file}', scope: 'read', handler: getDocsFile() },
    { method: 'GET', path: '/health-alive', scope: null, handler: healthAlive() },
    { method: 'GET', path: '/health-check', scope: 'read', handler: healthCheck(checks) },
  ];
}

/**
 * Finds the operation of a request, for callers who may use it: 401 and 403 for others, 404 for an unknown path, 405 for a known
 * one with another method.
 *
 * @param identify throws for a request that nobody known has sent
 */
export function routeRequests(
  routes: readonly ApiRoute[],
  identify: (event: APIGatewayProxyEventV2) => Caller,
): (event: APIGatewayProxyEventV2, context: Context) => Promise<APIGatewayProxyStructuredResultV2> {
  const find = httpRouter<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>({
    routes: routes.map((route) => ({
      method: route.method,
      path: route.path,
      handler: guarded(route, identify),
    })),
    notFoundResponse: ({ method, path }) => {
      const allowed = routes.filter((route) => matches(route.path, path)).map((route) => route.method);
      if (allowed.length === 0) throw new HttpError(404, 'not-found', `There is nothing at ${path}.`);
      const allow = allowed.join(', ');
      throw new HttpError(405, 'method-not-allowed', `${path} takes ${allow}, not ${method}.`, {
        headers: { allow },
      });
    },
  });
  return async (event, context) => {
    // Nobody unknown is told where nothing is.
    if (OF_NO_ROUTE.test(event.routeKey)) identify(event);
    return find(event, context);
  };
}

/** The handler of a route behind the check of its caller, whose tenant the event then names. */
function guarded(
  { scope, handler }: ApiRoute,
  identify: (event: APIGatewayProxyEventV2) => Caller,
): Handler<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2> {
  return (event, context, callback) => {
    // A route that answers everyone touches nothing that is anyone's.
    if (scope === null) return handler({ ...event, tenant: '', scopes: [] }, context, callback);
    const { tenant, scopes } = identify(event);
    requireScope(scopes, scope);
    return handler({ ...event, tenant, scopes }, context, callback);
  };
}

function matches(template: string, path: string): boolean {
  const pattern = template.replaceAll(/\{\w+\}/g, '[^/]+');
  return new RegExp(`^${pattern}/?$`).test(path);
}

/** An operation on schedules. They are loaded with the first request for one: a submission does without cron expressions. */
function ofSchedules<Event>(
  choose: (
    operations: typeof scheduleOperations,
  ) => (event: Event) => Promise<APIGatewayProxyStructuredResultV2>,
): (event: Event) => Promise<APIGatewayProxyStructuredResultV2> {
  return async (event) => choose(await import('./routes/schedules.ts'))(event);
}

function withFormBody(handler: ReturnType<typeof createJob>): ApiRoute['handler'] {
  return middy(handler).use(formBody(FORM)) as unknown as ApiRoute['handler'];
}

function withJsonBody(
  handler: ReturnType<typeof createUpload>,
  maxBytes: number,
  whenAbsent?: Json,
): ApiRoute['handler'] {
  return middy(handler).use(jsonBody(maxBytes, whenAbsent)) as unknown as ApiRoute['handler'];
}
