import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { v7 as uuidv7 } from 'uuid';
import {
  ApiClient,
  type Answer,
  type JobView,
  type ProblemView,
  type SubmittedView,
} from '../helpers/api-client.ts';
import { startCloud, type Cloud } from '../helpers/cloud.ts';
import { putDedupKey } from '../helpers/dedup-key.ts';
import { hasGap } from '../helpers/gaps.ts';

/** The dedup window in seconds. Unless the machine is busy, all requests in a crowd finish within the window. */
const WINDOW_SECONDS = hasGap('no-crowds') ? 30 : 10;

/** The number of concurrent submissions for one object. */
const CROWD = hasGap('no-crowds') ? 10 : 200;

/** The number of races at a window's end, and the number of submissions per race. */
const [ROUNDS, RACERS] = hasGap('no-crowds') ? [3, 10] : [4, 100];

/** The windows of several tests, collected so that one test can wait until all of them have ended. */
const windows: { objectId: string; jobId: string; end: number }[] = [];

let cloud: Cloud;
let api: ApiClient;

beforeAll(async () => {
  cloud = await startCloud({ DEDUP_WINDOW: String(WINDOW_SECONDS), JOB_PREFETCH: '4' });
  api = cloud.api;
}, 120_000);

afterAll(async () => {
  await cloud.end();
});

async function jobsOf(objectId: string): Promise<JobView[]> {
  return (await api.call<{ items: JobView[] }>('GET', `/v1/jobs?object_id=${objectId}`)).body.items;
}

/**
 * The maximum number of crowds (concurrent submissions for one object) that may take longer than the window. The first crowd is slow, because
 * processes must start. Any crowd is slow if the machine is busy.
 */
const MOST_SLOW_CROWDS = 3;

interface Crowd {
  objectId: string;
  answers: Answer<SubmittedView>[];
}

/** Submits an object many times concurrently. If the submissions take longer than the window, tries again with another object. */
async function submitAtOnce(times: number): Promise<Crowd> {
  for (let slow = 0; slow < MOST_SLOW_CROWDS; slow += 1) {
    const objectId = randomUUID();
    const body = { object_id: objectId, payload: { seconds: 0.01 } };
    const startedAt = performance.now();
    const answers = await Promise.all(
      Array.from({ length: times }, () => api.call<SubmittedView>('POST', '/v1/jobs', body)),
    );
    if (performance.now() - startedAt < WINDOW_SECONDS * 1_000) return { objectId, answers };
  }
  throw new Error(`${MOST_SLOW_CROWDS} crowds of ${times} took longer than ${WINDOW_SECONDS} s.`);
}

/** Waits until a time in epoch milliseconds. The loop is needed because a timer may fire a little early. */
async function waitUntil(moment: number): Promise<void> {
  while (Date.now() < moment) await wait(moment - Date.now());
}

describe('inside the dedup window', () => {
  it('a duplicate gets the first job, whatever its other fields', async () => {
    const objectId = randomUUID();
    const first = await api.submit({ object_id: objectId, payload: { seconds: 0 } });
    const second = await api.call<SubmittedView>('POST', '/v1/jobs', {
      object_id: objectId,
      payload: { seconds: 9 },
    });
    expect(second).toMatchObject({
      status: 200,
      body: {
        job_id: first.job_id,
        deduplicated: true,
        window_ends_at: first.window_ends_at,
        payload: { seconds: 0 },
      },
    });
  });

  it('a duplicate with on_duplicate reject gets 409 with the job and the end of the window', async () => {
    const objectId = randomUUID();
    const first = await api.submit({ object_id: objectId, on_duplicate: 'reject', payload: { seconds: 0 } });
    expect(first.deduplicated).toBe(false);
    const second = await api.call<ProblemView>('POST', '/v1/jobs', {
      object_id: objectId,
      on_duplicate: 'reject',
    });
    expect(second.status).toBe(409);
    expect(second.body).toMatchObject({
      type: 'urn:errand:problem:duplicate-job',
      job_id: first.job_id,
      window_ends_at: first.window_ends_at,
    });
  });

  it('the integer 1 and the string "1" are the same object', async () => {
    const first = await api.submit({ object_id: 1, payload: { seconds: 0 } });
    const second = await api.submit({ object_id: '1', payload: { seconds: 0 } });
    expect(second).toMatchObject({ job_id: first.job_id, deduplicated: true, object_id: '1' });
  });

  it('jobs without an object_id are never duplicates', async () => {
    const [first, second] = await Promise.all([
      api.submit({ payload: { seconds: 0 } }),
      api.submit({ payload: { seconds: 0 } }),
    ]);
    expect(first.job_id).not.toBe(second.job_id);
    expect(first.window_ends_at).toBeNull();
  });

  it(`${CROWD} concurrent submissions give one job_id, one row and one run`, async () => {
    const { objectId, answers } = await submitAtOnce(CROWD);
    const [jobId, ...otherIds] = new Set(answers.map(({ body }) => body.job_id));
    expect(otherIds).toEqual([]);
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(CROWD - 1);
    expect(answers.filter(({ body }) => !body.deduplicated)).toHaveLength(1);

    expect(await api.finished(jobId ?? '')).toMatchObject({ status: 'success', attempt: 1 });
    expect(await jobsOf(objectId)).toHaveLength(1);
    expect(await api.attempts(jobId ?? '')).toHaveLength(1);
    windows.push({ objectId, jobId: jobId ?? '', end: Date.parse(answers[0]?.body.window_ends_at ?? '') });
  }, 120_000);
});

describe('the end of the window', () => {
  it(`is the same in ${RACERS} concurrent responses, and a submission at that time gets a new job`, async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const { objectId, answers } = await submitAtOnce(RACERS);
      const [end, ...otherEnds] = new Set(answers.map(({ body }) => body.window_ends_at));
      expect(otherEnds).toEqual([]);
      windows.push({ objectId, jobId: answers[0]?.body.job_id ?? '', end: Date.parse(end ?? '') });
    }
    for (const { objectId, jobId, end } of windows) {
      await waitUntil(end);
      const next = await api.submit({ object_id: objectId, payload: { seconds: 0 } });
      expect(next.deduplicated).toBe(false);
      expect(next.job_id).not.toBe(jobId);
      expect(await jobsOf(objectId)).toHaveLength(2);
    }
  }, 120_000);
});

describe('a dedup key', () => {
  it('for a job that was never written is completed with the same job_id', async () => {
    const objectId = randomUUID();
    const jobId = uuidv7();
    await putDedupKey(cloud, { objectId, jobId, windowEndsAt: Date.now() + 60_000 });
    const submitted = await api.call<SubmittedView>('POST', '/v1/jobs', {
      object_id: objectId,
      payload: { seconds: 0 },
    });
    expect(submitted).toMatchObject({ status: 201, body: { job_id: jobId, deduplicated: false } });
    expect((await api.finished(jobId)).status).toBe('success');
  });

  it('that has expired but is not deleted yet does not count', async () => {
    const objectId = randomUUID();
    const jobId = uuidv7();
    await putDedupKey(cloud, { objectId, jobId, windowEndsAt: Date.now() - 1 });
    const submitted = await api.submit({ object_id: objectId, payload: { seconds: 0 } });
    expect(submitted.deduplicated).toBe(false);
    expect(submitted.job_id).not.toBe(jobId);
  });
});
