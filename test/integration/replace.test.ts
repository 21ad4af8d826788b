import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { Answer, JobView, ProblemView, SubmittedView } from '../helpers/api-client.ts';
import { startCloud, type Cloud } from '../helpers/cloud.ts';

let cloud: Cloud;

beforeAll(async () => {
  cloud = await startCloud({ JOB_TIMEOUT: '20', JOB_PREFETCH: '4' });
}, 120_000);

afterAll(async () => {
  await cloud.end();
});

function submit(body: object): Promise<Answer<SubmittedView>> {
  return cloud.api.call<SubmittedView>('POST', '/v1/jobs', body);
}

/** Returns a submission of a sleep job. The sleep time in the job's result identifies the payload that the job used. */
function sleepOf(objectId: string, milliseconds: number, more: object = {}): object {
  return { object_id: objectId, payload: { seconds: milliseconds / 1000 }, ...more };
}

async function jobsOf(objectId: string): Promise<JobView[]> {
  return (await cloud.api.call<{ items: JobView[] }>('GET', `/v1/jobs?object_id=${objectId}`)).body.items;
}

describe('a submission with on_duplicate: replace', () => {
  it('replaces the payload and the due time of the waiting job, which runs once', async () => {
    const id = randomUUID();
    const first = await submit(sleepOf(id, 1, { delay_seconds: 600, max_attempts: 1 }));
    expect(first).toMatchObject({ status: 201, body: { deduplicated: false, replaced: false } });
    const second = await submit(sleepOf(id, 2, { on_duplicate: 'replace', max_attempts: 3 }));
    expect(second).toMatchObject({
      status: 200,
      body: {
        job_id: first.body.job_id,
        deduplicated: true,
        replaced: true,
        debounced: false,
        status: 'created',
        max_attempts: 3,
        payload: { seconds: 0.002 },
        window_ends_at: first.body.window_ends_at,
      },
    });
    expect(await cloud.api.finished(first.body.job_id)).toMatchObject({
      status: 'success',
      attempt: 1,
      result: { slept: 0.002 },
    });
    expect(await jobsOf(id)).toHaveLength(1);
  });

  it('does not change a job that has ended, and reports that', async () => {
    const id = randomUUID();
    const { body: first } = await submit(sleepOf(id, 1));
    await cloud.api.finished(first.job_id);
    expect(await submit(sleepOf(id, 2, { on_duplicate: 'replace' }))).toMatchObject({
      status: 200,
      body: {
        job_id: first.job_id,
        deduplicated: true,
        replaced: false,
        status: 'success',
        payload: { seconds: 0.001 },
      },
    });
  });

  it('is refused if the job has another type', async () => {
    const id = randomUUID();
    const { body: first } = await submit(sleepOf(id, 1, { delay_seconds: 600 }));
    const webhook = { type: 'analyze', payload: { file: 'uploads/default/a', patterns: ['x'] } };
    const refused = await cloud.api.call<ProblemView>('POST', '/v1/jobs', {
      ...webhook,
      object_id: id,
      on_duplicate: 'replace',
    });
    expect(refused).toMatchObject({ status: 409, body: { job_id: first.job_id } });
    expect(refused.body.detail).toContain('of the type "sleep", which a job of the type "analyze"');
  });

  it('can name another file for the job to read', async () => {
    const id = randomUUID();
    const send = async (text: string, more: Record<string, string>): Promise<SubmittedView> => {
      const form = new FormData();
      const fields = { type: 'analyze', object_id: id, payload: '{"patterns":["ERROR"]}', ...more };
      for (const [name, value] of Object.entries(fields)) form.append(name, value);
      form.append('file', new Blob([text]), 'log');
      const response = await fetch(`${cloud.api.url}/v1/jobs`, { method: 'POST', body: form });
      return (await response.json()) as SubmittedView;
    };
    const { job_id: jobId } = await send('ERROR one', { delay_seconds: '600' });
    expect(await send('ERROR one\nERROR two', { on_duplicate: 'replace' })).toMatchObject({
      job_id: jobId,
      replaced: true,
    });
    expect(await cloud.api.finished(jobId)).toMatchObject({ status: 'success', result: { bytes: 19 } });
  });

  it('is applied once for each of many concurrent submissions, and the job has the payload of one of them', async () => {
    const id = randomUUID();
    const { body: first } = await submit(sleepOf(id, 1, { delay_seconds: 600 }));
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, index) =>
        submit(sleepOf(id, index + 2, { on_duplicate: 'replace', delay_seconds: 600 })),
      ),
    );
    for (const { status, body } of answers)
      expect({ status, body }).toMatchObject({ status: 200, body: { job_id: first.job_id, replaced: true } });
    const { body: audit } = await cloud.api.call<{ items: { action: string }[] }>(
      'GET',
      `/v1/audit?job_id=${first.job_id}&limit=100`,
    );
    expect(audit.items.filter(({ action }) => action === 'job.replace')).toHaveLength(30);
    expect(await jobsOf(id)).toHaveLength(1);
  });
});

describe('a debounced submission', () => {
  it('runs once with the last payload, and a submission after the start is a new job', async () => {
    const id = randomUUID();
    const debounce = { debounce: { seconds: 1, max_seconds: 30 } };
    const answers = [];
    for (const milliseconds of [1, 2, 3]) answers.push(await submit(sleepOf(id, milliseconds, debounce)));
    const [first, , last] = answers;
    expect(first).toMatchObject({ status: 201, body: { debounced: true, replaced: false } });
    expect(first?.body.window_ends_at).toBe(first?.body.run_at);
    expect(last).toMatchObject({ status: 200, body: { job_id: first?.body.job_id, replaced: true } });
    expect(last?.body.window_ends_at).toBe(last?.body.run_at);
    expect(Date.parse(last?.body.run_at ?? '')).toBeGreaterThan(Date.parse(first?.body.run_at ?? ''));

    const ended = await cloud.api.finished(first?.body.job_id ?? '');
    expect(ended).toMatchObject({ status: 'success', attempt: 1, result: { slept: 0.003 } });
    expect(Date.parse(ended.start_time ?? '')).toBeGreaterThanOrEqual(Date.parse(last?.body.run_at ?? ''));

    const next = await submit(sleepOf(id, 4, debounce));
    expect(next).toMatchObject({ status: 201, body: { deduplicated: false } });
    expect(next.body.job_id).not.toBe(first?.body.job_id);
    expect(await cloud.api.finished(next.body.job_id)).toMatchObject({ result: { slept: 0.004 } });
    expect(await jobsOf(id)).toHaveLength(2);
  });

  it('runs at the latest max_seconds after the first submission', async () => {
    const id = randomUUID();
    const { body: first } = await submit(sleepOf(id, 1, { debounce: { seconds: 600, max_seconds: 700 } }));
    const { body: second } = await submit(sleepOf(id, 2, { debounce: { seconds: 600, max_seconds: 600 } }));
    expect(Date.parse(second.run_at) - Date.parse(first.create_time)).toBe(600_000);
  });

  it('creates one job for many concurrent submissions', async () => {
    const id = randomUUID();
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, index) =>
        submit(sleepOf(id, index + 1, { debounce: { seconds: 600 } })),
      ),
    );
    expect(new Set(answers.map(({ body }) => body.job_id)).size).toBe(1);
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ body }) => body.replaced)).toHaveLength(29);
  });

  it('is accepted in a batch', async () => {
    const id = randomUUID();
    const { body } = await cloud.api.call<{ items: { status: number; job: SubmittedView }[] }>(
      'POST',
      '/v1/jobs/batch',
      {
        jobs: [sleepOf(id, 1, { debounce: { seconds: 1 } }), sleepOf(id, 2, { debounce: { seconds: 1 } })],
      },
    );
    expect(body.items).toMatchObject([
      { status: 201, job: { debounced: true, replaced: false } },
      { status: 200, job: { debounced: true, replaced: true } },
    ]);
    const jobId = body.items[0]?.job.job_id ?? '';
    expect(await cloud.api.finished(jobId)).toMatchObject({ result: { slept: 0.002 } });
  });

  it.each([
    ['without object_id', { debounce: { seconds: 1 } }, 'debounce', 'needs object_id'],
    [
      'with a delay',
      { object_id: 1, debounce: { seconds: 1 }, delay_seconds: 1 },
      'debounce',
      'sets when the job is due: remove delay_seconds and run_at',
    ],
    [
      'with a maximum below its seconds',
      { object_id: 1, debounce: { seconds: 2, max_seconds: 1 } },
      'debounce.max_seconds',
      'must be at least seconds',
    ],
  ])('is refused %s', async (_what, body, field, message) => {
    expect(await submit(body)).toMatchObject({ status: 422, body: { errors: [{ field, message }] } });
  });
});

describe('a submission with dedup_seconds', () => {
  it('has a dedup window of that length', async () => {
    const id = randomUUID();
    const { body } = await submit(sleepOf(id, 1, { dedup_seconds: 86_400 }));
    const length = Date.parse(body.window_ends_at ?? '') - Date.parse(body.create_time);
    expect(length / 1000).toBeGreaterThan(86_390);
    expect(length / 1000).toBeLessThanOrEqual(86_400);
  });

  it('is refused if the job may already be deleted within the window', async () => {
    expect(await submit({ object_id: 1, dedup_seconds: 30 * 86_400 })).toMatchObject({
      status: 422,
      body: { errors: [{ field: 'dedup_seconds' }] },
    });
  });
});
