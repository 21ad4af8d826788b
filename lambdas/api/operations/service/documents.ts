import * as z from 'zod/mini';
import { described } from '../../fields.ts';
import { operation } from '../../operation.ts';
import { fileResponses, IMMUTABLE, pagePolicy, REVALIDATED, staticFile } from './served-files.ts';

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
    responses: fileResponses('OpenAPI 3.1.', ['application/json']),
  },
});

/**
 * Serves Swagger UI for this API's OpenAPI document. Like the console, the page is open to everyone, and asks for the key
 * that is needed to read the document.
 */
export const getDocsPage = operation({
  id: 'getDocsPage',
  method: 'GET',
  path: '/docs',
  scope: null,
  handle: async (request) =>
    staticFile('index.html', request, { ...REVALIDATED, 'content-security-policy': pagePolicy() }),
  docs: !import.meta.bundled && {
    tag: 'Service',
    summary: 'Read and try this document',
    description: 'A web page that asks for an API key with the `read` scope, if the deployment needs one.',
    storeless: true,
    responses: fileResponses('Swagger UI.', ['text/html']),
  },
});

/** Serves the page's scripts, styles and images. */
export const getDocsFile = operation({
  id: 'getDocsFile',
  method: 'GET',
  path: '/docs/{file}',
  scope: null,
  request: {
    path: z.strictObject({
      file: described(z.string(), !import.meta.bundled && { description: 'A file name from the page.' }),
    }),
  },
  handle: async (request) => staticFile(`files/${request.path.file}`, request, IMMUTABLE),
  docs: !import.meta.bundled && {
    tag: 'Service',
    summary: 'Get one of the page’s files',
    storeless: true,
    // The content types are listed one by one, because client generators don't accept `*`.
    responses: fileResponses('The file. The content behind a file name never changes.', [
      'text/javascript',
      'text/css',
      'image/png',
    ]),
    problems: { 404: ['not-found'] },
  },
});
