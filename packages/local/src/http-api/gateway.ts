import { publishNothing, type PublishMetric } from '../cloudwatch/aws-metrics.ts';
import { accessLine } from './access-log.ts';
import type { Authorizer } from './authorizer.ts';
import { isPreflight, PREFLIGHT_RESPONSE, withCorsHeaders } from './cors.ts';
import type { CorsConfiguration } from './cors.ts';
import { decodePath } from './decode-path.ts';
import { clfTime, newRequestId, toEvent } from './event.ts';
import { readBody } from './read-body.ts';
import { gatewayResponse, INTERNAL_SERVER_ERROR, toResponse } from './response.ts';
import type { HttpApiResponse } from './response.ts';
import { compileRoutes } from './routes.ts';
import type { Route } from './routes.ts';
import { createThrottle } from './throttle.ts';
import type { ThrottleSettings } from './throttle.ts';
import type { IncomingMessage } from 'node:http';

/** Invokes a function for the gateway. Never rejects, because a failure is also an outcome. */
export type InvokeFunction = (functionName: string, event: Buffer) => Promise<InvocationOutcome>;

/** The invocation outcomes that the gateway distinguishes. */
export type InvocationOutcome =
  | { readonly kind: 'returned'; readonly payload: Buffer }
  | { readonly kind: 'failed' | 'throttled' | 'too-large' };

/** A route's target: a Lambda proxy integration. */
export interface Integration {
  readonly functionName: string;
  /** The integration timeout. An HTTP API's maximum is 30 s, which is also the default. */
  readonly timeoutMillis: number;
  /** Whether the function's resource policy allows this route to invoke the function. */
  readonly permitted: boolean;
  /** The route's authorizer; absent for an open route. */
  readonly authorize?: Authorizer;
  /** The route's ARN. */
  readonly routeArn?: string;
}

/** An HTTP API with one stage, as defined in the template. */
export interface HttpApi {
  readonly apiId: string;
  readonly accountId: string;
  readonly stage: string;
  readonly stageVariables: Readonly<Record<string, string>>;
  readonly cors: CorsConfiguration | undefined;
  /** The stage's request limits. */
  readonly throttle: ThrottleSettings | undefined;
  /** The format and destination of the access log. */
  readonly accessLog: AccessLog | undefined;
  readonly routes: readonly Route<Integration>[];
}

export interface AccessLog {
  /** The log line format, with variables such as `$context.requestId`. */
  readonly format: string;
  /** The log group's name. */
  readonly logGroup: string;
}

/** Data that the gateway collects about a request while handling it. */
interface Course {
  readonly requestId: string;
  readonly now: Date;
  routeKey?: string;
  integrationError?: string;
}

/** Handles one HTTP request. Rejects only if the client disconnects before the request body is complete. */
export type Gateway = (request: IncomingMessage) => Promise<HttpApiResponse>;

/**
 * The maximum sizes of bodies and headers, in bytes. The limits are fixed quotas of HTTP APIs.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
 */
const MAX_BODY_BYTES = 10 * 1024 * 1024;
const MAX_REQUEST_LINE_AND_HEADER_BYTES = 10_240;

const BAD_REQUEST = gatewayResponse(400, 'Bad Request');
const NOT_FOUND = gatewayResponse(404, 'Not Found');
const TOO_LARGE = gatewayResponse(413, 'Request Entity Too Large');
const TOO_MANY_REQUESTS = gatewayResponse(429, 'Too Many Requests');
const HEADERS_TOO_LARGE = gatewayResponse(431, 'Request Header Fields Too Large');
const SERVICE_UNAVAILABLE = gatewayResponse(503, 'Service Unavailable');

/** Access log messages for requests without a response from the function. */
const INTEGRATION_ERRORS = {
  failed: 'The function failed.',
  throttled: 'The function was throttled.',
  'too-large': 'The event exceeds the maximum size.',
  'timed-out': 'The function did not respond in time.',
} as const;

/**
 * Creates the gateway for one HTTP API. The gateway passes requests to functions, and the functions' responses to clients. Publishes the metrics
 * listed in https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html
 *
 * @param log called with each access log line and its log group
 */
export function createGateway(
  api: HttpApi,
  invoke: InvokeFunction,
  log: (logGroup: string, line: string) => void,
  publish: PublishMetric = publishNothing,
): Gateway {
  // Metrics per route are omitted, because AWS publishes them only as detailed metrics.
  const dimensions = [{ ApiId: api.apiId, Stage: api.stage }, { ApiId: api.apiId }];
  const matchRoute = compileRoutes(api.routes);
  const mayPass = api.throttle ? createThrottle(api.throttle, () => performance.now()) : () => true;

  return async (request) => {
    const { method = '', url = '/' } = request;
    const startedAt = performance.now();
    const course: Course = { requestId: newRequestId(), now: new Date() };
    const response = await answer(method, url, request, course);
    const latency = performance.now() - startedAt;
    const { statusCode } = response;
    publish('AWS/ApiGateway Count', dimensions, 1);
    publish('AWS/ApiGateway 4xx', dimensions, statusCode >= 400 && statusCode < 500 ? 1 : 0);
    publish('AWS/ApiGateway 5xx', dimensions, statusCode >= 500 ? 1 : 0);
    publish('AWS/ApiGateway Latency', dimensions, latency);
    if (api.accessLog) {
      const line = accessLine(api.accessLog.format, {
        requestId: course.requestId,
        requestTime: clfTime(course.now),
        sourceIp: request.socket.remoteAddress ?? '',
        httpMethod: method,
        routeKey: course.routeKey,
        status: statusCode,
        responseLength: response.body.length,
        responseLatency: Math.round(latency),
        gatewayError: response.gatewayError,
        integrationError: course.integrationError,
      });
      log(api.accessLog.logGroup, line);
    }
    const identified = { ...response, headers: { ...response.headers, 'apigw-requestid': course.requestId } };
    return api.cors ? withCorsHeaders(identified, api.cors, request) : identified;
  };

  async function answer(
    method: string,
    url: string,
    request: IncomingMessage,
    course: Course,
  ): Promise<HttpApiResponse> {
    if (!mayPass()) return TOO_MANY_REQUESTS;
    if (requestLineAndHeaderBytes(request) > MAX_REQUEST_LINE_AND_HEADER_BYTES) return HEADERS_TOO_LARGE;
    const [encodedPath, queryString] = split(url, '?');
    const path = decodePath(encodedPath);
    if (path === undefined) return BAD_REQUEST;
    const match = matchRoute(method, path);
    if (!match) return api.cors && isPreflight(request) ? PREFLIGHT_RESPONSE : NOT_FOUND;
    const { routeKey, target: integration } = match.route;
    course.routeKey = routeKey;
    if (!integration.permitted) return INTERNAL_SERVER_ERROR;
    const body = await readBody(request, MAX_BODY_BYTES);
    if (!body) return TOO_LARGE;

    const event = toEvent(request, body, {
      ...api,
      routeKey,
      pathParameters: match.pathParameters,
      path,
      queryString,
      requestId: course.requestId,
      now: course.now,
    });
    if (integration.authorize) {
      const { authorize, routeArn = '' } = integration;
      const verdict = await authorize({ event, request, body, routeArn });
      if ('refusal' in verdict) return verdict.refusal;
      event.requestContext.authorizer = verdict.authorizer;
    }
    return invokeWithin(integration, Buffer.from(JSON.stringify(event)), course);
  }

  async function invokeWithin(
    integration: Integration,
    event: Buffer,
    course: Course,
  ): Promise<HttpApiResponse> {
    let timer: NodeJS.Timeout | undefined;
    const timedOut = new Promise<{ kind: 'timed-out' }>((settle) => {
      timer = setTimeout(settle, integration.timeoutMillis, { kind: 'timed-out' });
    });
    const startedAt = performance.now();
    const outcome = await Promise.race([invoke(integration.functionName, event), timedOut]);
    clearTimeout(timer);
    publish('AWS/ApiGateway IntegrationLatency', dimensions, performance.now() - startedAt);
    if (outcome.kind === 'returned') return toResponse(outcome.payload);
    course.integrationError = INTEGRATION_ERRORS[outcome.kind];
    switch (outcome.kind) {
      case 'timed-out':
      case 'throttled':
        return SERVICE_UNAVAILABLE;
      case 'too-large':
        return TOO_LARGE;
      case 'failed':
        return INTERNAL_SERVER_ERROR;
    }
  }
}

/** Returns the number of bytes that count toward the header quota: the request line and the header values, excluding the header names. */
function requestLineAndHeaderBytes(request: IncomingMessage): number {
  const { method = '', url = '', httpVersion, rawHeaders } = request;
  let bytes = `${method} ${url} HTTP/${httpVersion}`.length;
  for (let index = 1; index < rawHeaders.length; index += 2) bytes += rawHeaders[index]?.length ?? 0;
  return bytes;
}

/** Splits a string at the first separator. If there is no separator, the second part is empty. */
function split(text: string, separator: string): [string, string] {
  const position = text.indexOf(separator);
  return position === -1 ? [text, ''] : [text.slice(0, position), text.slice(position + 1)];
}
