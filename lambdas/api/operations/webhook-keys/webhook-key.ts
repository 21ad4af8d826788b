import * as z from 'zod/mini';
import { lazy } from '../../../lazy.ts';
import { named } from '../../documents/components.ts';
import { BODY_PROBLEMS } from '../../documents/operation-docs.ts';
import { firstKeyExample, nextKeyExample, webhookKey } from '../../documents/views/webhook-key.ts';
import { described } from '../../fields.ts';
import { operation } from '../../operation.ts';

const show = lazy(async () => (await import('./key-handlers.ts')).show);
const rotate = lazy(async () => (await import('./key-handlers.ts')).rotate);

/** The maximum size of the request body, in bytes. The body contains only two numbers. */
const MAX_ROTATION_BYTES = 1_024;

/**
 * The maximum overlap of a rotated key with its successor, in seconds. A week is more than enough time to give receivers
 * the new key.
 */
const MAX_OVERLAP = 7 * 86_400;
const DEFAULT_OVERLAP = 86_400;
const OVERLAP_MESSAGE = `must be a whole number of seconds from 0 to ${MAX_OVERLAP}`;

/** The largest generation that can be rotated: the next generation must still fit into a Postgres integer. */
const MAX_GENERATION = 2_147_483_646;
const GENERATION_MESSAGE =
  'must be the generation of the key to replace, from GET /v1/webhook-key, so that a request that is sent twice rotates the key only once';

const rotationSchema = z.strictObject(
  {
    generation: described(
      z
        .int(GENERATION_MESSAGE)
        .check(z.minimum(1, GENERATION_MESSAGE), z.maximum(MAX_GENERATION, GENERATION_MESSAGE)),
      !import.meta.bundled && {
        description:
          'The generation of the key to replace, from `GET /v1/webhook-key`. It makes the request idempotent.',
      },
    ),
    overlap_seconds: z._default(
      described(
        z.int(OVERLAP_MESSAGE).check(z.minimum(0, OVERLAP_MESSAGE), z.maximum(MAX_OVERLAP, OVERLAP_MESSAGE)),
        !import.meta.bundled && {
          description:
            'How many seconds the replaced key continues to sign as well. Use 0 if the key has leaked.',
        },
      ),
      DEFAULT_OVERLAP,
    ),
  },
  'must be a JSON object',
);

export const getWebhookKey = operation({
  id: 'getWebhookKey',
  method: 'GET',
  path: '/v1/webhook-key',
  scope: 'admin',
  handle: async ({ tenant }, { webhookKeys }) => show(tenant, webhookKeys),
  docs: !import.meta.bundled && {
    tag: 'Webhooks',
    summary: 'Get the key that signs webhooks',
    description: 'Receivers verify the tenant’s webhooks and callbacks with it. Treat it like a password.',
    responses: [
      {
        status: 200,
        description: 'The current key.',
        content: { schema: webhookKey, example: firstKeyExample },
      },
    ],
    problems: { 409: ['webhooks-unavailable'] },
  },
});

export const rotateWebhookKey = operation({
  id: 'rotateWebhookKey',
  method: 'POST',
  path: '/v1/webhook-key/rotate',
  scope: 'admin',
  audit: 'webhook_key.rotate',
  request: { body: { maxBytes: MAX_ROTATION_BYTES, schema: rotationSchema } },
  handle: async (
    { tenant, body: { generation, overlap_seconds: overlapSeconds }, auditEntry },
    { webhookKeys },
  ) => rotate({ tenant, generation, overlapSeconds }, auditEntry(), webhookKeys),
  docs: !import.meta.bundled && {
    tag: 'Webhooks',
    summary: 'Replace the key that signs webhooks',
    description:
      'Both keys sign until the overlap ends. Idempotent: repeating the request does not rotate the key again; with a smaller ' +
      '`overlap_seconds` it ends the overlap earlier. Another rotation during the overlap ends the older key immediately.',
    body: {
      schema: named('WebhookKeyRotation', rotationSchema),
      examples: { planned: { generation: 1 }, leaked: { generation: 1, overlap_seconds: 0 } },
    },
    responses: [
      { status: 200, description: 'The new key.', content: { schema: webhookKey, example: nextKeyExample } },
    ],
    problems: { ...BODY_PROBLEMS, 409: ['webhooks-unavailable', 'webhook-key-conflict'] },
  },
});
