import type { OperationView } from './openapi.ts';

/** An unknown id for each path parameter. */
export const UNKNOWN: Readonly<Record<string, string>> = {
  job_id: '01900000-0000-7000-8000-000000000000',
  message_id: '01900000-0000-7000-8000-000000000000',
  name: 'nothing',
  queue: 'nothing',
  type: 'nothing',
  batch_id: 'nothing',
  file: 'nothing.js',
  token: 'nothing',
  key_id: '0000000000000000',
};

export interface OperationRequest {
  method: string;
  path: string;
  body: unknown;
}

/**
 * Builds an operation's request from the first documented example of its JSON body. Path parameters without a value get {@link UNKNOWN} ids.
 */
export function requestOf(
  { method, path, operation }: { method: string; path: string; operation: OperationView },
  values: Readonly<Record<string, string>> = {},
): OperationRequest {
  const content = operation.requestBody?.content['application/json'];
  const [example] = Object.values(content?.examples ?? {});
  return {
    method,
    path: path.replaceAll(/\{(\w+)\}/g, (_whole, name: string) => values[name] ?? UNKNOWN[name] ?? name),
    body: example?.value,
  };
}

/**
 * Builds the request for a caller that has only one scope. A caller can give a new key only scopes that the caller also has.
 */
export function requestOfScope(
  scope: string,
  operation: { method: string; path: string; operation: OperationView },
): OperationRequest {
  const request = requestOf(operation);
  if (operation.operation.operationId !== 'createApiKey') return request;
  return { ...request, body: { ...(request.body as object), scopes: [scope] } };
}

/** Sends a request and returns the response. Bodies of pages and files are strings. All other bodies are parsed as JSON. */
export async function answerTo(
  url: string,
  { method, path, body }: OperationRequest,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ status: number; headers: Headers; text: string; body: unknown }> {
  const response = await fetch(url + path, {
    method,
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = (response.headers.get('content-type') ?? '').includes('json');
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: isJson && text !== '' ? JSON.parse(text) : text,
  };
}
