import * as z from 'zod/mini';
import { described } from '../../fields.ts';
import { operation } from '../../operation.ts';
import { REVALIDATED, staticFile } from './documents.ts';

/** Files whose names contain a hash of their content. */
const IMMUTABLE = { 'cache-control': 'public, max-age=31536000, immutable' };

/** The console runs only our files and calls only this API. */
const CONSOLE_POLICY = [
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
const UNCHANGED = { status: 304, description: 'The content is still the version in `If-None-Match`.' };

/** Open to everyone: the page holds no data, and asks for the key with which it calls this API. */
export const getConsole = operation({
  id: 'getConsole',
  method: 'GET',
  path: '/console',
  scope: null,
  handle: async (request) =>
    staticFile('console/index.html', request, {
      ...REVALIDATED,
      'content-security-policy': CONSOLE_POLICY,
      'referrer-policy': 'no-referrer',
    }),
  docs: !import.meta.bundled && {
    tag: 'Service',
    summary: 'Open the console',
    description:
      'A web page on this API. It holds no data and asks for the credentials that it calls the API with.',
    storeless: true,
    responses: [
      {
        status: 200,
        description: 'The console.',
        headers: FILE_HEADERS,
        content: { mediaTypes: ['text/html'] },
      },
      UNCHANGED,
    ],
  },
});

/** The scripts, styles and images of the console. */
export const getConsoleFile = operation({
  id: 'getConsoleFile',
  method: 'GET',
  path: '/console/{file}',
  scope: null,
  request: {
    path: z.strictObject({
      file: described(z.string(), !import.meta.bundled && { description: 'A file name from the page.' }),
    }),
  },
  handle: async (request) => staticFile(`console/files/${request.path.file}`, request, IMMUTABLE),
  docs: !import.meta.bundled && {
    tag: 'Service',
    summary: 'Get a file of the console',
    storeless: true,
    responses: [
      {
        status: 200,
        description: 'The file. A file name’s content never changes.',
        headers: FILE_HEADERS,
        content: { mediaTypes: ['text/javascript', 'text/css', 'image/svg+xml'] },
      },
      UNCHANGED,
    ],
    problems: { 404: ['not-found'] },
  },
});
