import * as z from 'zod/mini';
import { described } from '../../fields.ts';
import { operation } from '../../operation.ts';
import { fileResponses, IMMUTABLE, pagePolicy, REVALIDATED, staticFile } from './served-files.ts';

/**
 * Serves the console's page, which is open to everyone. The page itself contains no data; it asks for credentials, which
 * it uses to call the API.
 */
export const getConsole = operation({
  id: 'getConsole',
  method: 'GET',
  path: '/console',
  scope: null,
  handle: async (request, { signInOrigins }) =>
    staticFile('console/index.html', request, {
      ...REVALIDATED,
      'content-security-policy': pagePolicy(await signInOrigins()),
      'referrer-policy': 'no-referrer',
    }),
  docs: !import.meta.bundled && {
    tag: 'Service',
    summary: 'Open the console',
    description:
      'A web page for this API. It contains no data and asks for the credentials with which it calls the API.',
    storeless: true,
    responses: fileResponses('The console.', ['text/html']),
  },
});

/** Serves the console's scripts, styles and images. */
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
    summary: 'Get one of the console’s files',
    storeless: true,
    responses: fileResponses('The file. The content behind a file name never changes.', [
      'text/javascript',
      'text/css',
      'image/svg+xml',
    ]),
    problems: { 404: ['not-found'] },
  },
});
