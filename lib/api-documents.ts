import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Catalogue } from '../lambdas/job/catalogue.ts';
import { packageRoot } from './bundle.ts';
import { jobTypeList, withJobTypes } from './jobs/job-types-document.ts';
import { OPENAPI_DOCUMENT } from './routes.ts';

/** The page of `GET /docs`. `{{name}}` is replaced by the hashed name of that file. */
const PAGE = 'lambdas/api/docs-page';
const OWN_FILES = ['initializer.js'];
const SWAGGER_UI_FILES = ['swagger-ui-bundle.js', 'swagger-ui.css', 'favicon-32x32.png'];

/** Where Swagger UI's files are: its package in a checkout, the copy made by `npm run build` in the npm package. */
const SWAGGER_UI_FOLDERS = ['node_modules/swagger-ui-dist', 'dist/swagger-ui'];

/** The job types that a deployment accepts. */
export interface AcceptedJobTypes {
  readonly builtIn: Catalogue['jobs'];
  /** Those of the user's jobs file. */
  readonly own: Catalogue['jobs'];
}

/**
 * Writes the folder `documents` next to the api's bundle: the OpenAPI document, its page and the page's files, and the list of the
 * job types, all gzipped. The names in `files` contain a hash of the content, so that browsers can cache the files forever.
 *
 * @throws Error if Swagger UI is missing
 */
export function addApiDocuments(outputDir: string, { builtIn, own }: AcceptedJobTypes): void {
  const folder = path.join(outputDir, 'documents');
  mkdirSync(path.join(folder, 'files'), { recursive: true });
  const write = (name: string, content: string | Buffer): void => {
    writeFileSync(path.join(folder, `${name}.gz`), gzipSync(content, { level: 9 }));
  };

  const page = path.join(packageRoot, PAGE);
  const swaggerUi = swaggerUiFolder();
  let html = readFileSync(path.join(page, 'index.html'), 'utf8');
  for (const file of [
    ...OWN_FILES.map((name) => path.join(page, name)),
    ...SWAGGER_UI_FILES.map((name) => path.join(swaggerUi, name)),
  ]) {
    const content = readFileSync(file);
    const { name, ext } = path.parse(file);
    const hash = createHash('sha256').update(content).digest('hex').slice(0, 12);
    const hashedName = `${name}-${hash}${ext}`;
    html = html.replace(`{{${name}${ext}}}`, hashedName);
    write(`files/${hashedName}`, content);
  }
  write('index.html', html);
  const document = JSON.parse(readFileSync(OPENAPI_DOCUMENT, 'utf8')) as Parameters<typeof withJobTypes>[0];
  write('openapi.json', JSON.stringify(withJobTypes(document, builtIn, own)));
  write('job-types.json', JSON.stringify(jobTypeList([...builtIn, ...own])));
}

function swaggerUiFolder(): string {
  const folder = SWAGGER_UI_FOLDERS.map((name) => path.join(packageRoot, name)).find((candidate) =>
    existsSync(candidate),
  );
  if (folder === undefined) {
    throw new Error(
      `The files of Swagger UI are in none of ${SWAGGER_UI_FOLDERS.join(', ')} of ${packageRoot}.`,
    );
  }
  return folder;
}
