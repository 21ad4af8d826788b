import { randomUUID } from 'node:crypto';
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { noteFailure } from '../aws-endpoint/failures.ts';
import { checksumTypeOf } from './checksums.ts';
import type { StoredObject } from './object-store.ts';
import { S3Error } from './s3-error.ts';
import { quotable, writeXml, type XmlContent } from '../write-xml.ts';

/** Responds without a body. */
export function answerEmpty(
  response: ServerResponse,
  status: number,
  headers: OutgoingHttpHeaders = {},
): void {
  response.writeHead(status, { 'x-amz-request-id': randomUUID(), ...headers });
  response.end();
}

/** Responds with XML. */
export function answerXml(
  response: ServerResponse,
  status: number,
  root: string,
  content: XmlContent,
  headers: OutgoingHttpHeaders = {},
): void {
  const body = Buffer.from(writeXml(root, content));
  const type = { 'content-type': 'application/xml', 'content-length': body.length };
  response.writeHead(status, { 'x-amz-request-id': randomUUID(), ...type, ...headers });
  response.end(body);
}

/** Responds with an error. Unexpected errors become InternalError. */
export function answerError(response: ServerResponse, resource: string, error: unknown): void {
  const { status, code, message, details } =
    error instanceof S3Error ? error : new S3Error(500, 'InternalError', noteFailure(response, error));
  const requestId = randomUUID();
  const content = { Code: code, Message: message, ...details, Resource: resource, RequestId: requestId };
  const quoted = Object.entries(content).map(([name, value]) => [
    name,
    typeof value === 'string' ? quotable(value) : value,
  ]);
  // For a HEAD request, Node omits the body.
  answerXml(response, status, 'Error', Object.fromEntries(quoted) as typeof content, {
    'x-amz-request-id': requestId,
  });
}

/** Returns the headers that describe an object in a response. */
export function objectHeaders(object: StoredObject): OutgoingHttpHeaders {
  return {
    ...object.headers,
    etag: object.etag,
    'last-modified': new Date(object.modifiedAt).toUTCString(),
    'accept-ranges': 'bytes',
    'x-amz-server-side-encryption': 'AES256',
  };
}

/** Returns an object's checksums as headers. As in S3, only responses with the whole object include these headers. */
export function checksumHeaders({ checksums }: StoredObject): OutgoingHttpHeaders {
  const type = checksumTypeOf(checksums);
  return type ? { ...checksums, 'x-amz-checksum-type': type } : {};
}
