import * as z from 'zod/mini';
import { lazy } from '../../../lazy.ts';
import { described } from '../../fields.ts';
import { operation } from '../../operation.ts';

/** Loaded with the first request for a file: few cold starts are followed by one. */
export const staticFile = lazy(async () => (await import('../../static-files.ts')).staticFile);

/** Requested again each time, and answered with 304 while the content is the same. */
export const REVALIDATED = { 'cache-control': 'no-cache' };

/** For files whose names contain a hash of their content. */
const IMMUTABLE = { 'cache-control': 'public, max-age=31536000, immutable' };

/** The page runs only our files and calls only this API. Swagger UI's arrows are `data:` images. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const FILE_HEADERS = { ETag: 'The version of the content, for `If-None-Match`.' };

export const getDocument = operation({
  id: 'getDocument',
  method: 'GET',
  path: '/openapi.json',
  scope: 'read',
  handle: async (request) => staticFile('openapi.json', request, REVALIDATED),
  docs: !import.meta.bundled && {
    tag: 'Service',
    summary: 'Get this document',
    storeless: true,
    responses: [
      {
        status: 200,
        description: 'OpenAPI 3.1.',
        headers: FILE_HEADERS,
        content: { mediaTypes: ['application/json'] },
      },
      { status: 304, description: 'The content is still the version in `If-None-Match`.' },
    ],
  },
});

/** Swagger UI with the document of this API. */
export const getDocsPage = operation({
  id: 'getDocsPage',
  method: 'GET',
  path: '/docs',
  scope: 'read',
  handle: async (request) =>
    staticFile('index.html', request, { ...REVALIDATED, 'content-security-policy': PAGE_POLICY }),
  docs: !import.meta.bundled && {
    tag: 'Service',
    summary: 'Read and try this document',
    storeless: true,
    responses: [
      {
        status: 200,
        description: 'Swagger UI.',
        headers: FILE_HEADERS,
        content: { mediaTypes: ['text/html'] },
      },
      { status: 304, description: 'The content is still the version in `If-None-Match`.' },
    ],
  },
});

/** The scripts, styles and images of the page. */
export const getDocsFile = operation({
  id: 'getDocsFile',
  method: 'GET',
  path: '/docs/{file}',
  scope: 'read',
  request: {
    path: z.strictObject({
      file: described(z.string(), !import.meta.bundled && { description: 'A file name from the page.' }),
    }),
  },
  handle: async (request) => staticFile(`files/${request.path.file}`, request, IMMUTABLE),
  docs: !import.meta.bundled && {
    tag: 'Service',
    summary: 'Get a file of the page',
    storeless: true,
    responses: [
      {
        status: 200,
        description: 'The file. A file name’s content never changes.',
        headers: FILE_HEADERS,
        // Not `*/*`, which generators of clients don't take.
        content: { mediaTypes: ['text/javascript', 'text/css', 'image/png'] },
      },
      { status: 304, description: 'The content is still the version in `If-None-Match`.' },
    ],
    problems: { 404: ['not-found'] },
  },
});
