import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { readFileSync } from 'node:fs';
import path from 'node:path';

type Schema = Record<string, unknown>;

/** The parts of the OpenAPI document that the tests read. */
export interface DocumentView {
  openapi: string;
  paths: Record<string, Record<string, OperationView>>;
  components: { schemas: Record<string, Schema> };
}

export interface OperationView {
  operationId: string;
  summary: string;
  security?: Record<string, string[]>[];
  parameters?: { name: string; in: string; schema: Schema }[];
  requestBody?: { content: Record<string, ContentView> };
  responses: Record<string, ResponseView>;
}

export interface ResponseView {
  /** `required` is false if only some of these responses have the header. */
  headers?: Record<string, { required?: boolean }>;
  content?: Record<string, ContentView>;
}

export interface ContentView {
  schema?: Schema;
  example?: unknown;
  examples?: Record<string, { value: unknown }>;
}

/** Returns every operation that the API's OpenAPI document describes. */
export function documentedOperations(): ReturnType<typeof operationsOf> {
  const file = path.resolve(import.meta.dirname, '../../lambdas/api/documents/openapi.json');
  return operationsOf(JSON.parse(readFileSync(file, 'utf8')) as DocumentView);
}

/** Returns every operation of an OpenAPI document with its path and method. */
export function operationsOf(
  document: DocumentView,
): { method: string; path: string; operation: OperationView }[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      operation,
    })),
  );
}

/**
 * Creates a function that validates values against an OpenAPI document's schemas. Fields that the document does not describe are errors too, so that
 * the document stays complete.
 *
 * @returns a function that returns the errors; undefined if the value is valid
 */
export function schemaChecker(
  document: DocumentView,
): (schema: Schema, value: unknown) => string | undefined {
  const ajv = new Ajv2020({ allErrors: true, strict: true, strictTypes: false, strictRequired: false });
  // The module is CommonJS, so the function is the `default` property of the imported namespace.
  (addFormats as unknown as { default: (ajv: Ajv2020) => void }).default(ajv);
  ajv.addVocabulary(['components']);
  const root = closed({ components: document.components }) as Schema;
  // Most responses share their schemas, and compiling a schema takes 20 ms.
  const compiled = new Map<string, ValidateFunction>();
  const validatorOf = (schema: Schema): ValidateFunction => {
    const key = JSON.stringify(schema);
    const validate = compiled.get(key) ?? ajv.compile({ ...root, ...(closed(schema) as Schema) });
    compiled.set(key, validate);
    return validate;
  };
  return (schema, value) => {
    const validate = validatorOf(schema);
    return validate(value) ? undefined : ajv.errorsText(validate.errors);
  };
}

/** Returns the schema with unknown members forbidden. With `allOf`, this applies to the combined schema, not to each part. */
function closed(schema: unknown, isJoined = false): unknown {
  if (Array.isArray(schema)) return schema.map((item) => closed(item, isJoined));
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).map(([key, value]) => [
    key,
    closed(value, isJoined || key === 'allOf'),
  ]);
  const copy = Object.fromEntries(entries) as Schema;
  const knows = typeof copy.properties === 'object' && copy.type === 'object';
  if (knows && !isJoined && copy.additionalProperties === undefined) copy.unevaluatedProperties = false;
  return copy;
}

/** Returns the name of the largest script in the documentation page or the console. */
export function scriptOf(html: string): string {
  const [, file] = /(?:docs|console)\/((?:swagger-ui-bundle|index)-[\w-]+\.js)/.exec(html) ?? [];
  if (file === undefined) throw new Error(`The page has no script: ${html}`);
  return file;
}
