import type { ErrorAnswer } from '../aws-endpoint/answer.ts';

/** A service's error codes for internal failures and throttling, with their HTTP status codes. */
interface ServiceErrors {
  readonly internal: readonly [code: string, status: number];
  readonly throttling: readonly [code: string, status: number];
}

// The codes come from the service models (the errors in @aws-sdk/client-*) and, for throttling, from the services' "Common Errors" pages.
const ERRORS: Readonly<Record<string, ServiceErrors>> = {
  dynamodb: { internal: ['InternalServerError', 500], throttling: ['ThrottlingException', 400] },
  sqs: { internal: ['InternalFailure', 500], throttling: ['RequestThrottled', 400] },
  'rds-data': { internal: ['InternalServerErrorException', 500], throttling: ['ThrottlingException', 400] },
  s3: { internal: ['InternalError', 500], throttling: ['SlowDown', 503] },
  lambda: { internal: ['ServiceException', 500], throttling: ['TooManyRequestsException', 429] },
  scheduler: { internal: ['InternalServerException', 500], throttling: ['ThrottlingException', 429] },
  secretsmanager: { internal: ['InternalServiceError', 500], throttling: ['ThrottlingException', 400] },
  ssm: { internal: ['InternalServerError', 500], throttling: ['ThrottlingException', 400] },
};
const COMMON: ServiceErrors = {
  internal: ['InternalFailure', 500],
  throttling: ['ThrottlingException', 400],
};

/** Options that select a service's error response. */
interface ErrorChoice {
  /** The error: `internal`, `throttling`, or an error code. @default internal */
  readonly code?: string | undefined;
  /** @default - the usual HTTP status code for `code` */
  readonly status?: number | undefined;
  readonly message?: string | undefined;
}

/** Returns the error that a service sends instead of handling the request. */
export function serviceError(
  service: string,
  { code = 'internal', status, message }: ErrorChoice,
): ErrorAnswer {
  const known = ERRORS[service] ?? COMMON;
  const [name, usual] = code === 'internal' || code === 'throttling' ? known[code] : [code, 400];
  return {
    code: name,
    status: status ?? usual,
    message: message ?? `A fault point of the embedded cloud: ${name}.`,
  };
}
