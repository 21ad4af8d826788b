import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type * as z from 'zod/v4/core';
import type { Scope } from '../access/identity.ts';
import type { AuditAction } from '../job/audit.ts';
import type { Dependencies } from './dependencies.ts';
import type { OperationDocs } from './documents/operation-docs.ts';
import type { ApiRequest, RequestRules } from './request.ts';

/**
 * An API operation. An operation's definition is the single source for the router, the gateway's routes, the OpenAPI
 * document, the client and the reference page. CONTRIBUTING.md explains how to add an operation.
 */
export interface Operation<
  Path extends z.$ZodType = z.$ZodType,
  Query extends z.$ZodType = z.$ZodType,
  Body extends z.$ZodType = z.$ZodType,
> {
  /** The operation's unique id, also used as the name of the client's method. */
  readonly id: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** A path in API Gateway's syntax, in which `{name}` matches one segment. */
  readonly path: string;
  /** The scope that callers need. The scope is null if anyone may call the operation, even without credentials. */
  readonly scope: Scope | null;
  readonly request?: RequestRules<Path, Query, Body>;
  /**
   * The operation's action in the audit log. If the operation changes Aurora, the statement that makes the change also
   * writes the audit entry.
   *
   * @default - the operation writes no audit entry; for a POST, PUT or DELETE, `docs.unaudited` says why
   */
  readonly audit?: AuditAction;
  handle(
    request: ApiRequest<z.output<Path>, z.output<Query>, z.output<Body>>,
    dependencies: Dependencies,
  ): Promise<APIGatewayProxyStructuredResultV2>;
  /**
   * The documentation, written as `docs: !import.meta.bundled && {…}`, so that esbuild omits the prose, examples and
   * response schemas from the Lambda bundle.
   */
  readonly docs: OperationDocs | false;
}

declare global {
  interface ImportMeta {
    /** True in a Lambda bundle (see `define` in lib/bundle.ts), undefined elsewhere. */
    readonly bundled?: true;
  }
}

/** Defines an operation. Infers the types of the handler's parameters from the schemas. */
export function operation<Path extends z.$ZodType, Query extends z.$ZodType, Body extends z.$ZodType>(
  definition: Operation<Path, Query, Body>,
): Operation {
  return definition;
}

/** Creates a JSON response in API Gateway's payload format 2.0. */
export function json(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): APIGatewayProxyStructuredResultV2 {
  return {
    statusCode: status,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  };
}
