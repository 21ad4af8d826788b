/** Data about a finished request. Fields that do not apply are undefined. */
export interface Access {
  readonly requestId: string;
  /** The time in the event's format: `22/Nov/2026:09:05:00 +0000`. */
  readonly requestTime: string;
  readonly sourceIp: string;
  readonly httpMethod: string;
  /** The key of the matching route; undefined if no route matches the request. */
  readonly routeKey: string | undefined;
  readonly status: number;
  /** The length of the response's body, in bytes. */
  readonly responseLength: number;
  /** The time from the request's arrival to its response, in milliseconds. */
  readonly responseLatency: number;
  /** The error message, if the gateway generated the response itself. */
  readonly gatewayError: string | undefined;
  /** The error message, if the function returned no response. */
  readonly integrationError: string | undefined;
}

/** The variables that a stage's access log format supports, without the `$context.` prefix. */
const VARIABLES: Readonly<Record<string, (access: Access) => string | number | undefined>> = {
  'error.message': ({ gatewayError }) => gatewayError,
  httpMethod: ({ httpMethod }) => httpMethod,
  'identity.sourceIp': ({ sourceIp }) => sourceIp,
  integrationErrorMessage: ({ integrationError }) => integrationError,
  requestId: ({ requestId }) => requestId,
  requestTime: ({ requestTime }) => requestTime,
  responseLatency: ({ responseLatency }) => responseLatency,
  responseLength: ({ responseLength }) => responseLength,
  routeKey: ({ routeKey }) => routeKey,
  status: ({ status }) => status,
};

const VARIABLE = /\$context\.([\w-]+(?:\.[\w-]+)*)/g;

/** Returns the first unsupported variable in a format, such as `$context.path`. */
export function unknownVariable(format: string): string | undefined {
  for (const [variable, name = ''] of format.matchAll(VARIABLE)) if (!VARIABLES[name]) return variable;
  return undefined;
}

/**
 * Formats an access log line. As in API Gateway, a variable without a value becomes `-`, and values are not escaped.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
 */
export function accessLine(format: string, access: Access): string {
  return format.replaceAll(VARIABLE, (_variable, name: string) => String(VARIABLES[name]?.(access) ?? '-'));
}
