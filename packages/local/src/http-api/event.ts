import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/**
 * An event in payload format version 2.0. As in API Gateway, fields without a value in the request are omitted.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export interface HttpApiEvent {
  version: '2.0';
  routeKey: string;
  rawPath: string;
  rawQueryString: string;
  cookies?: string[];
  headers: Record<string, string>;
  queryStringParameters?: Record<string, string>;
  pathParameters?: Record<string, string>;
  stageVariables?: Record<string, string>;
  requestContext: {
    accountId: string;
    apiId: string;
    /** The authorizer's data about the caller; absent for routes without an authorizer. */
    authorizer?: Record<string, unknown>;
    domainName: string;
    domainPrefix: string;
    http: { method: string; path: string; protocol: string; sourceIp: string; userAgent: string };
    requestId: string;
    routeKey: string;
    stage: string;
    time: string;
    timeEpoch: number;
  };
  body?: string;
  isBase64Encoded: boolean;
}

/** Data that the gateway provides for the event. */
export interface EventContext {
  readonly accountId: string;
  readonly apiId: string;
  readonly stage: string;
  readonly stageVariables: Readonly<Record<string, string>>;
  readonly routeKey: string;
  readonly pathParameters: Readonly<Record<string, string>>;
  /** The decoded path. */
  readonly path: string;
  /** The query string as the client sent it, without the question mark. */
  readonly queryString: string;
  readonly requestId: string;
  readonly now: Date;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

/** Hop-by-hop headers. The gateway does not forward these headers, because they describe the connection, not the request. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
]);

/**
 * Matches the media types of bodies that the event contains as text. All other bodies are base64, including forms and bodies without a
 * content type. The documentation does not list these types; they were observed on a live HTTP API.
 */
const TEXT_MEDIA_TYPE = /^(text\/.+|application\/(json|xml|javascript|.+\+json|.+\+xml))$/;

/** Builds the event for a request, after its body has been read. */
export function toEvent(request: IncomingMessage, body: Buffer, context: EventContext): HttpApiEvent {
  const { headers, cookies } = readHeaders(request, context.now);
  const queryStringParameters = readQuery(context.queryString);
  const domainName = (headers.host ?? '').replace(/:\d+$/, '');
  const isText = TEXT_MEDIA_TYPE.test(mediaType(headers['content-type']));
  return {
    version: '2.0',
    routeKey: context.routeKey,
    rawPath: context.path,
    rawQueryString: context.queryString,
    ...(cookies.length > 0 && { cookies }),
    headers,
    ...(queryStringParameters && { queryStringParameters }),
    requestContext: {
      accountId: context.accountId,
      apiId: context.apiId,
      domainName,
      domainPrefix: domainName.split('.', 1).join(''),
      http: {
        method: request.method ?? '',
        path: context.path,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: request.socket.remoteAddress ?? '',
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: context.requestId,
      routeKey: context.routeKey,
      stage: context.stage,
      time: clfTime(context.now),
      timeEpoch: context.now.getTime(),
    },
    ...(Object.keys(context.pathParameters).length > 0 && { pathParameters: { ...context.pathParameters } }),
    ...(Object.keys(context.stageVariables).length > 0 && { stageVariables: { ...context.stageVariables } }),
    ...(body.length > 0 && { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: body.length > 0 && !isText,
  };
}

/** Returns a new request ID in API Gateway's format: fifteen characters and an equals sign. */
export function newRequestId(): string {
  return `${randomBytes(11).toString('base64url')}=`;
}

/** Converts header names to lower case, joins repeated headers with commas, and moves cookies into a separate list. */
function readHeaders(
  request: IncomingMessage,
  now: Date,
): { headers: Record<string, string>; cookies: string[] } {
  // A header can have the name of an inherited property, such as `constructor`.
  const headers = Object.create(null) as Record<string, string>;
  const cookies: string[] = [];
  for (const [name, values = []] of Object.entries(request.headersDistinct)) {
    if (HOP_BY_HOP.has(name)) continue;
    if (name === 'cookie') {
      cookies.push(...values.flatMap((value) => value.split(/; */)).filter((cookie) => cookie !== ''));
    } else {
      headers[name] = values.join(',');
    }
  }
  const address = request.socket.remoteAddress ?? '';
  headers['x-forwarded-for'] = [headers['x-forwarded-for'], address].filter(Boolean).join(', ');
  headers['x-forwarded-port'] = String(request.socket.localPort ?? '');
  headers['x-forwarded-proto'] = 'http';
  const seconds = Math.floor(now.getTime() / 1000).toString(16);
  headers['x-amzn-trace-id'] ??= `Root=1-${seconds}-${randomBytes(12).toString('hex')}`;
  return { headers, cookies };
}

/** Returns the decoded query string parameters, with repeated values joined by commas, or `undefined` if there are none. */
function readQuery(queryString: string): Record<string, string> | undefined {
  if (queryString === '') return undefined;
  // A parameter can have the name of an inherited property, such as `__proto__`.
  const parameters = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(queryString)) {
    const before = parameters.get(name);
    parameters.set(name, before === undefined ? value : `${before},${value}`);
  }
  return Object.fromEntries(parameters);
}

function mediaType(contentType: string | undefined): string {
  return (contentType ?? '').split(';', 1).join('').trim().toLowerCase();
}

/** Formats a time in Common Log Format, in UTC: `22/Nov/2026:09:05:00 +0000`. */
export function clfTime(date: Date): string {
  const [, time = ''] = date.toISOString().split(/[T.]/);
  const day = String(date.getUTCDate()).padStart(2, '0');
  return `${day}/${MONTHS[date.getUTCMonth()] ?? ''}/${date.getUTCFullYear()}:${time} +0000`;
}
