import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { openApiDocument } from './document.ts';
import { operations } from '../operations.ts';

/** Where `npm run documents` leaves the document; the deployment takes it from there. */
const DOCUMENT_FILE = path.join(import.meta.dirname, 'openapi.json');

const { version } = JSON.parse(
  readFileSync(path.resolve(import.meta.dirname, '../../../package.json'), 'utf8'),
) as { version: string };

writeFileSync(DOCUMENT_FILE, `${JSON.stringify(openApiDocument(operations, version), null, 2)}\n`);
