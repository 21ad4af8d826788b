import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import path from 'node:path';
import { FinalError, RetryLaterError } from '../../../../lambdas/job/errors.ts';
import type { Json } from '../../../../lambdas/job/job.ts';
import { readAllowedHosts } from '../../../../lambdas/jobs/outbound/allowed-hosts.ts';
import { createWebhook } from '../../../../lambdas/jobs/webhooks/webhook.ts';
import type { Signing } from '../../../../lambdas/job/job-context.ts';
import { deriveWebhookKey, webhookKeyText } from '../../../../lambdas/webhook-key/webhook-key.ts';
import { memoryFiles } from '../../../helpers/memory-files.ts';
import { createRecordingJobLog } from '../../../helpers/recording-log.ts';
import { NO_STEPS } from '../../../helpers/no-steps.ts';
import { submitsNothing } from '../../../helpers/run-job-type.ts';
import {
  opened,
  startReceiver,
  verify,
  type Received,
  type Receiver,
} from '../../../helpers/webhook-receiver.ts';

const SECRET = 'a secret';
const TENANT = 'acme';
const NOW = new Date('2026-11-22T08:00:00Z');
const JOB_ID = '0192f3a0-7c1e-7000-8000-000000000000';

let respond: (request: Received, response: ServerResponse) => void;
let receiver: Receiver;

beforeEach(async () => {
  respond = (_request, response) => response.end();
  receiver = await startReceiver((request, response) => {
    respond(request, response);
  });
});

afterEach(() => receiver.end());

/** Runs a webhook job that calls the receiver. */
async function run(
  payload: { url?: string; body?: Json; headers?: object } = {},
  attempt = 1,
  { signing = { kind: 'webhook', generations: [1] }, now = NOW }: { signing?: Signing; now?: Date } = {},
): Promise<Json> {
  const webhook = createWebhook({
    allowedHosts: readAllowedHosts(receiver.origin),
    readSecret: () => Promise.resolve(SECRET),
    now: () => now,
  });
  return webhook.run(
    { url: `${receiver.origin}/hooks`, ...payload },
    {
      jobId: JOB_ID,
      tenant: TENANT,
      attempt,
      deadline: new Date(0),
      signing,
      signal: new AbortController().signal,
      log: createRecordingJobLog(),
      submit: submitsNothing,
      ...NO_STEPS,
      files: memoryFiles()('default'),
      progress: () => undefined,
    },
  );
}

/** Returns a signing key, as the receiver stores it. */
function keyOf(generation: number, tenant = TENANT): string {
  return webhookKeyText(deriveWebhookKey(SECRET, tenant, generation));
}

/** Runs a webhook job whose receiver returns the given response, and returns the job's error. */
async function errorOf(status: number, headers: Record<string, string> = {}, body = ''): Promise<unknown> {
  respond = (_request, response) => response.writeHead(status, headers).end(body);
  return run().then(
    (result) => {
      throw new Error(`It succeeded with ${JSON.stringify(result)}.`);
    },
    (error: unknown) => error,
  );
}

describe('a webhook', () => {
  it('is a signed POST of its body, with its job’s key', async () => {
    await run({ body: { b: [1, 'ä'] }, headers: { Authorization: 'Bearer x', 'X-Own': 'y' } }, 3);
    const [request] = receiver.received;
    expect(request?.body.toString()).toBe('{"b":[1,"ä"]}');
    expect(request?.headers).toMatchObject({
      'content-type': 'application/json',
      'idempotency-key': JOB_ID,
      'errand-attempt': '3',
      'user-agent': expect.stringMatching(/^errand\//),
      authorization: 'Bearer x',
      'x-own': 'y',
    });
    expect(verify(request?.body ?? Buffer.of(), request?.headers ?? {}, keyOf(1), NOW)).toBe(true);
    expect(request?.headers).not.toHaveProperty('errand-signature');
  });

  it.each(['webhook', 'callback'] as const)(
    'has a signature of its job’s id and of the kind %s in its claim',
    async (kind) => {
      await run({ body: { kind: 'forged' } }, 1, { signing: { kind, generations: [1] }, now: new Date() });
      const [request] = receiver.received;
      if (!request) throw new Error('Nothing came.');
      expect(opened(request, keyOf(1))).toEqual({ id: `${kind}_${JOB_ID}`, kind, body: { kind: 'forged' } });
      const other = kind === 'webhook' ? 'callback' : 'webhook';
      const headers = { ...request.headers, 'webhook-id': `${other}_${JOB_ID}` };
      expect(opened({ ...request, headers }, keyOf(1))).toBeUndefined();
    },
  );

  it('is signed with exactly the key generations in its claim', async () => {
    await run({}, 1, { signing: { kind: 'webhook', generations: [3, 2] }, now: new Date() });
    const [request] = receiver.received;
    if (!request) throw new Error('Nothing came.');
    const opens = [1, 2, 3, 4].filter((generation) => opened(request, keyOf(generation)));
    expect(opens).toEqual([2, 3]);
    expect(opened(request, keyOf(3, 'globex'))).toBeUndefined();
  });

  it('contains the version of the service', async () => {
    const manifest = readFileSync(path.resolve(import.meta.dirname, '../../../../package.json'), 'utf8');
    await run();
    const { version } = JSON.parse(manifest) as { version: string };
    expect(receiver.received[0]?.headers['user-agent']).toBe(`errand/${version}`);
  });

  it.each<[Json | undefined, string]>([
    [undefined, '{}'],
    [null, 'null'],
    [0, '0'],
    ['', '""'],
    [[], '[]'],
  ])('with the body %j sends %s', async (body, text) => {
    await run(body === undefined ? {} : { body });
    expect(receiver.received[0]?.body.toString()).toBe(text);
  });

  it('can have a more specific JSON type', async () => {
    await run({ headers: { 'Content-Type': 'application/cloudevents+json' } });
    expect(receiver.received[0]?.headers['content-type']).toBe('application/cloudevents+json');
  });

  it('to a host that is no longer allowed fails permanently without being sent', async () => {
    const failing = run({ url: 'https://example.com/' });
    await expect(failing).rejects.toThrow(FinalError);
    await expect(failing).rejects.toThrow('WEBHOOK_ALLOWED_HOSTS');
  });
});

describe('the result of a webhook', () => {
  async function resultOf(body: string | Buffer, headers: Record<string, string> = {}): Promise<Json> {
    respond = (_request, response) => response.writeHead(200, headers).end(body);
    return run();
  }

  it('is the status, the type and the text of the response', async () => {
    expect(await resultOf('{"ok":true}', { 'content-type': 'application/json' })).toEqual({
      status: 200,
      content_type: 'application/json',
      encoding: 'text',
      body: '{"ok":true}',
      truncated: false,
    });
  });

  it('is empty for a response without a body', async () => {
    respond = (_request, response) => response.writeHead(204).end();
    expect(await run()).toMatchObject({ status: 204, content_type: null, body: '', truncated: false });
  });

  it.each([
    ['bytes that are no UTF-8', Buffer.from([0xff, 0xfe, 0x41])],
    ['text with a NUL, which the database does not store', Buffer.from('a\0b')],
    ['text that ends in half a character', Buffer.from('ä').subarray(0, 1)],
  ])('is in base64 for %s', async (_what, bytes) => {
    expect(await resultOf(bytes)).toMatchObject({ encoding: 'base64', body: bytes.toString('base64') });
  });

  it('ends at 16 KiB, between two characters', async () => {
    const result = await resultOf(`x${'ä'.repeat(10_000)}`);
    expect(result).toMatchObject({ encoding: 'text', truncated: true, body: `x${'ä'.repeat(8_191)}` });
  });
});

describe('a webhook that was not accepted', () => {
  it.each([400, 401, 404, 405, 409, 410, 413, 422, 451, 304, 300])(
    'fails for good with %d',
    async (status) => {
      expect(await errorOf(status)).toBeInstanceOf(FinalError);
    },
  );

  it.each([408, 425, 429, 500, 502, 503, 504, 599])('is retried after %d', async (status) => {
    const error = await errorOf(status);
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(FinalError);
    expect(error).not.toBeInstanceOf(RetryLaterError);
  });

  it.each([
    [429, '120', 120_000],
    [503, 'Sun, 22 Nov 2026 08:01:30 GMT', 90_000],
    [503, '0', 0],
  ])('with %d is retried at the receiver’s time: %s', async (status, header, retryInMs) => {
    const error = await errorOf(status, { 'retry-after': header });
    expect(error).toBeInstanceOf(RetryLaterError);
    expect(error).toMatchObject({ afterSeconds: retryInMs / 1000 });
  });

  it('fails for good with 400 despite a Retry-After', async () => {
    expect(await errorOf(400, { 'retry-after': '1' })).toBeInstanceOf(FinalError);
  });

  it('reports the host, the status and the beginning of the response on one line', async () => {
    expect(await errorOf(422, {}, ' no\n such\u001b order ')).toMatchObject({
      message: `127.0.0.1:${receiver.port} responded with 422: no such order`,
    });
    expect(await errorOf(500)).toMatchObject({ message: `127.0.0.1:${receiver.port} responded with 500` });
    const { message } = (await errorOf(400, {}, 'x'.repeat(5_000))) as Error;
    expect(message).toHaveLength(`127.0.0.1:${receiver.port} responded with 400: `.length + 201);
  });
});
