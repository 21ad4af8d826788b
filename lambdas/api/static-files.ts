import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { HttpError } from '../middleware/problem.ts';

/** The deployment puts the folder beside the bundle; everything in it is gzipped. */
const FOLDER = path.join(import.meta.dirname, 'documents');

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
};

type ReadEvent = Pick<APIGatewayProxyEventV2, 'headers'>;

/**
 * Answers with a file of the folder: gzipped where the client takes that, else as it was; 304 where the client has it. Nothing
 * is read before the first request for a file.
 *
 * @param name a path in the folder, compared with those that are there: it leads nowhere else
 * @throws HttpError 404 for another name
 */
export async function staticFile(
  name: string,
  { headers }: ReadEvent,
  ourHeaders: Readonly<Record<string, string>>,
): Promise<APIGatewayProxyStructuredResultV2> {
  const gzipped = await read(name);
  const etag = `W/"${createHash('sha256').update(gzipped).digest('base64url').slice(0, 22)}"`;
  // API Gateway adds the headers of CORS for the origin that asks, and does not say so.
  const answer = { ...ourHeaders, etag, vary: 'accept-encoding, origin' };
  if (headers['if-none-match']?.split(',').some((known) => known.trim() === etag)) {
    return { statusCode: 304, headers: answer };
  }
  const takesGzip = /(^|[\s,])gzip(?!\s*;\s*q=0(\.0*)?(\s*,|\s*$))/.test(headers['accept-encoding'] ?? '');
  const body = takesGzip ? gzipped : await promisify(gunzip)(gzipped);
  return {
    statusCode: 200,
    headers: {
      ...answer,
      'content-type': CONTENT_TYPES[path.extname(name)] ?? 'application/octet-stream',
      ...(takesGzip && { 'content-encoding': 'gzip' }),
    },
    body: body.toString('base64'),
    isBase64Encoded: true,
  };
}

async function read(name: string): Promise<Buffer> {
  const file = `${name}.gz`;
  if (!(await readdir(FOLDER, { recursive: true })).includes(file)) {
    throw new HttpError(404, 'not-found', 'There is no such file.');
  }
  return readFile(path.join(FOLDER, file));
}
