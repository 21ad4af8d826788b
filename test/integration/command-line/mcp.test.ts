import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import type { Client } from '@modelcontextprotocol/client';
import { startCloud, type Cloud } from '../../helpers/cloud.ts';
import { commandEnvironment } from '../../helpers/command-environment.ts';
import {
  callTool,
  connectToHttp,
  connectToStdio,
  ERRAND,
  type Era,
  type ToolAnswer,
} from '../../helpers/mcp-client.ts';

const UNKNOWN = '01900000-0000-7000-8000-000000000000';
const READ_TOOLS = [
  'get_job',
  'get_job_logs',
  'get_stats',
  'list_failures',
  'list_job_types',
  'list_jobs',
  'list_queues',
  'list_steps',
  'wait_for_job',
];

let cloud: Cloud;
let http: { readonly process: ChildProcess; readonly url: string };

beforeAll(async () => {
  cloud = await startCloud({ JOBS: 'test/jobs-files/agents.ts', JOB_TIMEOUT: '20', JOB_PREFETCH: '4' });
  http = await startHttp();
}, 120_000);

afterAll(async () => {
  const ended = once(http.process, 'close');
  http.process.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
  await cloud.end();
});

/** Starts `errand mcp --http`, and resolves once the server has printed its URL. */
async function startHttp(): Promise<typeof http> {
  const words = [...ERRAND, 'mcp', '--http', '--port', '0', '--allow-writes'];
  const child = spawn(process.execPath, words, {
    env: commandEnvironment({ ERRAND_URL: cloud.api.url }),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  for await (const line of createInterface({ input: child.stderr })) {
    const [, url] = /^MCP server at (\S+) for http:\S+ \(with writes\)$/.exec(line) ?? [];
    if (url !== undefined) return { process: child, url };
  }
  throw new Error('The server has ended.');
}

const transports: [name: string, connect: (era: Era) => Promise<Client>][] = [
  ['stdio', (era) => connectToStdio(cloud.api.url, ['--allow-writes'], era)],
  ['streamable HTTP', (era) => connectToHttp(http.url, era)],
];
const eras: [name: string, connect: () => Promise<Client>][] = transports.flatMap(([name, connect]) =>
  (['legacy', 'modern'] as const).map((era): (typeof eras)[number] => [
    `${name}, ${era} revisions`,
    () => connect(era),
  ]),
);

describe.each(eras)('errand mcp --allow-writes on %s', (_transport, connect) => {
  let client: Client;

  beforeAll(async () => {
    client = await connect();
  });

  afterAll(async () => {
    await client.close();
  });

  const call = (name: string, input?: Record<string, unknown>): Promise<ToolAnswer> =>
    callTool(client, name, input);

  async function submitted(input: Record<string, unknown>): Promise<string> {
    return (await call('submit_job', input)).value.job_id as string;
  }

  it('describes itself, and which tools only read', async () => {
    expect(client.getServerVersion()).toMatchObject({ name: 'errand', title: 'Errand' });
    expect(client.getInstructions()).toMatch(/Before submit_job, read the payload's JSON Schema/);
    const { tools } = await client.listTools();
    const readers = tools.filter(({ annotations }) => annotations?.readOnlyHint).map(({ name }) => name);
    expect(readers.sort()).toEqual(READ_TOOLS);
    expect(tools.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['submit_job', 'cancel_job', 'retry_job']),
    );
    for (const { description, inputSchema } of tools) {
      expect(description).toMatch(/\.$/);
      expect(inputSchema).toMatchObject({ type: 'object', additionalProperties: false });
    }
    // The tools' descriptions use up part of every conversation's context, so their size is limited.
    expect(JSON.stringify(tools).length).toBeLessThan(12_000);
  });

  it('submits a job, waits for its end, and shows it with its log', async () => {
    const { value: schema } = await call('list_job_types', { type: 'talk' });
    expect(schema).toMatchObject({ name: 'talk', payload: { required: ['lines'] } });
    const jobId = await submitted({ type: 'talk', payload: { lines: 60, text: 'x'.repeat(5_000) } });
    const { value: ended } = await call('wait_for_job', { job_id: jobId });
    expect(ended).toMatchObject({
      ended: true,
      job_id: jobId,
      status: 'success',
      more: 'get_job with max_characters: 5022',
    });
    expect(ended.result_start).toMatch(/^\{"text":"x{3991}… \(1011 more characters\)$/);
    expect((await call('get_job', { job_id: jobId, max_characters: 5_022 })).value).toMatchObject({
      result: { text: 'x'.repeat(5_000) },
    });

    const { value: log } = await call('get_job_logs', { job_id: jobId, limit: 2 });
    expect(log).toMatchObject({
      lines: [
        expect.stringMatching(/^2\S+Z 1 INFO {2}Line 59\. of=60$/),
        expect.stringMatching(/Line 60\. of=60$/),
      ],
      count: 2,
      more: '58 earlier lines are left out: get_job_logs with limit up to 500, or with attempt',
    });
    expect((await call('get_job_logs', { job_id: jobId, cursor: log.cursor })).value).toEqual({
      status: 'success',
      count: 0,
      cursor: log.cursor,
    });
  });

  it('returns the current job when the wait ends, and cancels and retries the job', async () => {
    const jobId = await submitted({ type: 'talk', payload: { lines: 0 }, delay_seconds: 600 });
    expect((await call('wait_for_job', { job_id: jobId, seconds: 0.1 })).value).toMatchObject({
      ended: false,
      status: 'created',
    });
    expect((await call('cancel_job', { job_id: jobId })).value).toMatchObject({ status: 'canceled' });
    expect((await call('retry_job', { job_id: jobId })).value).toMatchObject({ job_id: jobId });
    expect((await call('wait_for_job', { job_id: jobId })).value).toMatchObject({ status: 'success' });
    expect(await call('retry_job', { job_id: jobId })).toMatchObject({
      isError: true,
      text: expect.stringMatching(/only a failed or canceled job can be retried\. \(409\)$/) as unknown,
    });
  });

  it('returns the same job for a repeated call with an object_id', async () => {
    const input = { type: 'talk', payload: { lines: 0 }, object_id: `object-${Math.random()}` };
    const [first, second] = [await call('submit_job', input), await call('submit_job', input)];
    expect(first.value).toMatchObject({ deduplicated: false });
    expect(second.value).toMatchObject({ deduplicated: true, job_id: first.value.job_id });
  });

  it('groups failures by type and message', async () => {
    const jobs = await Promise.all(
      [17, 18].map((order) => submitted({ type: 'charge', payload: { order }, tags: ['acme'] })),
    );
    for (const jobId of jobs) await call('wait_for_job', { job_id: jobId });
    const { value } = await call('list_failures', { tag: 'acme', type: 'charge', since: '1h' });
    expect(value).toMatchObject({
      groups: [
        {
          type: 'charge',
          message: expect.stringMatching(/^the card of order 1[78] was declined$/) as unknown,
          last_job_id: expect.any(String) as unknown,
        },
      ],
      count: 1,
    });
    expect(value.failed_jobs).toBeGreaterThanOrEqual(2);
    expect((await call('list_failures', { type: 'talk' })).value).toEqual({ failed_jobs: 0, count: 0 });
  });

  it('lists jobs page by page', async () => {
    const tag = `page-${Math.random()}`;
    for (const order of [1, 2, 3]) await submitted({ type: 'charge', payload: { order }, tags: [tag] });
    const { value: first } = await call('list_jobs', { tag, limit: 2, order: 'asc' });
    expect(first).toMatchObject({ count: 2, jobs: [{ type: 'charge', tags: [tag] }, {}] });
    const [, cursor] = /^list_jobs with the same filters and cursor: (\S+)$/.exec(String(first.more)) ?? [];
    const { value: second } = await call('list_jobs', { tag, limit: 2, order: 'asc', cursor });
    expect(second).toMatchObject({ count: 1 });
    expect(second.more).toBeUndefined();
  });

  it('lists the steps of a job', async () => {
    const jobId = await submitted({ type: 'ship', payload: { order: 7 } });
    for (;;) {
      const { value: job } = await call('get_job', { job_id: jobId });
      if (job.waiting_for !== undefined || job.end_time !== undefined) break;
      await wait(50);
    }
    expect((await call('get_job', { job_id: jobId })).value).toMatchObject({
      status: 'created',
      waiting_for: [{ step: 'packed', kind: 'signal' }],
    });
    const { value: steps } = await call('list_steps', { job_id: jobId });
    expect(steps).toMatchObject({
      steps: [
        { step: 'charge', kind: 'run', status: 'success', result: { charge: 'ch_7' } },
        { step: 'packed', kind: 'signal', status: 'waiting', signal: 'packed' },
      ],
    });
    await call('cancel_job', { job_id: jobId });
  });

  it('shows the queues and the counts', async () => {
    expect((await call('list_queues')).value).toMatchObject({ queues: [{ queue: 'default' }] });
    const { value } = await call('get_stats', { since: '30m' });
    expect(value).toMatchObject({
      by_status: { success: expect.any(Number) as unknown },
      since: expect.any(String) as unknown,
    });
    expect(value.succeeded).toBeGreaterThan(0);
    expect(value.failed).toBeGreaterThan(0);
  });

  it.each([
    [
      'a job that does not exist',
      'get_job',
      { job_id: UNKNOWN },
      /There is no job .*\(404\)\nCheck the id: list_jobs/,
    ],
    ['an invalid id', 'get_job', { job_id: '7' }, /job_id: Invalid UUID/],
    ['an unknown field', 'list_jobs', { statsu: 'failed' }, /Unrecognized key: "statsu"/],
    ['a list that is too long', 'list_jobs', { limit: 1_000 }, /limit: Too big: expected number to be <=100/],
    [
      'a duration without a unit',
      'list_failures',
      { since: '3' },
      /since: must be a number with a unit: 90s, 30m/,
    ],
    ['an unknown type', 'list_job_types', { type: 'tlak' }, /no job type "tlak"\. There are: .*talk/],
    [
      'a wrong payload',
      'submit_job',
      { type: 'charge', payload: { order: 'x' } },
      /^payload\.order: .*\(422\)\nCorrect the fields and call again\.$/,
    ],
  ])('tells the agent what to do about %s', async (_what, name, input, message) => {
    const { isError, text } = await call(name, input);
    expect(isError).toBe(true);
    expect(text).toMatch(message);
  });
});

describe('errand mcp without --allow-writes', () => {
  it('has only read tools, and says so', async () => {
    const client = await connectToStdio(cloud.api.url, [], 'legacy');
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name).sort()).toEqual(READ_TOOLS);
    expect(client.getInstructions()).toMatch(/read-only\. .*--allow-writes\.$/);
    await expect(callTool(client, 'submit_job', { type: 'talk', payload: { lines: 0 } })).rejects.toThrow(
      /submit_job/,
    );
    await client.close();
  });

  it('reports the URL of an unreachable API', async () => {
    const client = await connectToStdio('http://127.0.0.1:1', [], 'modern');
    const { isError, text } = await callTool(client, 'list_queues');
    expect(isError).toBe(true);
    expect(text).toMatch(/got no response.*\nCheck that the API runs at http:\/\/127\.0\.0\.1:1:/);
    await client.close();
  });
});
