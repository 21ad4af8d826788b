import { HttpMethod, HttpRouteKey } from 'aws-cdk-lib/aws-apigatewayv2';

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** As API Gateway writes it: `{name}` stands for one segment. */
  readonly path: string;
  /**
   * Whether it answers callers who prove nothing, whatever `auth` says.
   *
   * @default false
   */
  readonly open?: boolean;
}

/** Every route of the API. */
export const routes: readonly Route[] = [
  { method: 'POST', path: '/v1/jobs' },
  { method: 'POST', path: '/v1/jobs/batch' },
  { method: 'GET', path: '/v1/jobs' },
  { method: 'GET', path: '/v1/jobs/{job_id}' },
  { method: 'POST', path: '/v1/jobs/{job_id}/cancel' },
  { method: 'POST', path: '/v1/jobs/{job_id}/retry' },
  { method: 'GET', path: '/v1/jobs/{job_id}/attempts' },
  { method: 'POST', path: '/v1/uploads' },
  { method: 'POST', path: '/v1/messages' },
  { method: 'GET', path: '/v1/messages' },
  { method: 'GET', path: '/v1/messages/{message_id}' },
  { method: 'GET', path: '/messages/sent' },
  { method: 'GET', path: '/v1/schedules' },
  { method: 'PUT', path: '/v1/schedules/{name}' },
  { method: 'GET', path: '/v1/schedules/{name}' },
  { method: 'DELETE', path: '/v1/schedules/{name}' },
  { method: 'PUT', path: '/v1/schedules/{name}/start' },
  { method: 'PUT', path: '/v1/schedules/{name}/stop' },
  { method: 'PUT', path: '/jobs/start' },
  { method: 'PUT', path: '/jobs/stop' },
  { method: 'GET', path: '/v1/stats' },
  { method: 'GET', path: '/openapi.json' },
  { method: 'GET', path: '/docs' },
  { method: 'GET', path: '/docs/{file}' },
  { method: 'GET', path: '/health-alive', open: true },
  // Not open: it wakes the database, and who may do that may run up a bill.
  { method: 'GET', path: '/health-check' },
];

/** Every method of a route but OPTIONS. */
const METHODS = [
  HttpMethod.DELETE,
  HttpMethod.GET,
  HttpMethod.HEAD,
  HttpMethod.PATCH,
  HttpMethod.POST,
  HttpMethod.PUT,
];

/**
 * The routes of what matches none of the API's, and goes to the api function too, for its problem+json. API Gateway answers a
 * browser's preflight by itself only where no route takes OPTIONS: `$default` would, and ask it for the credentials that no
 * preflight has.
 *
 * @param withCors whether there may be preflights
 */
export function otherRequests(withCors: boolean): readonly HttpRouteKey[] {
  if (!withCors) return [HttpRouteKey.DEFAULT];
  return METHODS.map((method) => HttpRouteKey.with('/{proxy+}', method));
}
