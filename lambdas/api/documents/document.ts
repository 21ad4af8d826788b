import path from 'node:path';
import * as z from 'zod';
import { componentPath, components, referenceTo } from './components.ts';
import type { Answer, Operation, RequestBody } from './operation.ts';
import { namedPayloads } from './payloads.ts';
import { problemResponses, problemSchemas } from './problem-documents.ts';
import { gatewayMessage } from './views/problem.ts';

type Schema = Record<string, unknown>;

/** What becomes of callers who are not known, or may not do it. */
const ACCESS_PROBLEMS = { 401: ['unauthorized'], 403: ['forbidden'] } as const;

/** A document that JSON can express. */
export type OpenApiDocument = Record<string, unknown>;

const DESCRIPTION = `Jobs over HTTPS: submit one, and it runs exactly once as far as its recorded outcome goes.

Every error is a problem document (RFC 9457) of a stable \`type\`, but for what API Gateway answers by itself. A path that is not here is answered with 404 \`urn:errand:problem:not-found\`, another method with 405 \`urn:errand:problem:method-not-allowed\`. Clients should ignore fields that they do not know.`;

/** The OpenAPI 3.1 document of these operations. */
export function openApiDocument(operations: readonly Operation[], version: string): OpenApiDocument {
  const payloads = namedPayloads();
  const schemas = componentSchemas();
  for (const { properties } of [schemas.Submission, schemas.ScheduledSubmission] as {
    properties: Record<string, Schema>;
  }[]) {
    properties.payload = { ...properties.payload, anyOf: payloads.map(referenceTo), default: {} };
  }
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of operations) {
    (paths[operation.path] ??= {})[operation.method.toLowerCase()] = describe(operation, schemas);
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Errand', version, description: DESCRIPTION, license: { name: 'MIT', identifier: 'MIT' } },
    servers: [{ url: '/', description: 'Where this document is.' }],
    tags: [...new Set(operations.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: { ...schemas, ...problemSchemas() },
      securitySchemes: {
        apiKey: {
          type: 'http',
          scheme: 'bearer',
          description:
            'An API key, `errand_…`, of a deployment with AUTH=api-key. The scopes are those of the key.',
        },
        jwt: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'A token of the issuer that a deployment with AUTH=jwt trusts, with these scopes.',
        },
        iam: {
          type: 'apiKey',
          in: 'header',
          name: 'Authorization',
          description:
            'AWS Signature Version 4 for the service `execute-api`, of a deployment with AUTH=iam.',
        },
      },
    },
  };
}

function describe(operation: Operation, schemas: Record<string, Schema>): Schema {
  const { id, tag, summary, description, scope, body } = operation;
  const parameters = [
    ...parametersOf(operation.parameters, 'path'),
    ...parametersOf(operation.query, 'query'),
  ];
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description !== undefined && { description }),
    // Which of them it is, is a setting of the deployment: AUTH. The last is AUTH=none.
    security: scope === null ? [] : [{ apiKey: [scope] }, { jwt: [scope] }, { iam: [] }, {}],
    ...(parameters.length > 0 && { parameters }),
    ...(body && {
      requestBody: { required: body.optional !== true, content: requestContent(body, schemas) },
    }),
    responses: responsesOf(operation),
  };
}

function requestContent({ schema, examples, file }: RequestBody, schemas: Record<string, Schema>): Schema {
  const reference = referenceTo(schema);
  const { properties, ...rest } = schemas[path.basename(reference.$ref)] ?? {};
  const form = {
    ...rest,
    properties: {
      ...(properties as Schema),
      // A field of a form is text: an object is written as JSON, and nothing else that is JSON is told from a text.
      payload: { ...((properties as Schema).payload as Schema), type: 'object' },
      file: { description: file, contentMediaType: 'application/octet-stream' },
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

function parametersOf(schema: z.core.$ZodObject | undefined, place: 'path' | 'query'): Schema[] {
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

function responsesOf(operation: Operation): Record<string, Schema> {
  const { answers, scope, storeless = false, parameters, problems = {} } = operation;
  const everyCaller = scope === null ? {} : ACCESS_PROBLEMS;
  const responses: Record<string, Schema> = problemResponses({ ...problems, ...everyCaller }, storeless);
  for (const answer of answers) {
    responses[answer.status] = merged(responses[answer.status], toResponse(answer));
  }
  const ofGateway = (description: string): Schema => ({
    description,
    content: {
      'application/json': { schema: referenceTo(gatewayMessage), example: { message: description } },
    },
  });
  if (parameters) responses[400] = merged(responses[400], ofGateway('Bad Request'));
  if (scope !== null) {
    // What its own authorizers can tell: no key, no good token, no good signature.
    responses[401] = merged(responses[401], ofGateway('Unauthorized'));
    responses[403] = merged(responses[403], ofGateway('Forbidden'));
  }
  responses[429] = merged(responses[429], ofGateway('Too Many Requests'));
  return responses;
}

/** Two answers of one status: the description of the second stands first. */
function merged(one: Schema | undefined, other: Schema): Schema {
  if (!one) return other;
  const headers = { ...(one.headers as Schema | undefined), ...(other.headers as Schema | undefined) };
  return {
    description: `${String(other.description)} ${String(one.description)}`,
    ...(Object.keys(headers).length > 0 && { headers }),
    content: { ...(one.content as Schema), ...(other.content as Schema) },
  };
}

function toResponse(answer: Answer): Schema {
  const { description, headers, content } = answer;
  return {
    description,
    ...(headers && {
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, text]) => [
          name,
          { description: text, schema: { type: 'string' } },
        ]),
      ),
    }),
    ...(content && {
      content:
        'mediaType' in content
          ? { [content.mediaType]: {} }
          : { 'application/json': { schema: referenceTo(content.schema), example: content.example } },
    }),
  };
}

type Override = NonNullable<NonNullable<Parameters<typeof z.toJSONSchema>[1]>['override']>;

/** As a client sends it, or as it may read it: fields that are not known here may come, unless a schema forbids it. */
const OPTIONS = {
  io: 'input',
  // What takes any JSON, and what a check of our own decides, is described in words.
  unrepresentable: 'any',
  override: ({ zodSchema, jsonSchema }: Parameters<Override>[0]): void => {
    // Zod leaves the default out where a text is read as something else: it might be no text that can be sent. Ours can.
    const { def } = zodSchema._zod;
    if (def.type === 'default') jsonSchema.default = def.defaultValue;
    // Texts that are numbers, and alternatives, are told by `meta`: what stands for the text itself goes.
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
      // The document's own dialect and place are meant.
      delete copy.$schema;
      delete copy.$id;
      return [id, copy];
    }),
  );
}
