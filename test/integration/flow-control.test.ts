import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { AttemptView, ApiClient, JobView, ProblemView, SubmittedView } from '../helpers/api-client.ts';
import { startCloud, type Cloud } from '../helpers/cloud.ts';

const PREFETCH = 4;

let cloud: Cloud;
let api: ApiClient;

beforeAll(async () => {
  cloud = await startCloud({ JOB_PREFETCH: String(PREFETCH) });
  api = cloud.api;
}, 120_000);

afterAll(async () => {
  await cloud.end();
});

async function submitAll(count: number, job: object): Promise<string[]> {
  const jobs = Array.from({ length: count }, () => job);
  const { body } = await api.call<{ items: { job: SubmittedView }[] }>('POST', '/v1/jobs/batch', { jobs });
  return body.items.map((item) => item.job.job_id);
}

async function ended(jobId: string): Promise<JobView> {
  for (;;) {
    const { body } = await api.call<JobView>('GET', `/v1/jobs/${jobId}?wait=20`);
    if (body.end_time !== null) return body;
  }
}

/** Returns the start and end of each job's only attempt, in milliseconds. */
async function runsOf(jobIds: readonly string[]): Promise<{ start: number; end: number }[]> {
  return Promise.all(
    jobIds.map(async (jobId) => {
      expect((await ended(jobId)).status).toBe('success');
      const { body } = await api.call<{ items: AttemptView[] }>('GET', `/v1/jobs/${jobId}/attempts`);
      const [attempt] = body.items;
      return { start: Date.parse(attempt?.start_time ?? ''), end: Date.parse(attempt?.end_time ?? '') };
    }),
  );
}

/** Returns the maximum number of overlapping runs. */
function mostAtOnce(runs: readonly { start: number; end: number }[]): number {
  return Math.max(
    ...runs.map(({ start }) => runs.filter((each) => each.start <= start && start < each.end).length),
  );
}

describe('a concurrency key', () => {
  it('never runs more jobs concurrently than its limit', async () => {
    const job = { payload: { seconds: 0.3 }, concurrency: { key: randomUUID(), limit: 2 } };
    expect(mostAtOnce(await runsOf(await submitAll(20, job)))).toBe(2);
  }, 60_000);

  it('shows which jobs it holds back, and when they were due', async () => {
    const concurrency = { key: randomUUID(), limit: 1 };
    const ids = await submitAll(3, { payload: { seconds: 3 }, concurrency });
    let views: JobView[];
    do {
      views = await Promise.all(
        ids.map(async (id) => (await api.call<JobView>('GET', `/v1/jobs/${id}`)).body),
      );
    } while (views.filter(({ held_by: heldBy }) => heldBy === 'concurrency').length < 2);
    for (const view of views) {
      expect(view).toMatchObject({ priority: 5, concurrency, rate_limit: null });
      expect(Date.parse(view.run_at) - Date.parse(view.create_time)).toBeLessThan(1_000);
    }
    for (const id of ids) expect((await ended(id)).held_by).toBeNull();
  }, 60_000);
});

describe('a rate limit', () => {
  it('starts a burst immediately, and then one job at a time at even intervals', async () => {
    const job = {
      payload: { seconds: 0 },
      rate_limit: { key: randomUUID(), limit: 5, per_seconds: 5, burst: 2 },
    };
    const starts = (await runsOf(await submitAll(6, job))).map(({ start }) => start).sort((a, b) => a - b);
    for (const [index, start] of starts.entries()) {
      // The first two jobs start in a burst, and then one job starts per second. Each job therefore starts at least a second after the job two places
      // ahead of it.
      const later = starts[index + 2];
      if (later !== undefined) expect(later - start).toBeGreaterThanOrEqual(950);
    }
    expect((starts.at(-1) ?? 0) - (starts[0] ?? 0)).toBeGreaterThanOrEqual(3_950);
  }, 60_000);
});

describe('priority 0', () => {
  it('starts ahead of its tenant’s backlog', async () => {
    const backlog = await submitAll(30, { payload: { seconds: 0.5 } });
    const { body: urgent } = await api.call<SubmittedView>('POST', '/v1/jobs', {
      payload: { seconds: 0 },
      priority: 0,
    });
    const [urgentRun] = await runsOf([urgent.job_id]);
    const runs = await runsOf(backlog);
    const startedAfter = runs.filter(({ start }) => start > (urgentRun?.start ?? 0)).length;
    expect(startedAfter).toBeGreaterThanOrEqual(backlog.length - 2 * PREFETCH);
  }, 90_000);
});

describe('a submission with limits', () => {
  it('can be a form', async () => {
    const form = new FormData();
    form.append('type', 'analyze');
    form.append('payload', '{"patterns":["ERROR"]}');
    form.append('priority', '2');
    form.append('concurrency', '{"key":"acme","limit":3}');
    form.append('rate_limit', '{"key":"acme","limit":100,"per_seconds":1}');
    form.append('file', new Blob(['ERROR']), 'a.log');
    const response = await fetch(`${api.url}/v1/jobs`, { method: 'POST', body: form });
    expect(response.status).toBe(201);
    expect(await response.json()).toMatchObject({
      priority: 2,
      concurrency: { key: 'acme', limit: 3 },
      rate_limit: { key: 'acme', limit: 100, per_seconds: 1, burst: 1 },
      held_by: null,
    });
  });

  it('is refused with the field’s name', async () => {
    const { status, body } = await api.call<ProblemView>('POST', '/v1/jobs', {
      concurrency: { key: 'acme', limit: 0 },
    });
    expect(status).toBe(422);
    expect(body.errors).toEqual([{ field: 'concurrency.limit', message: 'must be at least 1' }]);
  });
});
