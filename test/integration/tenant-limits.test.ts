import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Schema } from 'errand-client';
import type { Answer, JobView, ProblemView, SubmittedView } from '../helpers/api-client.ts';
import { startCloud, type Cloud } from '../helpers/cloud.ts';
import { callsOfMarked, resetAwsCalls } from '../helpers/embedded.ts';
import { createSchedulerClient, eventOf, fire } from '../helpers/firings.ts';
import { itUnless } from '../helpers/it-unless.ts';
import { headerFor } from '../helpers/keys.ts';

const IN_FLIGHT = 5;
const PER_SECOND = 8;
const TOO_FAST = 'urn:errand:problem:too-many-submissions';

interface Outcome {
  status: number;
  job?: SubmittedView;
  problem?: ProblemView;
}

let cloud: Cloud;

beforeAll(async () => {
  cloud = await startCloud({
    AUTH: 'api-key',
    TENANT_MAX_JOBS_IN_FLIGHT: String(IN_FLIGHT),
    TENANT_SUBMISSIONS_PER_SECOND: String(PER_SECOND),
  });
}, 120_000);

afterAll(async () => {
  await cloud.end();
});

/** Creates a tenant and its API client. */
async function newTenant() {
  const headers = await headerFor(cloud, randomUUID());
  return {
    call: <Body>(method: string, path: string, body?: unknown): Promise<Answer<Body>> =>
      cloud.api.call<Body>(method, path, body, headers),
    async batch(jobs: readonly object[]): Promise<Outcome[]> {
      const { body } = await this.call<{ items: Outcome[] }>('POST', '/v1/jobs/batch', { jobs });
      return body.items;
    },
    /** Submits a job that does not run during the test. */
    submit(fields: object = {}) {
      return this.call<Partial<Omit<SubmittedView, 'status'>> & Pick<ProblemView, 'type'>>(
        'POST',
        '/v1/jobs',
        { delay_seconds: 600, ...fields },
      );
    },
    sendFile: async (): Promise<Response> => {
      const form = new FormData();
      form.append('type', 'analyze');
      form.append('payload', '{"patterns":["ERROR"]}');
      form.append('file', new Blob(['ERROR']), 'a.log');
      return fetch(`${cloud.api.url}/v1/jobs`, { method: 'POST', headers, body: form });
    },
  };
}

/** Waits for the next full second, because submissions are counted per clock second. */
async function secondIsOver(): Promise<void> {
  const second = Math.floor(Date.now() / 1000);
  while (Math.floor(Date.now() / 1000) === second) await wait(1000 - (Date.now() % 1000));
}

const waiting = (count: number): object[] => Array.from({ length: count }, () => ({ delay_seconds: 600 }));

describe('a batch beyond both limits', () => {
  it('gets 201 for jobs within the limits, and 429 with the exceeded limit for each other job', async () => {
    const items = await (await newTenant()).batch(waiting(10));
    expect(items.map(({ status, problem }) => problem?.type ?? status)).toEqual([
      ...Array<number>(IN_FLIGHT).fill(201),
      ...Array<string>(PER_SECOND - IN_FLIGHT).fill('urn:errand:problem:too-many-jobs'),
      ...Array<string>(10 - PER_SECOND).fill('urn:errand:problem:too-many-submissions'),
    ]);
    expect(items.map(({ problem }) => problem?.status).slice(IN_FLIGHT)).toEqual([429, 429, 429, 429, 429]);
  });
});

describe('a tenant at its limit of jobs in flight', () => {
  it('gets 429 with Retry-After, for JSON and forms, until one of them has ended', async () => {
    const tenant = await newTenant();
    const [first] = await tenant.batch(waiting(IN_FLIGHT));
    const refused = await tenant.submit({ object_id: 'late' });
    expect(refused).toMatchObject({
      status: 429,
      body: { type: 'urn:errand:problem:too-many-jobs', status: 429 },
    });
    expect(refused.headers.get('retry-after')).toBe('5');
    expect(refused.headers.get('content-type')).toBe('application/problem+json');
    const form = await tenant.sendFile();
    expect([form.status, form.headers.get('retry-after')]).toEqual([429, '5']);

    await tenant.call('POST', `/v1/jobs/${first?.job?.job_id}/cancel`);
    // The refused submission left no dedup key behind, so this submission creates a new job with a new window.
    const before = Date.now();
    const taken = await tenant.submit({ object_id: 'late' });
    expect(taken).toMatchObject({ status: 201, body: { deduplicated: false } });
    expect(Date.parse(taken.body.window_ends_at ?? '')).toBeGreaterThanOrEqual(before + 299_000);
    const { body } = await tenant.call<{ items: JobView[] }>('GET', '/v1/jobs?status=created');
    expect(body.items).toHaveLength(IN_FLIGHT);
  });

  it('gets 429 for retries too, however many it requests at once, until there is room', async () => {
    const tenant = await newTenant();
    const canceled = await tenant.batch(waiting(IN_FLIGHT));
    for (const { job } of canceled) await tenant.call('POST', `/v1/jobs/${job?.job_id}/cancel`);
    await secondIsOver();
    const [first] = await tenant.batch(waiting(IN_FLIGHT));
    await secondIsOver();
    const retryAll = () =>
      Promise.all(
        canceled.map(({ job }) => tenant.call<ProblemView>('POST', `/v1/jobs/${job?.job_id}/retry`)),
      );
    const refused = await retryAll();
    expect(refused.map(({ status, body }) => [status, body.type])).toEqual(
      canceled.map(() => [429, 'urn:errand:problem:too-many-jobs']),
    );
    expect(refused.map(({ headers }) => headers.get('retry-after'))).toEqual(canceled.map(() => '5'));

    await tenant.call('POST', `/v1/jobs/${first?.job?.job_id}/cancel`);
    await secondIsOver();
    expect((await retryAll()).map(({ status }) => status).toSorted()).toEqual([200, 429, 429, 429, 429]);
    // The retried job is due immediately, so it may already be running.
    const { body } = await tenant.call<{ items: JobView[] }>('GET', '/v1/jobs');
    expect(body.items.filter(({ status }) => status !== 'canceled')).toHaveLength(IN_FLIGHT);
  });

  itUnless('hidden-processes')('gets no job from a schedule’s firing until there is room', async () => {
    const tenant = await newTenant();
    const [first] = await tenant.batch(waiting(IN_FLIGHT));
    const scheduler = createSchedulerClient(cloud);
    const name = `yearly-${randomUUID().slice(0, 8)}`;
    const schedule = { cron: '0 0 1 1 ? *', overlap: 'allow', job: { type: 'sleep' } };
    await tenant.call('PUT', `/v1/schedules/${name}`, schedule);
    const fireAt = async (time: string) => fire(cloud, await eventOf(cloud, scheduler, name, time));
    expect(await fireAt('2030-01-01T00:00:00.000Z')).toEqual({ verdict: 'beyond-limit', job_id: null });
    const { body } = await tenant.call<Schema<'Schedule'>>('GET', `/v1/schedules/${name}`);
    expect(body).toMatchObject({ last_skipped_time: '2030-01-01T00:00:00.000Z', last_job_id: null });

    await tenant.call('POST', `/v1/jobs/${first?.job?.job_id}/cancel`);
    expect(await fireAt('2031-01-01T00:00:00.000Z')).toMatchObject({ verdict: 'fired' });
    scheduler.destroy();
  });

  it('still gets a duplicate’s job', async () => {
    const tenant = await newTenant();
    const { body } = await tenant.submit({ object_id: 'a' });
    await tenant.batch(waiting(IN_FLIGHT - 1));
    const again = await tenant.submit({ object_id: 'a' });
    expect(again).toMatchObject({ status: 200, body: { job_id: body.job_id, deduplicated: true } });
  });

  it('does not affect another tenant', async () => {
    await (await newTenant()).batch(waiting(10));
    expect((await (await newTenant()).submit()).status).toBe(201);
  });
});

describe('a tenant above its submission rate', () => {
  it('gets 429 with the time until the next second, and is accepted then', async () => {
    const tenant = await newTenant();
    // The rate limit counts refused submissions too. A large batch uses up the tenant's submissions for the current second.
    let refused = await tenant.submit({ delay_seconds: 0 });
    for (let round = 0; round < 20 && refused.body.type !== TOO_FAST; round += 1) {
      await tenant.batch(waiting(PER_SECOND + 1).map(() => ({ payload: { seconds: 0 } })));
      refused = await tenant.submit({ payload: { seconds: 0 }, delay_seconds: 0 });
    }
    expect(refused).toMatchObject({ status: 429, body: { type: TOO_FAST } });
    expect(refused.headers.get('retry-after')).toBe('1');
  });

  // This test sends many requests in one second.
  itUnless('no-crowds')('gets 429 for retries too', async () => {
    const tenant = await newTenant();
    const { body } = await tenant.submit();
    await tenant.call('POST', `/v1/jobs/${body.job_id}/cancel`);
    await secondIsOver();
    const retry = () => tenant.call<ProblemView>('POST', `/v1/jobs/${body.job_id}/retry`);
    // All requests retry the same job. The first request is accepted, and the others get 409 until the rate limit is exceeded.
    const types = (await Promise.all(Array.from({ length: 3 * PER_SECOND }, retry))).map((answer) =>
      answer.status === 200 ? 'taken' : answer.body.type,
    );
    expect(types.filter((type) => type === 'taken')).toHaveLength(1);
    expect(types).toContain(TOO_FAST);
  });
});

describe('the AWS calls with both limits', () => {
  /** Counts a request's AWS calls. The request is sent at the start of a new second, so that the rate limit does not refuse it. */
  const callsOfAccepted = (request: (attempt: number) => Promise<unknown>) =>
    callsOfMarked(cloud, IN_FLIGHT, async (attempt) => {
      await secondIsOver();
      await request(attempt);
    });

  itUnless('hidden-processes')('of an accepted job are one more, and of a duplicate no more', async () => {
    const tenant = await newTenant();
    expect(await callsOfAccepted((attempt) => tenant.submit({ object_id: `a-${attempt}` }))).toEqual({
      'dynamodb PutItem': 1,
      'dynamodb UpdateItem': 1,
      'rds-data ExecuteStatement': 1,
      'sqs SendMessage': 1,
    });
    const again = () => tenant.submit({ object_id: 'a-0' });
    expect(await callsOfMarked(cloud, IN_FLIGHT, again, 0)).toEqual({
      'dynamodb PutItem': 1,
      'rds-data ExecuteStatement': 1,
    });
  });

  itUnless('hidden-processes')('of a retry are one more', async () => {
    const tenant = await newTenant();
    const { body } = await tenant.submit();
    const retry = async () => {
      await tenant.call('POST', `/v1/jobs/${body.job_id}/cancel`);
      await resetAwsCalls(cloud);
      expect((await tenant.call('POST', `/v1/jobs/${body.job_id}/retry`)).status).toBe(200);
    };
    expect(await callsOfAccepted(retry)).toEqual({
      'dynamodb UpdateItem': 1,
      'rds-data ExecuteStatement': 1,
      'sqs SendMessage': 1,
    });
  });
});
