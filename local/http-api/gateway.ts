import type { Authorizer } from './authorizer.ts';
import { isPreflight, PREFLIGHT_RESPONSE, withCorsHeaders } from './cors.ts';
import type { CorsConfiguration } from './cors.ts';
import { decodePath } from './decode-path.ts';
import { newRequestId, toEvent } from './event.ts';
import { readBody } from './read-body.ts';
import { gatewayResponse, INTERNAL_SERVER_ERROR, toResponse } from './response.ts';
import type { HttpApiResponse } from './response.ts';
import { compileRoutes } from './routes.ts';
import type { Route } from './routes.ts';
import { createThrottle } from './throttle.ts';
import type { ThrottleSettings } from './throttle.ts';
import type { IncomingMessage } from 'node:http';

/** How the gateway invokes a function. Never rejects: a failure is an outcome. */
export type InvokeFunction = (functionName: string, event: Buffer) => Promise<InvocationOutcome>;

/** What became of an invocation, as the gateway tells apart. */
export type InvocationOutcome =
  | { readonly kind: 'returned'; readonly payload: Buffer }
  | { readonly kind: 'failed' | 'throttled' | 'too-large' };

/** Where a route leads: a Lambda proxy integration. */
export interface Integration {
  readonly functionName: string;
  /** How long the gateway waits for the function. At most 30 s in an HTTP API, which is its default. */
  readonly timeoutMillis: number;
  /** Whether a Lambda permission lets this route of the API invoke the function. */
  readonly permitted: boolean;
  /** What stands before it; absent for a route that is open to all. */
  readonly authorize?: Authorizer;
  /** The ARN of the route. */
  readonly routeArn?: string;
}

/** An HTTP API with one stage, as the template describes it. */
export interface HttpApi {
  readonly apiId: string;
  readonly accountId: string;
  readonly stage: string;
  readonly stageVariables: Readonly<Record<string, string>>;
  readonly cors: CorsConfiguration | undefined;
  /** How many requests the stage lets through. */
  readonly throttle: ThrottleSettings | undefined;
  readonly routes: readonly Route<Integration>[];
}

/** Answers one HTTP request. Never rejects. */
export type Gateway = (request: IncomingMessage) => Promise<HttpApiResponse>;

/**
 * Both limits are quotas of HTTP APIs, neither of them adjustable.
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

/** Serves one HTTP API: from the request to the function and back. */
export function createGateway(api: HttpApi, invoke: InvokeFunction): Gateway {
  const matchRoute = compileRoutes(api.routes);
  const mayPass = api.throttle ? createThrottle(api.throttle, () => performance.now()) : () => true;

  return async (request) => {
    const { method = '', url = '/' } = request;
    const requestId = newRequestId();
    const response = await answer(method, url, request, requestId);
    const identified = { ...response, headers: { ...response.headers, 'apigw-requestid': requestId } };
    return api.cors ? withCorsHeaders(identified, api.cors, request) : identified;
  };

  async function answer(
    method: string,
    url: string,
    request: IncomingMessage,
    requestId: string,
  ): Promise<HttpApiResponse> {
    if (!mayPass()) return TOO_MANY_REQUESTS;
    if (requestLineAndHeaderBytes(request) > MAX_REQUEST_LINE_AND_HEADER_BYTES) return HEADERS_TOO_LARGE;
    const [encodedPath, queryString] = split(url, '?');
    const path = decodePath(encodedPath);
    if (path === undefined) return BAD_REQUEST;
    const match = matchRoute(method, path);
    if (!match) return api.cors && isPreflight(request) ? PREFLIGHT_RESPONSE : NOT_FOUND;
    const { routeKey, target: integration } = match.route;
    if (!integration.permitted) return INTERNAL_SERVER_ERROR;
    const body = await readBody(request, MAX_BODY_BYTES);
    if (!body) return TOO_LARGE;

    const event = toEvent(request, body, {
      ...api,
      routeKey,
      pathParameters: match.pathParameters,
      path,
      queryString,
      requestId,
      now: new Date(),
    });
    if (integration.authorize) {
      const { authorize, routeArn = '' } = integration;
      const verdict = await authorize({ event, request, body, routeArn });
      if ('refusal' in verdict) return verdict.refusal;
      event.requestContext.authorizer = verdict.authorizer;
    }
    return invokeWithin(integration, Buffer.from(JSON.stringify(event)));
  }

  async function invokeWithin(integration: Integration, event: Buffer): Promise<HttpApiResponse> {
    let timer: NodeJS.Timeout | undefined;
    const timedOut = new Promise<'timed-out'>((settle) => {
      timer = setTimeout(settle, integration.timeoutMillis, 'timed-out');
    });
    const outcome = await Promise.race([invoke(integration.functionName, event), timedOut]);
    clearTimeout(timer);
    if (outcome === 'timed-out') return SERVICE_UNAVAILABLE;
    switch (outcome.kind) {
      case 'returned':
        return toResponse(outcome.payload);
      case 'throttled':
        return SERVICE_UNAVAILABLE;
      case 'too-large':
        return TOO_LARGE;
      case 'failed':
        return INTERNAL_SERVER_ERROR;
    }
  }
}

/** The size of what the quota counts: the request line, and the headers' values without their names. */
function requestLineAndHeaderBytes(request: IncomingMessage): number {
  const { method = '', url = '', httpVersion, rawHeaders } = request;
  let bytes = `${method} ${url} HTTP/${httpVersion}`.length;
  for (let index = 1; index < rawHeaders.length; index += 2) bytes += rawHeaders[index]?.length ?? 0;
  return bytes;
}

/** Splits a text at the first separator; the second part is empty if there is none. */
function split(text: string, separator: string): [string, string] {
  const position = text.indexOf(separator);
  return position === -1 ? [text, ''] : [text.slice(0, position), text.slice(position + 1)];
}
