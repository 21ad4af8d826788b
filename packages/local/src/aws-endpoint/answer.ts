import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { quotable } from '../write-xml.ts';
import { isCbor, toCbor } from './cbor.ts';

/** An AWS error. SDKs turn the error into an exception named after `code`. */
export interface ErrorAnswer {
  /** The HTTP status code. Use 5xx only for errors that a retry may fix, because the SDKs retry every 5xx. */
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

/** Responds with JSON, or with CBOR if the request was CBOR. */
export function answerJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  const requestId = { 'x-amzn-requestid': randomUUID() };
  if (isCbor(response.req.headers['content-type'])) {
    const bytes = toCbor(body);
    const protocol = { 'content-type': 'application/cbor', 'smithy-protocol': 'rpc-v2-cbor' };
    response.writeHead(status, { ...requestId, ...headers, ...protocol, 'content-length': bytes.length });
    response.end(bytes);
    return;
  }
  const json = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(json),
    ...requestId,
    ...headers,
  });
  // Passing a string makes Node send the headers and the body together.
  response.end(json);
}

/** Responds with an error in the JSON protocols' format. */
export function answerJsonError(response: ServerResponse, { status, code, message }: ErrorAnswer): void {
  answerJson(response, status, { __type: code, message }, { 'x-amzn-errortype': code });
}

/** Responds with an error in S3's format. */
export function answerXmlError(response: ServerResponse, { status, code, message }: ErrorAnswer): void {
  const requestId = randomUUID();
  response.writeHead(status, { 'content-type': 'application/xml', 'x-amz-request-id': requestId });
  response.end(
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
      `<Error><Code>${code}</Code><Message>${escapeXml(message)}</Message>` +
      `<RequestId>${requestId}</RequestId></Error>`,
  );
}

function escapeXml(text: string): string {
  return quotable(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
