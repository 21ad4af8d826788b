import path from 'node:path';
import * as z from 'zod';
import type { Operation } from '../operation.ts';
import type { Catalogue } from '../../job/catalogue.ts';
import { builtInDefinitions } from '../../jobs/job-types.ts';
import { componentPath, components, referenceTo, named } from './components.ts';
import { payloadComponent, withJobTypes } from './job-type-schemas.ts';
import type { BodyDocs, OperationDocs, ResponseDocs } from './operation-docs.ts';
import { problemResponses, problemSchemas } from './problem-documents.ts';
import { gatewayMessage } from './views/problem.ts';

type Schema = Record<string, unknown>;

/** The problem types for requests without valid credentials, and for callers without the required scope. */
const ACCESS_PROBLEMS = { 401: ['unauthorized'], 403: ['forbidden'] } as const;

/** The OpenAPI document as a JSON object. */
export type OpenApiDocument = Record<string, unknown>;

const DESCRIPTION = `Submit jobs over HTTPS. Each job’s outcome is recorded exactly once.

Every error is a problem document (RFC 9457) with a stable \`type\`, except API Gateway’s own errors. An unknown path gets 404 \`urn:errand:problem:not-found\`, and an unsupported method 405 \`urn:errand:problem:method-not-allowed\`. Clients should ignore unknown fields.`;

/** Creates an OpenAPI 3.1 document that describes these operations. */
export function openApiDocument(operations: readonly Operation[], version: string): OpenApiDocument {
  namePayloads();
  const schemas = componentSchemas();
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of operations) {
    (paths[operation.path] ??= {})[operation.method.toLowerCase()] = describe(operation, schemas);
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Errand', version, description: DESCRIPTION, license: { name: 'MIT', identifier: 'MIT' } },
    servers: [{ url: '/', description: 'The server that serves this document.' }],
    tags: [...new Set(operations.map((operation) => docsOf(operation).tag))].map((name) => ({ name })),
    paths,
    components: {
      // Sort the schemas; otherwise, their order would depend on the imports.
      schemas: sorted({ ...withJobTypes(schemas, catalogueOf(schemas).jobs), ...problemSchemas(schemas) }),
      securitySchemes: {
        apiKey: {
          type: 'http',
          scheme: 'bearer',
          description: 'With AUTH=api-key: an API key, `errand_…`, that has the scope.',
        },
        jwt: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'With AUTH=jwt: a token from the trusted issuer that has the scope.',
        },
        iam: {
          type: 'apiKey',
          in: 'header',
          name: 'Authorization',
          description: 'With AUTH=iam: AWS Signature Version 4 for the `execute-api` service.',
        },
      },
    },
  };
}

function describe(operation: Operation, schemas: Record<string, Schema>): Schema {
  const { id, scope, request = {} } = operation;
  const docs = docsOf(operation);
  const { tag, summary, description, body } = docs;
  const parameters = [...parametersOf(request.path, 'path'), ...parametersOf(request.query, 'query')];
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description !== undefined && { description }),
    // A deployment uses one of these security schemes, depending on AUTH. The empty object is for AUTH=none.
    security: scope === null ? [] : [{ apiKey: [scope] }, { jwt: [scope] }, { iam: [] }, {}],
    ...(parameters.length > 0 && { parameters }),
    ...(body && {
      requestBody: {
        required: request.body?.whenAbsent === undefined,
        content: requestContent(body, schemas),
      },
    }),
    responses: responsesOf(operation, docs),
  };
}

/** Returns an operation's documentation. @throws Error in a Lambda bundle, which contains no documentation */
export function docsOf({ id, docs }: Operation): OperationDocs {
  if (docs === false)
    throw new Error(`The operation ${id} has no docs: write them with !import.meta.bundled.`);
  return docs;
}

function requestContent({ schema, examples, file }: BodyDocs, schemas: Record<string, Schema>): Schema {
  const reference = referenceTo(schema);
  const { properties, ...rest } = schemas[path.basename(reference.$ref)] ?? {};
  const form = {
    ...rest,
    properties: {
      ...Object.fromEntries(
        Object.entries(properties as Record<string, Schema>).map(([name, property]) => [
          name,
          inForm(property),
        ]),
      ),
      // Form fields are text. The payload must be a JSON object, because the text of any other JSON value could also be a
      // plain string.
      payload: { ...((properties as Schema).payload as Schema), type: 'object', default: {} },
      file: { description: file, type: 'string', format: 'binary' },
    },
    required: ['file'],
  };
  return {
    'application/json': {
      schema: reference,
      examples: Object.fromEntries(Object.entries(examples).map(([name, value]) => [name, { value }])),
    },
    ...(file !== undefined && { 'multipart/form-data': { schema: form } }),
  };
}

/**
 * Describes a property as it is sent in a form. A list is sent as one field per string. A string must not begin with a
 * bracket, because it would then be parsed as a JSON array.
 */
function inForm(property: Schema): Schema {
  if (property.type !== 'array') return property;
  const { allOf = [], ...items } = property.items as { allOf?: Schema[] };
  return {
    ...property,
    description: `${String(property.description)} Send one field per string, or a single field with a JSON array.`,
    items: { ...items, allOf: [...allOf, { pattern: String.raw`^[^\[]` }] },
  };
}

function parametersOf(schema: z.core.$ZodType | undefined, place: 'path' | 'query'): Schema[] {
  if (!schema) return [];
  const { properties = {}, required = [] } = z.toJSONSchema(schema, OPTIONS);
  return Object.entries(properties).map(([name, property]) => {
    const { description, ...rest } = property as Schema;
    return {
      name,
      in: place,
      required: place === 'path' || required.includes(name),
      ...(description !== undefined && { description }),
      schema: rest,
    };
  });
}

function responsesOf({ scope, request }: Operation, docs: OperationDocs): Record<string, Schema> {
  const { storeless = false, problems = {} } = docs;
  const everyCaller = scope === null ? {} : ACCESS_PROBLEMS;
  const responses: Record<string, Schema> = problemResponses({ ...problems, ...everyCaller }, storeless);
  for (const response of docs.responses) {
    responses[response.status] = merged(responses[response.status], toResponse(response));
  }
  if (request?.path) responses[400] = orOfGateway(responses[400], 'Bad Request');
  if (scope !== null) {
    // A 401 may come from API Gateway, whose authorizers reject a missing key, an invalid token or an invalid signature.
    responses[401] = orOfGateway(responses[401], 'Unauthorized');
    responses[403] = orOfGateway(responses[403], 'Forbidden');
  }
  responses[429] = orOfGateway(responses[429], 'Too Many Requests');
  return responses;
}

/**
 * Describes a response that may also come from API Gateway itself, as `application/json`. Errand's own schema also allows
 * API Gateway's responses, because many generated clients read only one content type per response, and would otherwise
 * fail on API Gateway's.
 */
function orOfGateway(ours: Schema | undefined, description: string): Schema {
  const message = referenceTo(gatewayMessage);
  const ofGateway = {
    description,
    content: { 'application/json': { schema: message, example: { message: description } } },
  };
  const content = ours?.content as Record<string, { schema: { oneOf?: Schema[] } }> | undefined;
  if (!content) return ofGateway;
  const either = Object.entries(content).map(([type, { schema, ...rest }]) => [
    type,
    { ...rest, schema: { oneOf: [...(schema.oneOf ?? [schema]), message] } },
  ]);
  return merged({ ...ours, content: Object.fromEntries(either) as Schema }, ofGateway);
}

/** Merges two responses for the same status. The second response's description comes first. */
function merged(one: Schema | undefined, other: Schema): Schema {
  if (!one) return other;
  const headers = { ...(one.headers as Schema | undefined), ...(other.headers as Schema | undefined) };
  return {
    description: `${String(other.description)} ${String(one.description)}`,
    ...(Object.keys(headers).length > 0 && { headers }),
    content: { ...(one.content as Schema), ...(other.content as Schema) },
  };
}

function toResponse({ description, headers, optionalHeaders, content }: ResponseDocs): Schema {
  return {
    description,
    ...((headers ?? optionalHeaders) && {
      headers: { ...toHeaders(headers), ...toHeaders(optionalHeaders, { required: false }) },
    }),
    ...(content && {
      content:
        'mediaTypes' in content
          ? Object.fromEntries(content.mediaTypes.map((type) => [type, {}]))
          : { 'application/json': { schema: referenceTo(content.schema), example: content.example } },
    }),
  };
}

function toHeaders(texts: ResponseDocs['headers'], more: Schema = {}): Schema {
  return Object.fromEntries(
    Object.entries(texts ?? {}).map(([name, description]) => [
      name,
      { description, ...more, schema: { type: 'string' } },
    ]),
  );
}

type Override = NonNullable<NonNullable<Parameters<typeof z.toJSONSchema>[1]>['override']>;

/**
 * Options for converting Zod schemas to JSON Schema. Request schemas describe the input that clients send, before
 * parsing. Additional properties are allowed, because responses may get more fields later.
 */
const OPTIONS = {
  io: 'input',
  // JSON Schema can't express arbitrary JSON or custom checks, so descriptions explain them.
  unrepresentable: 'any',
  override: ({ zodSchema, jsonSchema }: Parameters<Override>[0]): void => {
    // Zod omits the default of a transformed string, because the default may not be a valid input. Errand's defaults
    // are always valid inputs.
    const { def } = zodSchema._zod;
    if (def.type === 'default') jsonSchema.default = def.defaultValue;
    // If `meta` describes a number or a choice, remove the keywords for the string that the value is parsed from.
    if (jsonSchema.oneOf) {
      delete jsonSchema.type;
      delete jsonSchema.minLength;
      delete jsonSchema.maxLength;
    }
    if (jsonSchema.type !== 'string' || jsonSchema.format !== undefined) delete jsonSchema.pattern;
  },
} as const;

function componentSchemas(): Record<string, Schema> {
  const { schemas } = z.toJSONSchema(components, { ...OPTIONS, uri: componentPath });
  return Object.fromEntries(
    Object.entries(schemas).map(([id, schema]) => {
      const copy: Schema = { ...schema };
      // Remove `$schema` and `$id`, because the OpenAPI document defines the dialect and the location of all schemas.
      delete copy.$schema;
      delete copy.$id;
      return [id, copy];
    }),
  );
}

function sorted(schemas: Record<string, Schema>): Record<string, Schema> {
  return Object.fromEntries(Object.entries(schemas).sort(([one], [other]) => (one < other ? -1 : 1)));
}

const definitions = builtInDefinitions({ webhook: { allowedHosts: [] }, messages: { url: undefined } });

/** Returns the catalog of the built-in job types. A deployment may omit some of them. */
export function builtInCatalogue(document: OpenApiDocument): Catalogue {
  return catalogueOf((document.components as { schemas: Record<string, Schema> }).schemas);
}

function catalogueOf(schemas: Record<string, Schema>): Catalogue {
  return {
    version: 1,
    jobs: definitions.map(({ name, queue, retry, timeoutSeconds }) => ({
      name,
      queue,
      retry,
      timeout_seconds: timeoutSeconds ?? null,
      payload: schemas[payloadComponent(name)] ?? {},
    })),
  };
}

/**
 * Names the payload schemas of all built-in job types. `webhook` and `send_messages` are included, although a deployment
 * without the settings for these types rejects their jobs.
 */
function namePayloads(): void {
  for (const { name, payload } of definitions) {
    // The cast is safe, because the built-in jobs' schemas are Zod schemas.
    named(payloadComponent(name), payload as unknown as z.core.$ZodType);
  }
}
