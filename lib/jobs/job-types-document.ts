import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Catalogue, CatalogueEntry } from '../../lambdas/job/catalogue.ts';

type Schema = Record<string, unknown>;

interface OpenApiDocument {
  readonly components: { readonly schemas: Record<string, Schema> };
}

/** The schemas of the OpenAPI document that have the fields `type` and `payload`. */
const SUBMISSIONS = ['Submission', 'ScheduledSubmission'];

/**
 * Rewrites the OpenAPI document and the list of job types next to the api's bundle.
 *
 * @param builtIn the built-in job types that clients may submit
 * @param own the job types of the user's jobs file
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
  const document = JSON.parse(gunzipSync(readFileSync(fileOf('openapi.json'))).toString()) as OpenApiDocument;
  write('openapi.json', withJobTypes(document, builtIn, own));
  write('job-types.json', jobTypeList([...builtIn, ...own]));
}

/**
 * The OpenAPI document of a deployment with these job types: each type's payload is a schema named like `ResizePayload`, and
 * `type` lists their names.
 *
 * @param document of a deployment with only the built-in job types
 * @param builtIn those of them that clients may submit
 */
export function withJobTypes(
  document: OpenApiDocument,
  builtIn: Catalogue['jobs'],
  own: Catalogue['jobs'],
): OpenApiDocument {
  const schemas = { ...document.components.schemas };
  for (const { name, payload } of own) {
    const component = componentName(name);
    schemas[component] = rooted(payload, `#/components/schemas/${component}`) as Schema;
  }
  const types = [...builtIn, ...own].map(({ name }) => name);
  const anyOf = types.map((name) => ({ $ref: `#/components/schemas/${componentName(name)}` }));
  for (const name of SUBMISSIONS) {
    const submission = schemas[name] ?? {};
    const { type, payload, ...properties } = submission.properties as Record<string, Schema>;
    const { default: defaultType, ...rest } = type ?? {};
    schemas[name] = {
      ...submission,
      properties: {
        ...properties,
        type: {
          ...rest,
          enum: types,
          ...(types.includes(String(defaultType)) && { default: defaultType }),
        },
        payload: { ...payload, anyOf },
      },
    };
  }
  return { ...document, components: { ...document.components, schemas } };
}

/** The response of `GET /v1/job-types`. */
export function jobTypeList(jobs: Catalogue['jobs']): { items: unknown[] } {
  return {
    items: jobs.map(({ name, queue, retry, timeout_seconds, payload }: CatalogueEntry) => ({
      name,
      queue,
      max_attempts: retry.attempts,
      timeout_seconds,
      payload,
    })),
  };
}

/** `send_messages` → `SendMessagesPayload` */
function componentName(name: string): string {
  const words = name.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  return `${words.map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`).join('')}Payload`;
}

/** Points the references of a schema, which start at its own root, into the document. */
function rooted(schema: unknown, root: string): unknown {
  if (Array.isArray(schema)) return schema.map((each) => rooted(each, root));
  if (typeof schema !== 'object' || schema === null) return schema;
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([key]) => key !== '$schema' && key !== '$id')
      .map(([key, value]) => [
        key,
        key === '$ref' && typeof value === 'string' && value.startsWith('#')
          ? `${root}${value.slice(1)}`
          : rooted(value, root),
      ]),
  );
}
