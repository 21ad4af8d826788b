import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runJob } from 'errand/testing';
import { greet } from './index.ts';

void test('greets by name', async () => {
  const run = await runJob(greet, { name: 'Ada' });
  assert.deepEqual(run.result, { greeting: 'Hello, Ada' });
});

void test('refuses an empty name', async () => {
  await assert.rejects(runJob(greet, { name: '' }), /payload\.name/);
});
