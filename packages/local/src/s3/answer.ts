import { randomUUID } from 'node:crypto';
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { checksumTypeOf } from './checksums.ts';
import type { StoredObject } from './object-store.ts';
import { S3Error } from './s3-error.ts';
import { writeXml, type XmlContent } from '../write-xml.ts';

/** Answers without a body. */
export function answerEmpty(
  response: ServerResponse,
  status: number,
  headers: OutgoingHttpHeaders = {},
): void {
  response.writeHead(status, { 'x-amz-request-id': randomUUID(), ...headers });
  response.end();
}

/** Answers with a document. */
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

/** Answers with what went wrong; what is no refusal is an InternalError that says what it is. */
export function answerError(response: ServerResponse, resource: string, error: unknown): void {
  const { status, code, message, details } =
    error instanceof S3Error ? error : new S3Error(500, 'InternalError', String(error));
  const requestId = randomUUID();
  const content = { Code: code, Message: message, ...details, Resource: resource, RequestId: requestId };
  // The answer to a HEAD has none of it: Node leaves the body out.
  answerXml(response, status, 'Error', content, { 'x-amz-request-id': requestId });
}

/** The headers that describe an object to whoever reads or asks for it. */
export function objectHeaders(object: StoredObject): OutgoingHttpHeaders {
  return {
    ...object.headers,
    etag: object.etag,
    'last-modified': new Date(object.modifiedAt).toUTCString(),
    'accept-ranges': 'bytes',
    'x-amz-server-side-encryption': 'AES256',
  };
}

/** The checksums that an object came with, for an answer that has or describes the whole of it. */
export function checksumHeaders({ checksums }: StoredObject): OutgoingHttpHeaders {
  const type = checksumTypeOf(checksums);
  return type ? { ...checksums, 'x-amz-checksum-type': type } : {};
}
