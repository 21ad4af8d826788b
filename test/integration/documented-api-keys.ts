import { expect } from '@jest/globals';
import { oversize, type Call } from './documented-queues.ts';

const UNKNOWN = { key_id: '0000000000000000' };

/**
 * Responses that only deployments with AUTH=api-key return. test/integration/api-keys.test.ts checks these responses against the OpenAPI document.
 */
export const NEED_KEYS = [
  ...['listApiKeys 200', 'createApiKey 201'],
  ...['rotateApiKey', 'revokeApiKey'].flatMap((id) => [`${id} 200`, `${id} 404`]),
];

/** Request bodies that only deployments with AUTH=api-key accept. */
export const BODIES_OF_KEYS = ['createApiKey application/json', 'rotateApiKey application/json'];

/** Gets the API key operations' documented responses, except those that only deployments with AUTH=api-key return. */
export async function callApiKeyOperations(call: Call): Promise<void> {
  const body = { name: 'billing', scopes: ['read'] };
  expect((await call({ operation: 'listApiKeys' })).status).toBe(409);
  expect((await call({ operation: 'listApiKeys', query: '?limit=0' })).status).toBe(400);
  expect((await call({ operation: 'createApiKey', body })).status).toBe(409);
  expect((await call({ operation: 'rotateApiKey', path: UNKNOWN, body: {} })).status).toBe(409);
  expect((await call({ operation: 'revokeApiKey', path: UNKNOWN })).status).toBe(409);
  expect((await call({ operation: 'revokeApiKey', path: { key_id: '42' } })).status).toBe(400);
  const headers = { 'content-type': 'text/plain' };
  for (const operation of ['createApiKey', 'rotateApiKey']) {
    const path = operation === 'rotateApiKey' ? UNKNOWN : {};
    expect((await call({ operation, path, body: '{' })).status).toBe(400);
    expect((await call({ operation, path, body: oversize })).status).toBe(413);
    expect((await call({ operation, path, body: '{}', headers })).status).toBe(415);
    expect((await call({ operation, path, body: { nope: 1 } })).status).toBe(422);
  }
}
