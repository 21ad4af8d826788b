import { expect } from '@jest/globals';

/** Calls an operation, and checks that the OpenAPI document describes the response. */
export type Call = (request: {
  operation: string;
  path?: Record<string, string>;
  query?: string;
  /** The body. A string or a form is sent unchanged; any other value is sent as JSON. */
  body?: unknown;
  headers?: Record<string, string>;
}) => Promise<Response>;

/** A body that exceeds the size limit of every operation, except operations that submit several jobs. */
export const oversize = JSON.stringify({ payload: 'x'.repeat(300 * 1024) });

/** Gets every documented response of the operations on queues, pauses and concurrency keys. */
export async function callQueueOperations(call: Call): Promise<void> {
  expect((await call({ operation: 'pauseJobType', path: { type: 'analyze' } })).status).toBe(200);
  expect((await call({ operation: 'pauseQueue', path: { queue: 'default' } })).status).toBe(200);
  expect((await call({ operation: 'listQueues' })).status).toBe(200);
  expect((await call({ operation: 'resumeQueue', path: { queue: 'default' } })).status).toBe(200);
  expect((await call({ operation: 'resumeJobType', path: { type: 'analyze' } })).status).toBe(200);
  for (const operation of ['pauseQueue', 'resumeQueue', 'pauseJobType', 'resumeJobType']) {
    const pathOf = (name: string) => (operation.endsWith('Queue') ? { queue: name } : { type: name });
    expect((await call({ operation, path: pathOf('nothing') })).status).toBe(404);
    expect((await call({ operation, path: pathOf('-') })).status).toBe(400);
  }

  const [operation, query] = ['putConcurrencyLimit', `?key=${encodeURIComponent('customer/7 & 100 %')}`];
  expect((await call({ operation, query, body: { limit: 0 } })).status).toBe(200);
  const listed = await call({ operation: 'listConcurrencyKeys', query: '?limit=1' });
  expect(await listed.json()).toMatchObject({
    items: [{ key: 'customer/7 & 100 %', limit: 0, set_limit: 0 }],
  });
  expect((await call({ operation: 'listConcurrencyKeys', query: '?limit=0' })).status).toBe(400);
  expect((await call({ operation, query: '', body: { limit: 1 } })).status).toBe(400);
  expect((await call({ operation, query, body: '{' })).status).toBe(400);
  expect((await call({ operation, query, body: oversize })).status).toBe(413);
  expect((await call({ operation, query, body: '', headers: { 'content-type': 'text/plain' } })).status).toBe(
    415,
  );
  expect((await call({ operation, query, body: { limit: -1 } })).status).toBe(422);
  expect((await call({ operation: 'deleteConcurrencyLimit', query })).status).toBe(200);
  expect((await call({ operation: 'deleteConcurrencyLimit' })).status).toBe(400);
}
