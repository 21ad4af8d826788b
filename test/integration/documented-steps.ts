import { expect } from '@jest/globals';
import { oversize, type Call } from './documented-queues.ts';

const UNKNOWN = '01900000-0000-7000-8000-000000000000';

/**
 * Calls the operations on signals, steps, children and approval links. Gets all documented responses that are possible with built-in job types.
 */
export async function callStepOperations(call: Call): Promise<void> {
  const waiting = { payload: { seconds: 0 }, delay_seconds: 600, max_duration_seconds: 60 };
  const submitted = await call({ operation: 'createJob', body: waiting });
  const { job_id } = (await submitted.json()) as { job_id: string };

  const operation = 'sendSignal';
  const path = { job_id, name: 'go' };
  const sent = await call({ operation, path, body: { payload: [1], key: 'first' } });
  expect(sent.status).toBe(202);
  expect(await sent.json()).toEqual({ job_id, name: 'go', key: 'first', deduplicated: false });
  const again = await call({ operation, path, body: { key: 'first' } });
  expect(await again.json()).toMatchObject({ deduplicated: true });
  expect((await call({ operation, path })).status).toBe(202);
  expect((await call({ operation, path: { job_id: UNKNOWN, name: 'go' }, body: {} })).status).toBe(404);
  expect((await call({ operation, path: { job_id, name: '-' }, body: {} })).status).toBe(400);
  expect((await call({ operation, path, body: '{' })).status).toBe(400);
  expect((await call({ operation, path, body: oversize })).status).toBe(413);
  const headers = { 'content-type': 'text/plain' };
  expect((await call({ operation, path, body: '{}', headers })).status).toBe(415);
  expect((await call({ operation, path, body: { key: '' } })).status).toBe(422);

  for (const list of ['listSteps', 'listChildren']) {
    expect((await call({ operation: list, path: { job_id }, query: '?limit=1' })).status).toBe(200);
    expect((await call({ operation: list, path: { job_id }, query: '?limit=0' })).status).toBe(400);
    expect((await call({ operation: list, path: { job_id: UNKNOWN } })).status).toBe(404);
  }

  expect((await call({ operation: 'cancelJob', path: { job_id } })).status).toBe(200);
  expect((await call({ operation, path, body: {} })).status).toBe(409);

  for (const approval of ['getApproval', 'answerApproval']) {
    const query = approval === 'getApproval' ? '' : '?answer=approve';
    expect((await call({ operation: approval, path: { token: 'forged' }, query })).status).toBe(404);
    expect((await call({ operation: approval, path: { token: 'x'.repeat(301) }, query })).status).toBe(400);
  }
}
