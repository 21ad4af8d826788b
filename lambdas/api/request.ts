import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import * as z from 'zod/v4/core';
import type { NewAuditEntry } from '../job/audit.ts';
import { MAX_DOCUMENT_BYTES } from '../job/job.ts';
import { isForm, readFormBody, type AttachedFile, type FormRules } from '../middleware/form-body.ts';
import { readJsonBody, type JsonRules } from '../middleware/json-body.ts';
import { InvalidRequestError } from '../job/errors.ts';
import { toFieldErrors } from '../job/payload-errors.ts';
import type { TraceContext } from '../job/trace-context.ts';
import type { Caller } from './caller.ts';

/** The maximum size of most JSON bodies, in bytes: the largest payload, plus room for the other fields. */
export const MAX_BODY_BYTES = MAX_DOCUMENT_BYTES + 16 * 1024;

/** The schemas of the request parts that an operation reads. A part without a schema is not validated. */
export interface RequestRules<
  Path extends z.$ZodType = z.$ZodType,
  Query extends z.$ZodType = z.$ZodType,
  Body extends z.$ZodType = z.$ZodType,
> {
  /** The path parameters: one field per `{name}` in the path. */
  readonly path?: Path;
  readonly query?: Query;
  /**
   * The JSON body.
   *
   * @default - the body is ignored
   */
  readonly body?: BodyRules<Body>;
}

export interface BodyRules<Body extends z.$ZodType = z.$ZodType> extends JsonRules {
  /**
   * The body's schema.
   *
   * @default - the handler validates the body itself
   */
  readonly schema?: Body;
  /**
   * How to read the body's fields from a form, together with a file.
   *
   * @default - only JSON is accepted
   */
  readonly form?: FormRules;
}

/** A request as the handler receives it: authenticated, parsed and validated. */
export interface ApiRequest<Path = unknown, Query = unknown, Body = unknown> extends Caller {
  readonly headers: APIGatewayProxyEventV2['headers'];
  readonly path: Path;
  readonly query: Query;
  readonly body: Body;
  /** The file attached to a form. */
  readonly file: AttachedFile | undefined;
  /** Creates the audit entry for the operation's change. Each call returns a new entry. */
  readonly auditEntry: () => NewAuditEntry;
  /** The request's trace context. */
  readonly trace: TraceContext | undefined;
}

/**
 * Parses and validates a request. Checks the body's syntax first, and then the path, the query and the body's fields.
 *
 * @throws HttpError, InvalidRequestError that names every invalid field
 */
export async function readRequest(
  event: APIGatewayProxyEventV2,
  { tenant, scopes, actor }: Caller,
  { path, query, body: rules }: RequestRules,
  trace?: TraceContext,
): Promise<Omit<ApiRequest, 'auditEntry'>> {
  const { body, file } = rules ? await readBody(event, rules) : {};
  return {
    tenant,
    scopes,
    actor,
    headers: event.headers,
    path: path && validate(path, event.pathParameters ?? {}, 'path'),
    query: query && validate(query, event.queryStringParameters ?? {}, 'query'),
    body: rules?.schema ? validate(rules.schema, body, 'body') : body,
    file,
    trace,
  };
}

/** Parses a JSON body or, if the operation accepts one, a form. */
export async function readBody(
  event: APIGatewayProxyEventV2,
  rules: BodyRules,
): Promise<{ body?: unknown; file?: AttachedFile }> {
  if (rules.form && isForm(event)) return readFormBody(event, rules.form);
  return { body: readJsonBody(event, rules) };
}

/** Validates one part of a request. Each error names the field by its full path, such as `job.type` or `limit`. */
export function validate<Schema extends z.$ZodType>(
  schema: Schema,
  value: unknown,
  place: 'path' | 'query' | 'body',
): z.output<Schema> {
  const parsed = z.safeParse(schema, value);
  if (parsed.success) return parsed.data;
  const errors = toFieldErrors(parsed.error.issues);
  throw new InvalidRequestError(
    place,
    errors.map(({ field, message }) => ({ field: field || 'body', message })),
  );
}
