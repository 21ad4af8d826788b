import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createErrand, type Errand } from 'errand-client';
import { allOf, type ApiClient, type JobView } from '../helpers/api-client.ts';
import { startCloud, type Cloud } from '../helpers/cloud.ts';
import { busySandbox, callsOf, resetAwsCalls } from '../helpers/embedded.ts';

let cloud: Cloud;
let api: ApiClient;
let errand: Errand;
let worker: string;
let folder: string;

beforeAll(async () => {
  cloud = await startCloud({ JOBS: 'test/jobs-files/orders.ts', JOB_TIMEOUT: '4', VISIBILITY_TIMEOUT: '5' });
  api = cloud.api;
  errand = createErrand({ url: api.url });
  worker = cloud.output('WorkerFunctionName');
  folder = await mkdtemp(path.join(os.tmpdir(), 'errand-steps-'));
}, 120_000);

afterAll(async () => {
  await cloud.end();
  await rm(folder, { recursive: true, force: true });
});

/** Returns the path of the journal in which a job's handler records its calls, and a function that reads the journal. */
function journalOf(name: string): { file: string; lines: () => Promise<string[]> } {
  const file = path.join(folder, name);
  return {
    file,
    async lines() {
      const text = await readFile(file, 'utf8').catch(() => '');
      return text.split('\n').filter((line) => line !== '');
    },
  };
}

async function submit(type: string, payload: object): Promise<string> {
  return (await api.submit({ type, payload })).job_id;
}

/** Waits until the job waits for the signal, and returns the job. */
async function asksFor(jobId: string, signal: string): Promise<JobView> {
  return api.untilJob(
    jobId,
    ({ waiting_for: waits }) => waits?.some((each) => each.signal === signal) === true,
  );
}

describe('an order', () => {
  it('is charged once, waits for its approval, and ships each item as a job', async () => {
    const { file, lines } = journalOf('order');
    const jobId = await submit('order', {
      journal: file,
      items: [{ item: 'cup' }, { item: 'pot' }, { item: 'tray' }],
    });
    const suspended = await asksFor(jobId, 'approve');
    expect(suspended).toMatchObject({ status: 'created', attempt: 1, end_time: null });
    await errand.signal(jobId, 'approve', { by: 'Ada' });

    const job = await api.finished(jobId, 60_000);
    expect(job).toMatchObject({
      status: 'success',
      attempt: 1,
      result: {
        charge: { key: `${jobId}:charge` },
        by: 'Ada',
        labels: ['label of cup', 'label of pot', 'label of tray'],
      },
    });
    const noted = await lines();
    expect(noted.slice(0, 2)).toEqual(['charge 1', 'charge 2']);
    expect(noted.slice(2).sort()).toEqual(['ship cup', 'ship pot', 'ship tray']);
    expect(await api.attempts(jobId)).toMatchObject([{ attempt: 1, outcome: 'success' }]);
    expect(await allOf(errand.steps(jobId))).toMatchObject([
      { step: 'charge', kind: 'run', status: 'success', failures: 1 },
      { step: 'settle', kind: 'sleep', status: 'success' },
      { step: 'approve', kind: 'signal', status: 'success', result: { by: 'Ada' } },
      { step: 'ship', kind: 'map', status: 'success' },
    ]);
    const children = await allOf(errand.children(jobId));
    expect(children.map(({ parent_job_id: parent, status }) => [parent, status])).toEqual(
      Array.from({ length: 3 }, () => [jobId, 'success']),
    );
  }, 90_000);

  it('is refunded if an item cannot be shipped', async () => {
    const { file, lines } = journalOf('refund');
    const items = [{ item: 'cup' }, { item: 'pot', fails: true }];
    const jobId = await submit('order', { journal: file, items });
    await errand.signal(jobId, 'approve', { by: 'Grace' });
    const job = await api.finished(jobId, 60_000);
    expect(job).toMatchObject({
      status: 'success',
      attempt: 1,
      result: {
        refunded:
          '1 of the 2 child jobs of the step "ship" failed or were canceled. ' +
          'The child job ID of the step "ship" failed: pot is out of stock',
      },
    });
    expect((await lines()).filter((line) => line === 'refund')).toEqual(['refund']);
  }, 90_000);

  it.each(['step', 'child', 'end'] as const)(
    'takes the other branch if it is retried after its %s failed',
    async (part) => {
      const { file, lines } = journalOf(`reserved-${part}`);
      const ready = `${file}-ready`;
      const jobId = await submit('reserved', { journal: file, ready, part });
      const failed = await api.finished(jobId, 60_000);
      expect(failed).toMatchObject({ status: 'failed', message: expect.stringContaining('out of paper') });
      await writeFile(ready, '');

      for (const child of await allOf(errand.children(jobId))) {
        await errand.retry(child.job_id);
        await api.finished(child.job_id);
      }
      await errand.retry(jobId);
      expect(await api.finished(jobId, 60_000)).toMatchObject({ status: 'success', result: 'packed' });
      expect(await lines()).toEqual(part === 'end' ? ['reserve', 'pack'] : ['reserve', 'unpack', 'pack']);
    },
    90_000,
  );

  it('ends with its attempt if it is canceled while waiting', async () => {
    const { file } = journalOf('canceled');
    const jobId = await submit('order', { journal: file, items: [{ item: 'cup' }] });
    await asksFor(jobId, 'approve');
    await errand.cancel(jobId);
    expect(await api.finished(jobId)).toMatchObject({ status: 'canceled', waiting_for: null });
    expect(await api.attempts(jobId)).toMatchObject([{ outcome: 'canceled' }]);
  }, 60_000);
});

describe('a job that takes longer than its function may run', () => {
  it('completes in one attempt if its steps are short', async () => {
    const job = await api.finished(await submit('long', { count: 8, seconds: 1 }), 60_000);
    expect(job).toMatchObject({ status: 'success', attempt: 1, result: 36 });
    expect(Date.parse(job.end_time ?? '') - Date.parse(job.start_time ?? '')).toBeGreaterThan(8_000);
    expect(await api.attempts(job.job_id)).toMatchObject([{ attempt: 1, outcome: 'success' }]);
  }, 90_000);

  it('continues from its last checkpoint', async () => {
    const { file, lines } = journalOf('counting');
    const job = await api.finished(
      await submit('counting', { journal: file, count: 16, seconds: 0.5 }),
      60_000,
    );
    expect(job).toMatchObject({ status: 'success', attempt: 1, result: 16 });
    expect(await lines()).toEqual(Array.from({ length: 16 }, (_, index) => String(index + 1)));
  }, 90_000);
});

describe('a worker', () => {
  it('that is killed between two steps runs the first step only once', async () => {
    const { file, lines } = journalOf('fragile');
    const jobId = await submit('fragile', { journal: file });
    while (!(await lines()).includes('between')) await wait(25);
    process.kill((await busySandbox(cloud, worker)).pid, 'SIGKILL');
    expect(await api.finished(jobId, 60_000)).toMatchObject({
      status: 'success',
      attempt: 2,
      result: ['first', 'second'],
    });
    expect(await lines()).toEqual(['first', 'between', 'second']);
    expect(await api.attempts(jobId)).toMatchObject([{ outcome: 'lost' }, { outcome: 'success' }]);
  }, 90_000);

  it('makes one database call per step, and two more for the job', async () => {
    await api.finished(await submit('long', { count: 1, seconds: 0 }));
    await resetAwsCalls(cloud);
    await api.finished(await submit('long', { count: 5, seconds: 0 }));
    expect(await callsOf(cloud, worker)).toMatchObject({ 'rds-data ExecuteStatement': 7 });
  }, 60_000);
});
