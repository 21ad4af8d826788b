import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import {
  ApiClient,
  type Answer,
  type JobView,
  type ProblemView,
  type SubmittedView,
} from '../helpers/api-client.ts';
import { startCloud, type Cloud } from '../helpers/cloud.ts';
import { hasGap } from '../helpers/gaps.ts';
import { itUnless } from '../helpers/it-unless.ts';

let cloud: Cloud;
let api: ApiClient;

beforeAll(async () => {
  cloud = await startCloud({ JOB_TIMEOUT: '20', JOB_PREFETCH: '4' });
  api = cloud.api;
}, 120_000);

afterAll(async () => {
  await cloud.end();
});

interface Page {
  items: JobView[];
  limit: number;
  next_cursor: string | null;
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

describe('the main job', () => {
  it('is accepted, runs and succeeds', async () => {
    const payload = { seconds: 0.05 };
    const submitted = await api.call<SubmittedView>('POST', '/v1/jobs', {
      object_id: randomUUID(),
      type: 'sleep',
      payload,
    });

    expect(submitted.status).toBe(201);
    expect(submitted.headers.get('location')).toBe(`/v1/jobs/${submitted.body.job_id}`);
    expect(submitted.body).toMatchObject({
      deduplicated: false,
      type: 'sleep',
      status: 'created',
      attempt: 0,
      payload,
      result: null,
      start_time: null,
      end_time: null,
      message: null,
      timeout_seconds: hasGap('settings-of-its-owner') ? expect.any(Number) : 20,
      window_ends_at: expect.stringMatching(TIME),
    });

    const job = await api.finished(submitted.body.job_id);
    expect(job).toMatchObject({ status: 'success', attempt: 1, result: { slept: 0.05 }, message: null });
    expect([job.create_time, job.start_time, job.end_time].every((time) => TIME.test(time ?? ''))).toBe(true);
    expect(Date.parse(job.end_time ?? '') - Date.parse(job.start_time ?? '')).toBeGreaterThanOrEqual(50);
    expect(await api.attempts(job.job_id)).toEqual([
      {
        attempt: 1,
        start_time: job.start_time,
        end_time: expect.stringMatching(TIME),
        outcome: 'success',
        message: null,
        stack: null,
        log: [],
      },
    ]);
  });

  it('can have an empty payload, and sleeps for one to five seconds', async () => {
    const { job_id: jobId } = await api.submit({});
    const job = await api.finished(jobId);
    expect(job).toMatchObject({ status: 'success', type: 'sleep', object_id: null, payload: {} });
    const { slept } = job.result as { slept: number };
    expect(slept).toBeGreaterThanOrEqual(1);
    expect(slept).toBeLessThanOrEqual(5);
  });

  it('waits for its delay', async () => {
    const { job_id: jobId, run_at: runAt } = await api.submit({ payload: { seconds: 0 }, delay_seconds: 2 });
    expect((await api.job(jobId)).status).toBe('created');
    const job = await api.finished(jobId);
    expect(job.status).toBe('success');
    expect(Date.parse(job.start_time ?? '')).toBeGreaterThanOrEqual(Date.parse(runAt));
  });

  it('runs at its time, or immediately if that has passed', async () => {
    const soon = new Date(Date.now() + 1500);
    const [later, now] = await Promise.all([
      api.submit({ payload: { seconds: 0 }, run_at: soon.toISOString() }),
      api.submit({ payload: { seconds: 0 }, run_at: '2020-01-01T00:00:00+01:00' }),
    ]);
    expect((await api.finished(now.job_id)).status).toBe('success');
    const job = await api.finished(later.job_id);
    expect(Date.parse(job.start_time ?? '')).toBeGreaterThanOrEqual(soon.getTime());
  });
});

describe('canceling', () => {
  it('ends a waiting job immediately, and is idempotent', async () => {
    const { job_id: jobId } = await api.submit({ payload: { seconds: 0 }, delay_seconds: 600 });
    for (let round = 0; round < 2; round += 1) {
      const answer = await api.call<JobView>('POST', `/v1/jobs/${jobId}/cancel`);
      expect(answer).toMatchObject({ status: 200, body: { status: 'canceled', attempt: 0 } });
    }
    expect(await api.attempts(jobId)).toEqual([]);
  });

  it('stops a running job within five seconds', async () => {
    const { job_id: jobId } = await api.submit({ payload: { seconds: 18 } });
    await api.until(jobId, ['running']);
    const asked = await api.call<JobView>('POST', `/v1/jobs/${jobId}/cancel`);
    expect(asked).toMatchObject({ status: 200, body: { status: 'running', cancel_requested: true } });
    const askedAt = Date.now();
    const job = await api.finished(jobId);
    expect(job).toMatchObject({ status: 'canceled', attempt: 1, message: 'canceled by request' });
    expect(Date.parse(job.end_time ?? '') - askedAt).toBeLessThan(5_000);
    expect(await api.attempts(jobId)).toMatchObject([{ attempt: 1, outcome: 'canceled' }]);
  });

  it('is refused for a job that has succeeded', async () => {
    const { job_id: jobId } = await api.submit({ payload: { seconds: 0 } });
    await api.finished(jobId);
    const refused = await api.call<ProblemView>('POST', `/v1/jobs/${jobId}/cancel`);
    expect(refused.status).toBe(409);
    expect(refused.body).toMatchObject({
      type: 'urn:errand:problem:state-conflict',
      job_id: jobId,
      job_status: 'success',
    });
  });
});

describe('retrying', () => {
  it('runs a canceled job again, as its next attempt', async () => {
    const { job_id: jobId } = await api.submit({ payload: { seconds: 0 }, delay_seconds: 600 });
    await api.call('POST', `/v1/jobs/${jobId}/cancel`);
    const retried = await api.call<JobView>('POST', `/v1/jobs/${jobId}/retry`);
    expect(retried).toMatchObject({
      status: 200,
      body: { status: 'created', cancel_requested: false, end_time: null },
    });
    expect(await api.finished(jobId)).toMatchObject({ status: 'success', attempt: 1 });
  });

  it('is refused for a job that has succeeded, and for a waiting one', async () => {
    const done = await api.submit({ payload: { seconds: 0 } });
    const waiting = await api.submit({ payload: { seconds: 0 }, delay_seconds: 600 });
    await api.finished(done.job_id);
    for (const { job_id: jobId } of [done, waiting]) {
      expect((await api.call('POST', `/v1/jobs/${jobId}/retry`)).status).toBe(409);
    }
    await api.call('POST', `/v1/jobs/${waiting.job_id}/cancel`);
  });
});

describe('listing', () => {
  itUnless('stores-out-of-reach')(
    'walks all jobs of a filter once, newest first, by its cursor',
    async () => {
      const objectId = randomUUID();
      const submitted: string[] = [];
      for (let index = 0; index < 5; index += 1) {
        // The test deletes the dedup key after each submission, as if the window had ended, so that the next submission creates a new job.
        const { job_id: jobId } = await api.submit({
          object_id: objectId,
          payload: { seconds: 0 },
          delay_seconds: 600,
        });
        submitted.unshift(jobId);
        await cloud.forgetDedupKey(objectId);
      }

      const seen: string[] = [];
      let cursor: string | null = null;
      do {
        const query = new URLSearchParams({ object_id: objectId, limit: '2', ...(cursor && { cursor }) });
        const page: Answer<Page> = await api.call<Page>('GET', `/v1/jobs?${query.toString()}`);
        expect(page).toMatchObject({ status: 200, body: { limit: 2 } });
        seen.push(...page.body.items.map((job) => job.job_id));
        cursor = page.body.next_cursor;
      } while (cursor);
      expect(seen).toEqual(submitted);

      for (const jobId of submitted) await api.call('POST', `/v1/jobs/${jobId}/cancel`);
      const byStatus = await api.call<{ items: JobView[] }>(
        'GET',
        `/v1/jobs?object_id=${objectId}&status=canceled&type=sleep`,
      );
      expect(byStatus.body.items.map((job) => job.job_id)).toEqual(submitted);
      expect(
        (await api.call<{ items: [] }>('GET', `/v1/jobs?object_id=${objectId}&status=failed`)).body.items,
      ).toEqual([]);
    },
  );
});

describe('health', () => {
  it('reports the process and each store as up', async () => {
    expect(await api.call('GET', '/health-alive')).toMatchObject({ status: 200, body: { status: 'ok' } });
    const check = await api.call<{ checks: Record<string, { status: string }> }>('GET', '/health-check');
    expect(check).toMatchObject({
      status: 200,
      body: {
        status: 'ok',
        checks: { aurora: { status: 'ok' }, dynamodb: { status: 'ok' }, sqs: { status: 'ok' } },
      },
    });
  });
});
