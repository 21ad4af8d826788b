import * as z from 'zod/mini';
import { lazy } from '../../../lazy.ts';
import { BODY_PROBLEMS } from '../../documents/operation-docs.ts';
import {
  apiKey,
  apiKeyExample,
  apiKeyPage,
  apiKeyRequest,
  apiKeyRotation,
  newApiKey,
  newApiKeyExample,
  revokedKeyExample,
  rotatedApiKey,
  rotatedKeyExample,
} from '../../documents/views/api-key.ts';
import { described, limitField, nameCursor } from '../../fields.ts';
import { operation } from '../../operation.ts';

/**
 * The maximum size of a request body, in bytes. The bodies' schemas are not in this module, because they are loaded with the
 * handlers.
 */
const MAX_BODY_BYTES = 4_096;

/** A key's position in the list: its creation time in milliseconds, and its id. */
const PLACE = /^\d{15}\.[0-9a-f]{16}$/;

const keyPath = z.strictObject({
  key_id: described(
    z
      .string()
      .check(z.regex(/^[0-9a-f]{16}$/, 'must be the 16 hexadecimal digits between errand_ and the next _')),
    !import.meta.bundled && { description: 'The key’s id: the 16 digits after `errand_`.' },
  ),
});

export const listApiKeys = operation({
  id: 'listApiKeys',
  method: 'GET',
  path: '/v1/api-keys',
  scope: 'admin',
  request: {
    query: z.strictObject({
      limit: limitField(200),
      cursor: z.optional(nameCursor((place) => PLACE.test(place))),
    }),
  },
  handle: lazy(async () => (await import('./api-key-handlers.ts')).list),
  docs: !import.meta.bundled && {
    tag: 'API keys',
    summary: 'List the API keys',
    description:
      'The tenant’s keys, including expired and revoked ones, newest first. A key itself is shown only when it is created.',
    responses: [
      {
        status: 200,
        description: 'A page of keys.',
        content: { schema: apiKeyPage, example: { items: [apiKeyExample], limit: 50, next_cursor: null } },
      },
    ],
    problems: { 400: ['invalid-request'], 409: ['api-keys-unavailable'] },
  },
});

export const createApiKey = operation({
  id: 'createApiKey',
  method: 'POST',
  path: '/v1/api-keys',
  scope: 'admin',
  audit: 'api_key.create',
  request: { body: { maxBytes: MAX_BODY_BYTES } },
  handle: lazy(async () => (await import('./api-key-handlers.ts')).create),
  docs: !import.meta.bundled && {
    tag: 'API keys',
    summary: 'Create an API key',
    description:
      'The key belongs to the caller’s tenant. Only this response contains it. Not idempotent: if the response is lost, find the key in the list and revoke it.',
    body: {
      schema: apiKeyRequest,
      examples: {
        expiring: { name: 'billing', scopes: ['read', 'submit'], expires_in_seconds: 7_776_000 },
        reader: { name: 'grafana', scopes: ['read'] },
      },
    },
    responses: [
      { status: 201, description: 'The new key.', content: { schema: newApiKey, example: newApiKeyExample } },
    ],
    problems: { ...BODY_PROBLEMS, 409: ['api-keys-unavailable'] },
  },
});

export const rotateApiKey = operation({
  id: 'rotateApiKey',
  method: 'POST',
  path: '/v1/api-keys/{key_id}/rotate',
  scope: 'admin',
  audit: 'api_key.rotate',
  request: { path: keyPath, body: { maxBytes: MAX_BODY_BYTES, whenAbsent: {} } },
  handle: lazy(async () => (await import('./api-key-handlers.ts')).rotate),
  docs: !import.meta.bundled && {
    tag: 'API keys',
    summary: 'Replace an API key',
    description:
      'Creates a key with the name and scopes of an active key, which stays valid for the overlap. Only this response contains the new key. The audit gets one entry for each key.',
    body: {
      schema: apiKeyRotation,
      examples: { planned: { overlap_seconds: 86_400 }, leaked: { overlap_seconds: 0 } },
    },
    responses: [
      {
        status: 200,
        description: 'The new key, and the key that it replaces.',
        content: { schema: rotatedApiKey, example: rotatedKeyExample },
      },
    ],
    problems: {
      ...BODY_PROBLEMS,
      400: ['malformed-body', 'invalid-request'],
      404: ['api-key-not-found'],
      409: ['api-keys-unavailable', 'api-key-ended'],
    },
  },
});

export const revokeApiKey = operation({
  id: 'revokeApiKey',
  method: 'POST',
  path: '/v1/api-keys/{key_id}/revoke',
  scope: 'admin',
  audit: 'api_key.revoke',
  request: { path: keyPath },
  handle: lazy(async () => (await import('./api-key-handlers.ts')).revoke),
  docs: !import.meta.bundled && {
    tag: 'API keys',
    summary: 'Revoke an API key',
    description:
      'The key stays in the list. API Gateway may accept it for another 30 seconds. You can revoke the key that you make the request with. The request is idempotent.',
    responses: [
      {
        status: 200,
        description: 'The key is revoked.',
        content: { schema: apiKey, example: revokedKeyExample },
      },
    ],
    problems: { 400: ['invalid-request'], 404: ['api-key-not-found'], 409: ['api-keys-unavailable'] },
  },
});
