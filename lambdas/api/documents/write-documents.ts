import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { operations } from '../operations.ts';
import { builtInCatalogue, openApiDocument } from './document.ts';
import { referencePage } from './reference-page.ts';

// Writes the files that `npm run documents` generates from the operations. The deployment serves the OpenAPI document,
// and derives the API's routes from it. The command's next step generates the client's types from the document.

const root = path.resolve(import.meta.dirname, '../../..');
const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string };

const write = (file: string, content: string): void => {
  mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
  writeFileSync(path.join(root, file), content);
};

const document = openApiDocument(operations, version);
write('lambdas/api/documents/openapi.json', `${JSON.stringify(document, null, 2)}\n`);
write('lambdas/api/documents/built-in-jobs.json', `${JSON.stringify(builtInCatalogue(document), null, 2)}\n`);
write('docs/reference/operations.md', referencePage(operations));
