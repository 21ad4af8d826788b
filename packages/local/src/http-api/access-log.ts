/** The data about a finished request. Parts that do not apply are undefined. */
export interface Access {
  readonly requestId: string;
  /** As in the event: `22/Nov/2026:09:05:00 +0000`. */
  readonly requestTime: string;
  readonly sourceIp: string;
  readonly httpMethod: string;
  /** Undefined if no route matches the request. */
  readonly routeKey: string | undefined;
  readonly status: number;
  /** In bytes. */
  readonly responseLength: number;
  /** In milliseconds, from the request's arrival to its response. */
  readonly responseLatency: number;
  /** The message of the gateway's own response. */
  readonly gatewayError: string | undefined;
  /** Why the function returned no response. */
  readonly integrationError: string | undefined;
}

/** The supported variables of a stage's access log, without the `$context.`. */
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

/** The first unsupported variable of a format, such as `$context.path`. */
export function unknownVariable(format: string): string | undefined {
  for (const [variable, name = ''] of format.matchAll(VARIABLE)) if (!VARIABLES[name]) return variable;
  return undefined;
}

/**
 * One line of an access log. As in API Gateway, a variable without a value is `-`, and values are not escaped.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
 */
export function accessLine(format: string, access: Access): string {
  return format.replaceAll(VARIABLE, (_variable, name: string) => String(VARIABLES[name]?.(access) ?? '-'));
}
