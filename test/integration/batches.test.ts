import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import {
  untilHeld,
  type ApiClient,
  type JobView,
  type ProblemView,
  type SubmittedView,
} from '../helpers/api-client.ts';
import { startCloud, type Cloud } from '../helpers/cloud.ts';

interface BatchView {
  items: { status: number; job?: SubmittedView; problem?: ProblemView }[];
}

let cloud: Cloud;
let api: ApiClient;

beforeAll(async () => {
  cloud = await startCloud({ JOB_TIMEOUT: '20', JOB_PREFETCH: '4' });
  api = cloud.api;
}, 120_000);

afterAll(async () => {
  await cloud.end();
});

async function submitBatch(jobs: unknown[]): Promise<BatchView['items']> {
  const answer = await api.call<BatchView>('POST', '/v1/jobs/batch', { jobs });
  expect(answer.status).toBe(200);
  return answer.body.items;
}

describe('a batch', () => {
  it('answers each submission in its order: new, duplicate, refused', async () => {
    const [known, fresh] = [randomUUID(), randomUUID()];
    const first = await api.submit({ object_id: known, payload: { seconds: 0 } });
    const items = await submitBatch([
      { object_id: fresh, payload: { seconds: 0 } },
      { type: 'nope' },
      { object_id: known },
      { payload: { seconds: -1 } },
      { object_id: fresh },
      { object_id: fresh, on_duplicate: 'reject' },
      { object_id: known, on_duplicate: 'reject' },
      7,
      { payload: { seconds: 0 } },
    ]);
    expect(items.map(({ status }) => status)).toEqual([201, 422, 200, 422, 200, 409, 409, 422, 201]);
    expect(items[0]?.job).toMatchObject({ object_id: fresh, deduplicated: false, status: 'created' });
    expect(items[1]?.problem?.errors?.[0]?.field).toBe('type');
    expect(items[2]?.job).toMatchObject({ job_id: first.job_id, deduplicated: true });
    expect(items[3]?.problem?.errors?.[0]?.field).toBe('payload.seconds');
    expect(items[4]?.job).toMatchObject({ job_id: items[0]?.job?.job_id, deduplicated: true });
    expect(items[5]?.problem).toMatchObject({ job_id: items[0]?.job?.job_id });
    expect(items[6]?.problem).toMatchObject({ job_id: first.job_id });
    for (const item of [items[0], items[8]]) {
      expect((await api.finished(item?.job?.job_id ?? '')).status).toBe('success');
    }
  });

  it('of 100 jobs runs all of them, once each', async () => {
    const objects = Array.from({ length: 100 }, () => randomUUID());
    const items = await submitBatch(
      objects.map((object) => ({ object_id: object, payload: { seconds: 0 } })),
    );
    expect(new Set(items.map(({ job }) => job?.job_id)).size).toBe(100);
    expect(items.map(({ job }) => job?.object_id)).toEqual(objects);
    // One after the other: a hundred that ask at the same time would hold up what they wait for.
    const jobs: JobView[] = [];
    for (const { job } of items) jobs.push(await api.finished(job?.job_id ?? ''));
    expect(jobs.filter(({ status, attempt }) => status === 'success' && attempt === 1)).toHaveLength(100);
  }, 60_000);

  it.each([
    ['no jobs', { jobs: [] }, 'jobs'],
    ['too many jobs', { jobs: Array.from({ length: 101 }, () => ({})) }, 'jobs'],
    ['jobs that are no array', { jobs: {} }, 'jobs'],
    ['no list', {}, 'jobs'],
    ['an unknown field', { jobs: [{}], all: true }, 'all'],
  ])('with %s is refused as a whole', async (_why, body, field) => {
    const answer = await api.call<ProblemView>('POST', '/v1/jobs/batch', body);
    expect(answer.status).toBe(422);
    expect(answer.body.errors?.map((error) => error.field)).toEqual([field]);
  });
});

describe('waiting', () => {
  it('holds a submission back until its job is terminal', async () => {
    const answer = await untilHeld(() =>
      api.call<SubmittedView>('POST', '/v1/jobs?wait=20', { payload: { seconds: 0.3 } }),
    );
    expect(answer).toMatchObject({
      status: 201,
      body: { status: 'success', result: { slept: 0.3 }, deduplicated: false },
    });
  });

  it('holds a read back until the job is terminal, within a second of its end', async () => {
    const lags: number[] = [];
    // The best of three: a busy machine may hold up any of the responses.
    while (lags.length < 3 && !lags.some((lag) => lag < 1_000)) {
      const { body } = await untilHeld(async () => {
        const { job_id: jobId } = await api.submit({ payload: { seconds: 2 } });
        return api.call<JobView>('GET', `/v1/jobs/${jobId}?wait=20`);
      });
      expect(body.status).toBe('success');
      lags.push(Date.now() - Date.parse(body.end_time ?? ''));
    }
    expect(Math.min(...lags)).toBeLessThan(1_000);
  });

  it('ends when its seconds are over, with the job as it is then', async () => {
    const { job_id: jobId } = await api.submit({ payload: { seconds: 0 }, delay_seconds: 600 });
    let startedAt = 0;
    const { body } = await untilHeld(() => {
      startedAt = Date.now();
      return api.call<JobView>('GET', `/v1/jobs/${jobId}?wait=1.5`);
    });
    expect(body.status).toBe('created');
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(1_500);
  });

  it.each(['26', '-1', 'long', ''])('refuses to last "%s" seconds', async (wait) => {
    const answer = await api.call<ProblemView>(
      'GET',
      `/v1/jobs/01900000-0000-7000-8000-000000000000?wait=${wait}`,
    );
    expect(answer.status).toBe(400);
    expect(answer.body.errors?.map(({ field }) => field)).toEqual(['wait']);
  });
});
