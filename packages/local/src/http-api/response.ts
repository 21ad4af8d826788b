/** An HTTP response, ready to be written. */
export interface HttpApiResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: Buffer;
  /** The error message, if the gateway generated the response itself. */
  readonly gatewayError?: string;
}

/** Creates a response that API Gateway generates itself, without a function. */
export function gatewayResponse(statusCode: number, message: string): HttpApiResponse {
  return {
    statusCode,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify({ message })),
    gatewayError: message,
  };
}

/** The response to a function error, or to an invalid function result. */
export const INTERNAL_SERVER_ERROR = gatewayResponse(500, 'Internal Server Error');

/** Headers that the gateway sets itself, overriding the function's headers. */
const GATEWAY_HEADERS = new Set([
  'connection',
  'content-length',
  'date',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
]);

interface FunctionResponse {
  statusCode: unknown;
  headers?: Record<string, unknown> | null;
  cookies?: unknown;
  body?: unknown;
  isBase64Encoded?: unknown;
}

/**
 * Converts a function's result to a response, according to payload format version 2.0. If the result has no `statusCode`, the whole result
 * becomes the body of a 200 response with content type application/json. If a field has the wrong type, the response is a 500.
 */
export function toResponse(payload: Buffer): HttpApiResponse {
  const result = parsePayload(payload);
  if (!isFunctionResponse(result)) {
    return { statusCode: 200, headers: { 'content-type': 'application/json' }, body: payload };
  }
  const statusCode = Number(result.statusCode);
  const { headers, cookies = [], body = '' } = result;
  const wellFormed =
    Number.isInteger(statusCode) &&
    statusCode >= 200 &&
    statusCode <= 599 &&
    (typeof body === 'string' || body === null) &&
    Array.isArray(cookies);
  if (!wellFormed) return INTERNAL_SERVER_ERROR;

  const answered: Record<string, string | string[]> = { 'content-type': 'text/plain; charset=utf-8' };
  for (const [name, value] of Object.entries(headers ?? {})) {
    const lowerCased = name.toLowerCase();
    if (GATEWAY_HEADERS.has(lowerCased) || !isScalar(value)) continue;
    answered[lowerCased] = String(value);
  }
  if (cookies.length > 0) answered['set-cookie'] = cookies.map(String);
  return {
    statusCode,
    headers: answered,
    body: Buffer.from(body ?? '', result.isBase64Encoded === true ? 'base64' : 'utf8'),
  };
}

/** @returns undefined if a function's response is not JSON, which is possible with a custom runtime */
export function parsePayload(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString());
  } catch {
    return undefined;
  }
}

function isFunctionResponse(result: unknown): result is FunctionResponse {
  return typeof result === 'object' && result !== null && 'statusCode' in result;
}

function isScalar(value: unknown): value is string | number | boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}
