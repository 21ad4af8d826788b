import * as z from 'zod/mini';
import { MAX_RUNNING } from '../../../job/flow-control.ts';
import { lazy } from '../../../lazy.ts';
import { named } from '../../documents/components.ts';
import { BODY_PROBLEMS } from '../../documents/operation-docs.ts';
import {
  changedLimit,
  changedLimitExample,
  clearedLimitExample,
  concurrencyKeyPage,
  concurrencyKeyExample,
} from '../../documents/views/queue.ts';
import { described, limitField, nameCursor } from '../../fields.ts';
import { operation } from '../../operation.ts';
import { key, whole } from '../../flow-schema.ts';

const listKeys = lazy(async () => (await import('./flow-handlers.ts')).listKeys);
const changeLimit = lazy(async () => (await import('./flow-handlers.ts')).changeLimit);

/**
 * The concurrency key is in the query instead of the path. An HTTP API decodes paths twice, so a key with a slash or a
 * percent sign would not arrive intact.
 */
const keyQuery = z.strictObject({
  key: described(key, !import.meta.bundled && { description: 'The concurrency key.' }),
});

/** The maximum size of the request body, in bytes. The body contains a single number. */
const MAX_LIMIT_BYTES = 1_024;

const limitSchema = z.strictObject(
  {
    limit: described(
      whole(0, MAX_RUNNING),
      !import.meta.bundled && {
        description: 'The maximum number of jobs with this key that run at once. With 0, none of them start.',
      },
    ),
  },
  'must be a JSON object',
);

export const listConcurrencyKeys = operation({
  id: 'listConcurrencyKeys',
  method: 'GET',
  path: '/v1/concurrency-keys',
  scope: 'read',
  request: {
    query: z.strictObject({
      limit: limitField(50),
      cursor: z.optional(nameCursor((text) => z.safeParse(key, text).success)),
    }),
  },
  handle: async ({ tenant, query }, dependencies) => listKeys(tenant, query, dependencies),
  docs: !import.meta.bundled && {
    tag: 'Queues',
    summary: 'List the concurrency keys',
    description:
      'The keys of the tenant’s waiting and running jobs, and keys for which a limit was set, ordered by key.',
    responses: [
      {
        status: 200,
        description: 'A page of keys.',
        content: {
          schema: concurrencyKeyPage,
          example: { items: [concurrencyKeyExample], limit: 50, next_cursor: null },
        },
      },
    ],
    problems: { 400: ['invalid-request'] },
  },
});

export const putConcurrencyLimit = operation({
  id: 'putConcurrencyLimit',
  method: 'PUT',
  path: '/v1/concurrency-keys',
  scope: 'admin',
  audit: 'concurrency_limit.put',
  request: { query: keyQuery, body: { maxBytes: MAX_LIMIT_BYTES, schema: limitSchema } },
  handle: async ({ tenant, query, body, auditEntry }, dependencies) =>
    changeLimit(tenant, { key: query.key, limit: body.limit }, auditEntry(), dependencies),
  docs: !import.meta.bundled && {
    tag: 'Queues',
    summary: 'Set a concurrency key’s limit',
    description:
      'The limit applies to waiting and future jobs with this key, and overrides their own limits. A higher limit wakes jobs immediately; a lower limit does not stop running jobs. The request is idempotent.',
    body: {
      schema: named('NewConcurrencyLimit', limitSchema),
      examples: { two: { limit: 2 }, stop: { limit: 0 } },
    },
    responses: [
      {
        status: 200,
        description: 'The limit is set.',
        content: { schema: changedLimit, example: changedLimitExample },
      },
    ],
    problems: { ...BODY_PROBLEMS, 400: ['malformed-body', 'invalid-request'] },
  },
});

export const deleteConcurrencyLimit = operation({
  id: 'deleteConcurrencyLimit',
  method: 'DELETE',
  path: '/v1/concurrency-keys',
  scope: 'admin',
  audit: 'concurrency_limit.delete',
  request: { query: keyQuery },
  handle: async ({ tenant, query, auditEntry }, dependencies) =>
    changeLimit(tenant, { key: query.key, limit: null }, auditEntry(), dependencies),
  docs: !import.meta.bundled && {
    tag: 'Queues',
    summary: 'Delete a concurrency key’s limit',
    description:
      'The jobs’ own limits apply again. The request is idempotent: if no limit is set, it changes nothing.',
    responses: [
      {
        status: 200,
        description: 'The limit is deleted.',
        content: { schema: changedLimit, example: clearedLimitExample },
      },
    ],
    problems: { 400: ['invalid-request'] },
  },
});
