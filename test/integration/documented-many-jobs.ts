import { expect } from '@jest/globals';
import { oversize, type Call } from './documented-queues.ts';

/** Gets every documented response of the batch operations. */
export async function callBatchOperations(call: Call): Promise<void> {
  const twin = { object_id: 'twin', payload: { seconds: 0 }, delay_seconds: 600 };
  const submit = (body: unknown, headers?: Record<string, string>) =>
    call({ operation: 'createJobs', body, ...(headers && { headers }) });
  expect((await submit({ jobs: [twin, twin, { nope: 1 }] })).status).toBe(200);
  expect((await submit('{')).status).toBe(400);
  expect((await submit(`"${'x'.repeat(1536 * 1024)}"`)).status).toBe(413);
  expect((await submit('', { 'content-type': 'text/plain' })).status).toBe(415);
  expect((await submit({ jobs: [] })).status).toBe(422);

  const body = { jobs: [{ payload: { seconds: 0 } }], batch: { id: 'documented' } };
  expect((await submit(body)).status).toBe(200);
  const other = { jobs: [], batch: { id: 'documented', on_complete: { payload: { seconds: 0 } } } };
  expect((await submit(other)).status).toBe(409);
  const operation = 'getBatch';
  expect((await call({ operation, path: { batch_id: 'documented' } })).status).toBe(200);
  expect((await call({ operation, path: { batch_id: 'documented' }, query: '?wait=x' })).status).toBe(400);
  expect((await call({ operation, path: { batch_id: 'unknown' } })).status).toBe(404);
  expect((await call({ operation: 'listBatches' })).status).toBe(200);
  expect((await call({ operation: 'listBatches', query: '?limit=0' })).status).toBe(400);
}

/** Gets every documented response of the bulk operation. */
export async function callBulkOperation(call: Call): Promise<void> {
  const operation = 'changeJobs';
  const body = { action: 'retry', filter: { tag: 'documented', status: ['failed'] } };
  expect((await call({ operation, body: { ...body, dry_run: true } })).status).toBe(200);
  expect((await call({ operation, body })).status).toBe(202);
  expect((await call({ operation, body: '{' })).status).toBe(400);
  expect((await call({ operation, body: oversize })).status).toBe(413);
  expect((await call({ operation, body: '{}', headers: { 'content-type': 'text/plain' } })).status).toBe(415);
  expect((await call({ operation, body: { action: 'retry', filter: {} } })).status).toBe(422);
}
