import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type * as z from 'zod/v4/core';
import type { Scope } from '../access/identity.ts';
import type { Clock } from '../job/clock.ts';
import type { JobStore } from '../job/job-store.ts';
import type { UploadStore } from '../job/upload-store.ts';
import type { SchedulePorts } from '../job/schedules/manage-schedules.ts';
import type { StatisticsPorts } from '../job/statistics.ts';
import type { SingleSubmitPorts } from '../job/submit.ts';
import type { WaitPorts } from '../job/wait.ts';
import type { MessageStore } from '../message/message.ts';
import type { KeyPorts } from '../webhook-key/manage-key.ts';
import type { OperationDocs } from './documents/operation-docs.ts';
import type { ApiRequest, RequestRules } from './request.ts';
import type { AttachmentPorts, SubmissionRules } from './submission.ts';

/**
 * An operation of the API, described once. The router, the gateway's routes, the OpenAPI document, the client and the
 * reference page derive from it; CONTRIBUTING.md says how to add one.
 */
export interface Operation<
  Path extends z.$ZodType = z.$ZodType,
  Query extends z.$ZodType = z.$ZodType,
  Body extends z.$ZodType = z.$ZodType,
> {
  /** Unique. The client's name for the operation. */
  readonly id: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** In API Gateway's syntax: `{name}` matches one segment. */
  readonly path: string;
  /** The scope that callers need. Null: open to everyone, even without credentials. */
  readonly scope: Scope | null;
  readonly request?: RequestRules<Path, Query, Body>;
  handle(
    request: ApiRequest<z.output<Path>, z.output<Query>, z.output<Body>>,
    dependencies: Dependencies,
  ): Promise<APIGatewayProxyStructuredResultV2>;
  /** Write `docs: !import.meta.bundled && {…}`: esbuild then leaves the prose, examples and response schemas out of the Lambda. */
  readonly docs: OperationDocs | false;
}

declare global {
  interface ImportMeta {
    /** True in a Lambda's bundle (`define` in lib/bundle.ts), undefined elsewhere. */
    readonly bundled?: true;
  }
}

/** Types a definition: its handler gets what its schemas return. */
export function operation<Path extends z.$ZodType, Query extends z.$ZodType, Body extends z.$ZodType>(
  definition: Operation<Path, Query, Body>,
): Operation {
  return definition;
}

/** Everything that the operations' handlers use, by capability. The api's handler.ts composes it. */
export interface Dependencies {
  readonly jobs: JobDependencies;
  readonly uploads: { readonly store: UploadStore; readonly clock: Pick<Clock, 'now' | 'newId'> };
  readonly messages: {
    readonly store: MessageStore;
    /** A new UUIDv7. */
    readonly newId: () => string;
  };
  readonly schedules: ScheduleDependencies;
  /** Undefined in a deployment that sends no webhooks. */
  readonly webhookKeys: { readonly load: () => Promise<KeyPorts> } | undefined;
  readonly statistics: StatisticsPorts;
  readonly healthChecks: readonly HealthCheck[];
}

export interface JobDependencies extends SingleSubmitPorts, SubmissionRules, WaitPorts, AttachmentPorts {
  readonly store: JobStore;
}

export interface ScheduleDependencies extends SchedulePorts, SubmissionRules {
  readonly now: () => Date;
}

/** Asks one store whether it answers. */
export interface HealthCheck {
  readonly name: string;
  check(): Promise<void>;
}

/** A JSON answer in API Gateway's payload format 2.0. */
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
