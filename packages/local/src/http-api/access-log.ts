/** What is known of a request once it is answered. A part that does not apply is undefined. */
export interface Access {
  readonly requestId: string;
  /** As in the event: `22/Nov/2026:09:05:00 +0000`. */
  readonly requestTime: string;
  readonly sourceIp: string;
  readonly httpMethod: string;
  /** Undefined where no route takes the request. */
  readonly routeKey: string | undefined;
  readonly status: number;
  /** In bytes. */
  readonly responseLength: number;
  /** In milliseconds, from the request's arrival to its answer. */
  readonly responseLatency: number;
  /** What the gateway says by itself. */
  readonly gatewayError: string | undefined;
  /** Why the function gave no answer. */
  readonly integrationError: string | undefined;
}

/** The variables of a stage's access log that the embedded cloud knows, without their `$context.`. */
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

/** The first variable of a format that the embedded cloud does not know, such as `$context.path`. */
export function unknownVariable(format: string): string | undefined {
  for (const [variable, name = ''] of format.matchAll(VARIABLE)) if (!VARIABLES[name]) return variable;
  return undefined;
}

/**
 * One line of an access log. As with API Gateway, a variable without a value is `-`, and a value stands as it is.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
 */
export function accessLine(format: string, access: Access): string {
  return format.replaceAll(VARIABLE, (_variable, name: string) => String(VARIABLES[name]?.(access) ?? '-'));
}
