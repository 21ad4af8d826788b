import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { HttpError } from '../middleware/problem.ts';

/** The folder of served files, which are all gzipped. The deployment puts the folder next to the bundle. */
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
 * Responds with a file from the folder, gzipped if the client accepts gzip. Responds with 304 if the client already has the
 * file. The folder is not read until the first request for a file.
 *
 * @param name a path in the folder; it must be one of the existing files, so it can't lead outside the folder
 * @throws HttpError 404 for any other name
 */
export async function staticFile(
  name: string,
  { headers }: ReadEvent,
  ourHeaders: Readonly<Record<string, string>>,
): Promise<APIGatewayProxyStructuredResultV2> {
  const gzipped = await read(name);
  const etag = `W/"${createHash('sha256').update(gzipped).digest('base64url').slice(0, 22)}"`;
  // `vary` includes `origin`, because API Gateway adds CORS headers for the request's origin, but no `vary`.
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
    throw new HttpError(404, 'not-found', 'The file does not exist.');
  }
  return readFile(path.join(FOLDER, file));
}
