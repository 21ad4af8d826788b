import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { withJobTypes, type Schemas } from '../../lambdas/api/documents/job-type-schemas.ts';
import type { Catalogue, CatalogueEntry } from '../../lambdas/job/catalogue.ts';
import { DEFAULT_PRIORITY } from '../../lambdas/job/flow-control.ts';
import { DEFAULT_MAX_DURATION_SECONDS } from '../../lambdas/job/definition.ts';

interface OpenApiDocument {
  readonly components: { readonly schemas: Schemas };
}

/**
 * Rewrites the OpenAPI document and the list of job types next to the api's bundle.
 *
 * @param builtIn the built-in job types that clients may submit
 * @param own the job types from the user's jobs file
 */
export function rewriteDocuments(
  outputDir: string,
  builtIn: Catalogue['jobs'],
  own: Catalogue['jobs'],
): void {
  const fileOf = (name: string): string => path.join(outputDir, 'documents', `${name}.gz`);
  const write = (name: string, content: unknown): void => {
    writeFileSync(fileOf(name), gzipSync(JSON.stringify(content), { level: 9 }));
  };
  const jobTypes = [...builtIn, ...own];
  const document = JSON.parse(gunzipSync(readFileSync(fileOf('openapi.json'))).toString()) as OpenApiDocument;
  write('openapi.json', {
    ...document,
    components: { ...document.components, schemas: withJobTypes(document.components.schemas, jobTypes) },
  });
  write('job-types.json', jobTypeList(jobTypes));
}

/** Returns the response body of `GET /v1/job-types`. */
export function jobTypeList(jobs: Catalogue['jobs']): { items: unknown[] } {
  return {
    items: jobs.map(({ flow, ...entry }: CatalogueEntry) => ({
      name: entry.name,
      queue: entry.queue,
      max_attempts: entry.retry.attempts,
      timeout_seconds: entry.timeout_seconds,
      max_duration_seconds: entry.max_duration_seconds ?? DEFAULT_MAX_DURATION_SECONDS,
      priority: flow?.priority ?? DEFAULT_PRIORITY,
      concurrency: flow?.concurrency ?? null,
      rate_limit: flow?.rate_limit ?? null,
      payload: entry.payload,
      signals: entry.signals ?? null,
    })),
  };
}
