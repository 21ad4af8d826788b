import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { Schema } from 'errand-client';
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
  it('responds to each submission in order: new, duplicate, refused', async () => {
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
    // The test waits for the jobs one by one, because a hundred concurrent waits would slow the jobs down.
    const jobs: JobView[] = [];
    for (const { job } of items) jobs.push(await api.finished(job?.job_id ?? ''));
    expect(jobs.filter(({ status, attempt }) => status === 'success' && attempt === 1)).toHaveLength(100);
  }, 60_000);

  it.each([
    ['no jobs', { jobs: [] }, 'jobs'],
    ['too many jobs', { jobs: Array.from({ length: 101 }, () => ({})) }, 'jobs'],
    ['jobs that are not an array', { jobs: {} }, 'jobs'],
    ['no list', {}, 'jobs'],
    ['an unknown field', { jobs: [{}], all: true }, 'all'],
  ])('with %s is refused as a whole', async (_why, body, field) => {
    const answer = await api.call<ProblemView>('POST', '/v1/jobs/batch', body);
    expect(answer.status).toBe(422);
    expect(answer.body.errors?.map((error) => error.field)).toEqual([field]);
  });
});

interface CountedView extends BatchView {
  batch: Schema<'Batch'>;
}

/** Submits jobs as part of a batch. */
async function submitWith(batch: object, jobs: unknown[]): Promise<CountedView> {
  const answer = await api.call<CountedView>('POST', '/v1/jobs/batch', { jobs, batch });
  expect(answer.status).toBe(200);
  return answer.body;
}

const quick = (objectId?: string) => ({ object_id: objectId, payload: { seconds: 0 } });

describe('a batch with an id', () => {
  it('can be counted and waited for, and its on_complete job follows', async () => {
    const id = randomUUID();
    const first = await submitWith({ id, more: true }, [quick(), quick()]);
    expect(first.batch).toMatchObject({ batch_id: id, status: 'open', jobs: 2, close_time: null });
    expect(first.items).toMatchObject([{ job: { batch_id: id } }, { job: { batch_id: id } }]);
    const onComplete = { payload: { seconds: 0.01 }, max_attempts: 7 };
    const { batch } = await submitWith({ id, on_complete: onComplete }, [quick()]);
    expect(batch).toMatchObject({ jobs: 3, on_complete: { type: 'sleep' } });

    const { body } = await api.call<Schema<'Batch'>>('GET', `/v1/batches/${id}?wait=25`);
    expect(body).toMatchObject({
      ...{ batch_id: id, status: 'completed', jobs: 3 },
      counts: { created: 0, running: 0, success: 3, failed: 0, canceled: 0 },
    });
    expect(await api.finished(body.on_complete?.job_id ?? '')).toMatchObject({
      ...{ status: 'success', max_attempts: 7, result: { slept: 0.01 }, batch_id: null },
    });
    const { body: page } = await api.call<Schema<'BatchPage'>>('GET', '/v1/batches?limit=1');
    expect(page.items).toMatchObject([{ batch_id: id }]);
  });

  it('stays open if one of its jobs is refused, until a request closes it', async () => {
    const id = randomUUID();
    const { items, batch } = await submitWith({ id }, [quick(), { payload: { seconds: -1 } }]);
    expect(items.map(({ status }) => status)).toEqual([201, 422]);
    expect(batch).toMatchObject({ status: 'open', jobs: 1 });
    expect((await submitWith({ id }, [quick()])).batch).toMatchObject({ jobs: 2 });
    const { body } = await api.call('GET', `/v1/batches/${id}?wait=25`);
    expect(body).toMatchObject({ status: 'completed' });
  });

  it('does not change if a request is retried', async () => {
    const [id, object] = [randomUUID(), randomUUID()];
    const jobs = [quick(`${object}-1`), quick(`${object}-2`)];
    await submitWith({ id, on_complete: { payload: { seconds: 0 } } }, jobs);
    const again = await submitWith({ id, on_complete: { payload: { seconds: 0 } } }, jobs);
    expect(again.items.map(({ status }) => status)).toEqual([200, 200]);
    expect(again.batch).toMatchObject({ jobs: 2 });
  });

  it('that is closed refuses new jobs and another on_complete job, and opens no dedup window', async () => {
    const [id, object] = [randomUUID(), randomUUID()];
    await submitWith({ id }, [quick()]);
    const { items, batch } = await submitWith({ id }, [quick(object)]);
    expect(items).toMatchObject([{ status: 409, problem: { type: 'urn:errand:problem:batch-closed' } }]);
    expect(batch).toMatchObject({ jobs: 1 });
    const answer = await api.call<ProblemView>('POST', '/v1/jobs/batch', {
      jobs: [],
      batch: { id, on_complete: { payload: { seconds: 1 } } },
    });
    expect(answer).toMatchObject({ status: 409, body: { type: 'urn:errand:problem:batch-closed' } });
    expect(await api.submit(quick(object))).toMatchObject({ deduplicated: false, batch_id: null });
  });

  it('does not include a duplicate’s job', async () => {
    const [id, object] = [randomUUID(), randomUUID()];
    const { job_id: jobId } = await api.submit(quick(object));
    const { items, batch } = await submitWith({ id }, [quick(object)]);
    expect(items).toMatchObject([{ status: 200, job: { job_id: jobId, batch_id: null } }]);
    expect(batch).toMatchObject({ status: 'completed', jobs: 0 });
  });

  it.each([
    ['an id with a slash', { id: 'a/b' }, 'batch.id'],
    ['no id', {}, 'batch.id'],
    ['an unknown field', { id: 'a', close: true }, 'batch.close'],
    [
      'an on_complete job of an unknown type',
      { id: 'a', on_complete: { type: 'nope' } },
      'batch.on_complete.type',
    ],
    [
      'an on_complete job with an object_id',
      { id: 'a', on_complete: { object_id: '1' } },
      'batch.on_complete.object_id',
    ],
  ])('with %s is refused, and nothing is submitted', async (_why, batch, field) => {
    const object = randomUUID();
    const body = { jobs: [{ ...quick(object), delay_seconds: 600 }], batch };
    const answer = await api.call<ProblemView>('POST', '/v1/jobs/batch', body);
    expect(answer.status).toBe(422);
    expect(answer.body.errors?.map((error) => error.field)).toEqual([field]);
    const { body: page } = await api.call<Schema<'JobPage'>>('GET', `/v1/jobs?object_id=${object}`);
    expect(page.items).toEqual([]);
  });

  it('is not found if it does not exist', async () => {
    expect(await api.call('GET', `/v1/batches/${randomUUID()}`)).toMatchObject({
      status: 404,
      body: { type: 'urn:errand:problem:batch-not-found' },
    });
    expect(await api.call('GET', '/v1/batches?cursor=MTIgLi4')).toMatchObject({ status: 400 });
  });
});

describe('waiting', () => {
  it('delays the response to a submission until its job is terminal', async () => {
    const answer = await untilHeld(() =>
      api.call<SubmittedView>('POST', '/v1/jobs?wait=20', { payload: { seconds: 0.3 } }),
    );
    expect(answer).toMatchObject({
      status: 201,
      body: { status: 'success', result: { slept: 0.3 }, deduplicated: false },
    });
  });

  it('delays the response to a read until the job is terminal, by at most a second', async () => {
    const lags: number[] = [];
    // The test measures up to three jobs and uses the shortest lag, because a busy machine may delay any response.
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

  it('ends after its seconds, with the current job', async () => {
    const { job_id: jobId } = await api.submit({ payload: { seconds: 0 }, delay_seconds: 600 });
    let startedAt = 0;
    const { body } = await untilHeld(() => {
      startedAt = Date.now();
      return api.call<JobView>('GET', `/v1/jobs/${jobId}?wait=1.5`);
    });
    expect(body.status).toBe('created');
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(1_500);
  });

  it.each(['26', '-1', 'long', ''])('can’t last "%s" seconds', async (wait) => {
    const answer = await api.call<ProblemView>(
      'GET',
      `/v1/jobs/01900000-0000-7000-8000-000000000000?wait=${wait}`,
    );
    expect(answer.status).toBe(400);
    expect(answer.body.errors?.map(({ field }) => field)).toEqual(['wait']);
  });
});
