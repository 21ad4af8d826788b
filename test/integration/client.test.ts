import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { CLIENT_ERRORS, type Errand } from 'errand-client';
import { startCloud, type Cloud } from '../helpers/cloud.ts';

/** A file size in bytes that exceeds the limit for forms, so that the client uploads the file first. */
const LARGE = 5_000_000;

let cloud: Cloud;
let errand: Errand;

beforeAll(async () => {
  cloud = await startCloud();
  ({ errand } = cloud.api);
}, 120_000);

afterAll(async () => {
  await cloud.end();
});

describe('the client', () => {
  it('submits a job, waits for it, and returns its result', async () => {
    const run = await errand.submit('sleep', { seconds: 0 });
    expect(run).toMatchObject({
      deduplicated: false,
      windowEndsAt: null,
      job: { type: 'sleep', payload: { seconds: 0 } },
    });
    expect(await run.result()).toEqual((await errand.get(run.jobId)).result);
    expect(await run.get()).toMatchObject({ job_id: run.jobId, status: 'success' });
  });

  it('gets an object’s first job again', async () => {
    const objectId = randomUUID();
    const submit = () => errand.submit('sleep', { seconds: 0 }, { objectId });
    const [first, second] = [await submit(), await submit()];
    expect([first.deduplicated, second.deduplicated]).toEqual([false, true]);
    expect(second.jobId).toBe(first.jobId);
    expect(second.windowEndsAt).toBe(first.windowEndsAt);
    const rejected = errand.submit('sleep', { seconds: 0 }, { objectId, onDuplicate: 'reject' });
    await expect(rejected).rejects.toMatchObject({
      status: 409,
      type: 'urn:errand:problem:duplicate-job',
      problem: { job_id: first.jobId },
    });
  });

  it('cancels a job and retries it', async () => {
    const run = await errand.submit('sleep', { seconds: 0 }, { delaySeconds: 600 });
    expect((await run.cancel()).status).toBe('canceled');
    await expect(run.result()).rejects.toMatchObject({
      type: CLIENT_ERRORS.jobCanceled,
      job: { job_id: run.jobId },
    });
    expect((await run.retry()).status).toBe('created');
    await run.result();
    await expect(run.cancel()).rejects.toMatchObject({
      status: 409,
      type: 'urn:errand:problem:state-conflict',
    });
  });

  it('reports why a job failed', async () => {
    const run = await errand.submit(
      'analyze',
      { file: 'uploads/missing', patterns: ['a'] },
      { maxAttempts: 1 },
    );
    await expect(run.result()).rejects.toMatchObject({
      type: CLIENT_ERRORS.jobFailed,
      message: expect.stringMatching(
        new RegExp(`^Job ${run.jobId} of type "analyze" failed after attempt 1 of 1: .`),
      ) as unknown as string,
    });
  });

  it('reports which fields of a submission are invalid', async () => {
    const seconds = 'one' as unknown as number;
    await expect(errand.submit('sleep', { seconds })).rejects.toMatchObject({
      status: 422,
      errors: [{ field: 'payload.seconds' }],
    });
  });

  it('submits many jobs, each with its own outcome', async () => {
    const seconds = 'one' as unknown as number;
    const outcomes = await errand.submitMany([
      { type: 'sleep', payload: { seconds: 0 }, objectId: randomUUID() },
      { type: 'sleep', payload: { seconds } },
      { type: 'sleep' },
    ]);
    expect(outcomes.map(({ error }) => error?.status)).toEqual([undefined, 422, undefined]);
    for (const { run } of outcomes) if (run) expect((await run.wait()).status).toBe('success');
  });

  it('follows a batch that it submits in several requests', async () => {
    const batch = errand.batch(randomUUID());
    const outcomes = await batch.submitMany(
      Array.from({ length: 101 }, () => ({ type: 'sleep' as const, payload: { seconds: 0 } })),
    );
    expect(outcomes.flatMap(({ error }) => error ?? [])).toEqual([]);
    expect(await batch.get()).toMatchObject({ status: 'open', jobs: 101 });
    await batch.close({ onComplete: { type: 'sleep', payload: { seconds: 0.01 }, maxAttempts: 7 } });
    const completed = await batch.wait();
    expect(completed).toMatchObject({ status: 'completed', counts: { success: 101 } });
    const follower = await errand.wait(completed.on_complete?.job_id ?? '');
    expect(follower).toMatchObject({ status: 'success', max_attempts: 7 });
    const ids: string[] = [];
    for await (const each of errand.batches({ pageSize: 1 })) ids.push(each.batch_id);
    expect(ids).toEqual([batch.batchId]);
  });

  it('lists all jobs of an object, page by page', async () => {
    const objectId = randomUUID();
    const run = await errand.submit('sleep', { seconds: 0 }, { objectId });
    const ids: string[] = [];
    for await (const job of errand.list({ objectId, pageSize: 1 })) ids.push(job.job_id);
    expect(ids).toEqual([run.jobId]);
  });

  it.each([
    ['in one request', 1_000],
    ['after an upload', LARGE],
  ])('submits a job with its file, %s', async (_name, bytes) => {
    const file = new Blob(['needle ', 'x'.repeat(bytes)]);
    const run = await errand.submitFile('analyze', file, { patterns: ['needle'] });
    expect(JSON.stringify(await run.result())).toContain('needle');
  });

  it('uploads a file that several jobs read', async () => {
    const file = await errand.upload(new Blob(['needle']));
    const runs = await Promise.all(
      ['needle', 'e'].map((pattern) => errand.submit('analyze', { file, patterns: [pattern] })),
    );
    for (const run of runs) await run.result();
  });
});
