import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ApiClient, JobView, ProblemView } from '../helpers/api-client.ts';
import { startCloud, type Cloud } from '../helpers/cloud.ts';

interface Problem {
  errors?: { field: string; message: string }[];
}

async function run(api: ApiClient, body: object): Promise<JobView> {
  const { status, body: answer } = await api.call<JobView>('POST', '/v1/jobs', body);
  expect({ status, answer }).toMatchObject({ status: 201 });
  return api.finished(answer.job_id, 30_000);
}

describe("a stack with a user's jobs file", () => {
  let cloud: Cloud;
  let api: ApiClient;

  beforeAll(async () => {
    cloud = await startCloud({ JOBS: 'test/jobs-files/service/index.ts', BUILT_IN_JOBS: 'sleep' });
    api = cloud.api;
  }, 120_000);

  afterAll(async () => {
    await cloud.end();
  });

  it.each([
    ['paint', { width: 16 }, { width: 16, height: 8, format: 'png', bytes: expect.any(Number) }],
    ['greet', { name: 'Ada' }, { greeting: 'Hello, Ada!', jobId: expect.any(String), attempt: 1 }],
    ['add', { numbers: [1, 2, 3.5] }, 6.5],
    ['even', { number: 8 }, 4],
    ['sleep', { seconds: 0 }, { slept: 0 }],
  ])('runs %s', async (type, payload, result) => {
    expect(await run(api, { type, payload })).toMatchObject({ status: 'success', result });
  });

  it('returns a link to a file that a job wrote', async () => {
    const { result } = await run(api, { type: 'draw', payload: { text: 'one' } });
    const { file, url, expires_at: expiresAt } = result as Record<'file' | 'url' | 'expires_at', string>;
    expect(Date.parse(expiresAt)).toBeGreaterThan(Date.now());
    const response = await fetch(url);
    expect(response.headers.get('content-type')).toBe('image/svg+xml');
    expect(await response.text()).toBe('<svg>one</svg>');
    const { body } = await api.call<{ url: string }>('POST', '/v1/downloads', { file });
    expect(await (await fetch(body.url)).text()).toBe('<svg>one</svg>');
  });

  it('submits a job with its type’s priority and limits, and with a key from the payload', async () => {
    const draw = { type: 'draw', payload: { text: 'two' } };
    expect(await run(api, draw)).toMatchObject({ priority: 4, concurrency: { key: 'two', limit: 3 } });
    const overridden = { ...draw, priority: 0, concurrency: null };
    expect(await run(api, overridden)).toMatchObject({ priority: 0, concurrency: null, status: 'success' });
    const refused = await api.call<ProblemView>('POST', '/v1/jobs', { ...draw, payload: { text: '' } });
    expect(refused).toMatchObject({ status: 422, body: { errors: [{ field: 'payload.text' }] } });
    const { body } = await api.call<{ items: object[] }>('GET', '/v1/job-types');
    expect(body.items).toContainEqual(
      expect.objectContaining({ name: 'draw', priority: 4, concurrency: { key: 'payload.text', limit: 3 } }),
    );
  });

  it('submits the same child jobs on each attempt of a job', async () => {
    const names = ['Ada', 'Grace', 'Barbara'];
    const { result, attempt, ...parent } = await run(api, {
      type: 'greet-all',
      payload: { names, failures: 2 },
    });
    expect({ attempt, ...parent }).toMatchObject({ attempt: 3, status: 'success' });
    const children = await Promise.all((result as string[]).map((jobId) => api.finished(jobId, 30_000)));
    expect(children.map((child) => (child.result as { greeting: string }).greeting)).toEqual(
      names.map((name) => `Hello, ${name}!`),
    );
    const { body } = await api.call<{ items: JobView[] }>('GET', '/v1/jobs?type=greet&limit=200');
    const greeted = body.items.filter(({ job_id: jobId }) => (result as string[]).includes(jobId));
    expect(greeted).toHaveLength(names.length);
    const since = body.items.filter(({ create_time: time }) => time >= parent.create_time);
    expect(since).toHaveLength(names.length);
  });

  it('returns an object’s existing job to every job that submits the object', async () => {
    const payload = { names: ['Edith'], once: true };
    const [one, two] = [
      await run(api, { type: 'greet-all', payload }),
      await run(api, { type: 'greet-all', payload }),
    ];
    expect(two.result).toEqual(one.result);
  });

  it('fails an attempt that submits an invalid payload, and names the field', async () => {
    expect(await run(api, { type: 'greet-all', payload: { names: [''] }, max_attempts: 1 })).toMatchObject({
      status: 'failed',
      message: 'submit("greet"): payload.name Invalid length: Expected >=1 but received 0.',
    });
  });

  it("uses the type's own attempts and timeout", async () => {
    expect(await run(api, { type: 'add', payload: { numbers: [] } })).toMatchObject({
      max_attempts: 2,
      timeout_seconds: 5,
    });
    expect(await run(api, { type: 'even', payload: { number: 2 } })).toMatchObject({ max_attempts: 3 });
  });

  it.each([
    ['paint', {}, [{ field: 'payload.width', message: 'is required' }]],
    ['paint', { width: 1.5 }, [{ field: 'payload.width', message: 'must be integer' }]],
    ['greet', { name: '' }, [{ field: 'payload.name', message: 'must NOT have fewer than 1 characters' }]],
    ['greet', 'Ada', [{ field: 'payload', message: 'must be object' }]],
    ['add', { numbers: [1, 'two'] }, [{ field: 'payload.numbers.1', message: 'must be number' }]],
    [
      'flaky',
      { how: 'so' },
      [{ field: 'payload.how', message: 'must be one of "throw", "final", "later", "hang"' }],
    ],
  ])('refuses %s with the payload %j, and names the field', async (type, payload, errors) => {
    const { status, body } = await api.call<Problem>('POST', '/v1/jobs', { type, payload });
    expect({ status, errors: body.errors }).toEqual({ status: 422, errors });
  });

  it.each([
    [{ type: 'webhook', payload: {} }, /^"webhook" is not a job type; known are sleep, add, /],
    [
      { type: 'slep' },
      /^"slep" is not a job type; known are sleep, add, draw, even, flaky, greet, greet-all, paint$/,
    ],
  ])('refuses %j, and names the known types', async (body, message) => {
    const answer = await api.call<Problem>('POST', '/v1/jobs', body);
    expect(answer.status).toBe(422);
    expect(answer.body.errors).toEqual([{ field: 'type', message: expect.stringMatching(message) }]);
  });

  it('fails a job permanently if only the worker can reject its payload', async () => {
    expect(await run(api, { type: 'even', payload: { number: 3 } })).toMatchObject({
      status: 'failed',
      attempt: 1,
      message: 'payload no longer matches the job type "even": number must be even',
    });
  });

  it('retries an attempt that threw, asked for a later retry, or exceeded its timeout', async () => {
    for (const how of ['throw', 'later', 'hang']) {
      expect(await run(api, { type: 'flaky', payload: { how } })).toMatchObject({
        status: 'success',
        result: { attempt: 2 },
      });
    }
    expect(await run(api, { type: 'flaky', payload: { how: 'final' } })).toMatchObject({
      status: 'failed',
      attempt: 1,
      message: 'no use',
    });
  });

  it('lists and documents the job types with their schemas', async () => {
    interface JobTypeView {
      name: string;
      queue: string;
      max_attempts: number;
      timeout_seconds: number | null;
      payload: { properties: object; required?: string[] };
    }
    const { body } = await api.call<{ items: JobTypeView[] }>('GET', '/v1/job-types');
    expect(body.items.map(({ name }) => name)).toEqual([
      'sleep',
      'add',
      'draw',
      'even',
      'flaky',
      'greet',
      'greet-all',
      'paint',
    ]);
    expect(body.items.find(({ name }) => name === 'paint')).toMatchObject({
      queue: 'default',
      max_attempts: 2,
      timeout_seconds: null,
      payload: { properties: { width: { type: 'integer', maximum: 64 } }, required: ['width'] },
    });

    interface Submission {
      properties: Record<string, unknown>;
      required?: string[];
      oneOf?: { $ref: string }[];
    }
    const { body: document } = await api.call<{ components: { schemas: Record<string, Submission> } }>(
      'GET',
      '/openapi.json',
    );
    const { schemas } = document.components;
    expect(schemas.PaintPayload?.properties).toMatchObject({ width: { type: 'integer' } });
    const variants = ['Sleep', 'Add', 'Draw', 'Even', 'Flaky', 'Greet', 'GreetAll', 'Paint'];
    for (const prefix of ['', 'Scheduled']) {
      const names = variants.map((variant) => `${prefix}${variant}Submission`);
      expect(schemas[`${prefix}Submission`]?.oneOf).toEqual(
        names.map((name) => ({ $ref: `#/components/schemas/${name}` })),
      );
      expect(schemas).not.toHaveProperty(`${prefix}WebhookSubmission`);
    }
    expect(schemas.GreetAllSubmission).toMatchObject({
      properties: {
        type: { const: 'greet-all' },
        payload: { allOf: [{ $ref: '#/components/schemas/GreetAllPayload' }] },
      },
      required: ['type', 'payload'],
    });
    // The `type` field is optional, because `sleep` is the default type.
    expect(schemas.SleepSubmission?.required).toBeUndefined();
  });
});

describe('a jobs file that throws when a worker loads it', () => {
  let cloud: Cloud;

  beforeAll(async () => {
    cloud = await startCloud({ JOBS: 'test/jobs-files/service-throws.ts' });
  }, 120_000);

  afterAll(async () => {
    await cloud.end();
  });

  it('does not affect the API, and makes its jobs fail with the reason', async () => {
    const { api } = cloud;
    expect((await api.call('GET', '/health-alive')).status).toBe(200);
    const job = await run(api, { type: 'greet', payload: { name: 'Ada' } });
    expect(job).toMatchObject({
      status: 'failed',
      message:
        'The jobs file test/jobs-files/service-throws.ts could not be loaded: no configuration in this account',
    });
    const [attempt] = await api.attempts(job.job_id);
    expect(attempt?.stack).toMatch(
      /\nCaused by: Error: no configuration in this account\n {4}at .*\(test\/jobs-files\/service-throws\.ts:5:\d+\)/,
    );
  });

  it('still runs the built-in jobs', async () => {
    expect(await run(cloud.api, { payload: { seconds: 0 } })).toMatchObject({ status: 'success' });
  });
});
