import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { builtInCatalogue } from '../../lib/jobs/built-in-jobs.ts';
import { jobTypeList } from '../../lib/jobs/job-types-document.ts';

const PROJECT = path.resolve(import.meta.dirname, '../..');

/** The template of the page for `GET /docs`. Each `{{name}}` is a placeholder for the hashed name of the file `name`. */
const PAGE = path.join(PROJECT, 'lambdas/api/docs-page');
const OWN_FILES = ['initializer.js', 'page.css'];
const SWAGGER_UI_FILES = ['swagger-ui-bundle.js', 'swagger-ui.css', 'favicon-32x32.png'];

/** The folder of Swagger UI, relative to the project's root. */
export const SWAGGER_UI = 'node_modules/swagger-ui-dist';

/** The OpenAPI document, which `npm run documents` writes. */
const OPENAPI_DOCUMENT = path.join(PROJECT, 'lambdas/api/documents/openapi.json');

/**
 * Writes the `documents` folder next to the api's bundle: the OpenAPI document, the documentation page and its files, and the list of job
 * types. All files are gzipped. File names in `files` contain a hash of the content, so that browsers can cache the files forever. A stack with a
 * jobs file rewrites the OpenAPI document and the list of job types (lib/jobs/job-types-document.ts).
 */
export function addApiDocuments(outputDir: string): void {
  const folder = path.join(outputDir, 'documents');
  mkdirSync(path.join(folder, 'files'), { recursive: true });
  const write = (name: string, content: string | Buffer): void => {
    writeFileSync(path.join(folder, `${name}.gz`), gzipSync(content, { level: 9 }));
  };

  let html = readFileSync(path.join(PAGE, 'index.html'), 'utf8');
  for (const file of [
    ...OWN_FILES.map((name) => path.join(PAGE, name)),
    ...SWAGGER_UI_FILES.map((name) => path.join(PROJECT, SWAGGER_UI, name)),
  ]) {
    const content = readFileSync(file);
    const { name, ext } = path.parse(file);
    const hash = createHash('sha256').update(content).digest('hex').slice(0, 12);
    const hashedName = `${name}-${hash}${ext}`;
    html = html.replace(`{{${name}${ext}}}`, hashedName);
    write(`files/${hashedName}`, content);
  }
  write('index.html', html);
  write('openapi.json', minified(readFileSync(OPENAPI_DOCUMENT, 'utf8')));
  write('job-types.json', JSON.stringify(jobTypeList(builtInCatalogue.jobs)));
}

function minified(json: string): string {
  return JSON.stringify(JSON.parse(json));
}
