import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import type { ApiClient, JobView } from '../helpers/api-client.ts';
import { startCloud, type Cloud } from '../helpers/cloud.ts';
import { busySandbox, sql } from '../helpers/embedded.ts';
import { itUnless } from '../helpers/it-unless.ts';
import { putSecret } from '../helpers/secrets.ts';
import { startReceiver, type Received, type Receiver } from '../helpers/webhook-receiver.ts';

interface MessageView {
  message_id: string;
  to: string;
  content: string;
  status: string;
  attempt: number;
  next_attempt_at: string | null;
  receiver_message_id: string | null;
  error: string | null;
  create_time: string;
  end_time: string | null;
}

interface Page {
  items: MessageView[];
  limit: number;
  next_cursor: string | null;
}

const KEY = 'a key of the operator';
const TO = '+905551111111';

let receiver: Receiver;
let respond: (request: Received, response: ServerResponse) => void;
let cloud: Cloud;
let api: ApiClient;

beforeAll(async () => {
  receiver = await startReceiver((request, response) => {
    respond(request, response);
  });
  cloud = await startCloud({
    JOB_TIMEOUT: '4',
    VISIBILITY_TIMEOUT: '5',
    JOB_PREFETCH: '2',
    MESSAGES_URL: `${receiver.origin}/messages`,
  });
  api = cloud.api;
  await putSecret(cloud, 'MessagesSecretArn', `${KEY.replaceAll(' ', '-')}\n`);
}, 120_000);

afterAll(async () => {
  await cloud.end();
  await receiver.end();
});

beforeEach(async () => {
  respond = accept;
  await sql(cloud, 'TRUNCATE messages');
});

function clientOf({ awsEndpointUrl: endpoint }: Cloud) {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  return { endpoint, region: 'us-east-1', credentials };
}

/** Responds like a provider, with an id that is derived from the message's id. */
function accept(request: Received, response: ServerResponse): void {
  const messageId = `r-${String(request.headers['idempotency-key'])}`;
  response.writeHead(202, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ message: 'Accepted', messageId }));
}

async function post(content: string): Promise<string> {
  const { status, body } = await api.call<MessageView>('POST', '/v1/messages', { to: TO, content });
  expect(status).toBe(201);
  return body.message_id;
}

async function messageOf(id: string): Promise<MessageView> {
  return (await api.call<MessageView>('GET', `/v1/messages/${id}`)).body;
}

/** Runs one `send_messages` job, and waits for it to end. */
async function send(payload: unknown = {}): Promise<JobView> {
  const { job_id: jobId } = await api.submit({ type: 'send_messages', payload });
  return api.finished(jobId);
}

const resultOf = async (payload?: unknown): Promise<unknown> => (await send(payload)).result;

async function putPerRun(value: string): Promise<void> {
  const ssm = new SSMClient(clientOf(cloud));
  await ssm.send(
    new PutParameterCommand({
      Name: cloud.output('MessagesPerRunParameter'),
      Value: value,
      Overwrite: true,
    }),
  );
  ssm.destroy();
}

const makeDue = () => sql(cloud, `UPDATE messages SET due_at = now() WHERE status = 'pending'`);

/** Returns the requests with a message's idempotency key. */
const requestsFor = (id: string) =>
  receiver.received.filter(({ headers }) => headers['idempotency-key'] === id);

describe('three messages', () => {
  it('are sent by two runs, two and one, with the key, and get the receiver’s ids', async () => {
    const [first, second, third] = [await post('one'), await post('two'), await post('three')];
    expect(await resultOf()).toEqual({ sent: 2, failed: 0, retried: 0 });
    const statuses = async () =>
      (await Promise.all([first, second, third].map(messageOf))).map((m) => m.status);
    expect(await statuses()).toEqual(['sent', 'sent', 'pending']);
    expect(await resultOf()).toEqual({ sent: 1, failed: 0, retried: 0 });
    expect(await statuses()).toEqual(['sent', 'sent', 'sent']);
    expect(await resultOf()).toEqual({ sent: 0, failed: 0, retried: 0 });

    expect(await messageOf(first)).toMatchObject({
      attempt: 1,
      receiver_message_id: `r-${first}`,
      error: null,
      next_attempt_at: null,
      end_time: expect.any(String),
    });
    const [request, ...others] = requestsFor(first);
    expect(others).toEqual([]);
    expect(request).toMatchObject({
      method: 'POST',
      path: '/messages',
      headers: {
        'content-type': 'application/json',
        authorization: 'Bearer a-key-of-the-operator',
        'user-agent': expect.stringMatching(/^errand\//),
      },
    });
    expect(JSON.parse(request?.body.toString() ?? '')).toEqual({ to: TO, content: 'one' });
  });

  it('are sent by one run if the parameter is three, without a deployment', async () => {
    for (const content of ['one', 'two', 'three']) await post(content);
    await putPerRun('3');
    expect(await resultOf()).toEqual({ sent: 3, failed: 0, retried: 0 });
    await putPerRun('2');
  });

  itUnless('unchecked-parameters')(
    'are never blocked by a mistyped parameter, which accepts only a number',
    async () => {
      await expect(putPerRun('none')).rejects.toThrow(/allowedPattern/);
    },
  );

  it('are sent by three runs if each may send only one', async () => {
    for (const content of ['one', 'two', 'three']) await post(content);
    expect(await resultOf({ limit: 1 })).toEqual({ sent: 1, failed: 0, retried: 0 });
    expect(await resultOf({ limit: 100 })).toEqual({ sent: 2, failed: 0, retried: 0 });
  });
});

describe('a receiver that', () => {
  it('responds with 500 and Retry-After gets the message at that time, and accepts it', async () => {
    const id = await post('again');
    respond = (_request, response) => response.writeHead(500, { 'retry-after': '1' }).end('out of order');
    expect(await resultOf()).toEqual({ sent: 0, failed: 0, retried: 1 });
    const waiting = await messageOf(id);
    expect(waiting).toMatchObject({
      status: 'pending',
      attempt: 1,
      error: expect.stringMatching(/^127\.0\.0\.1:\d+ responded with 500: out of order$/),
    });
    const inMs = Date.parse(waiting.next_attempt_at ?? '') - Date.now();
    expect(inMs).toBeLessThanOrEqual(1_000);
    await makeDue();
    respond = accept;
    expect(await resultOf()).toEqual({ sent: 1, failed: 0, retried: 0 });
    expect(await messageOf(id)).toMatchObject({ status: 'sent', attempt: 2, error: null });
  });

  it('responds with 400 never gets the message again, the reason is stored, and the others are sent', async () => {
    const [bad, good] = [await post('bad'), await post('good')];
    respond = (request, response) => {
      if (request.headers['idempotency-key'] !== bad) accept(request, response);
      else response.writeHead(400).end('no such number');
    };
    expect(await resultOf()).toEqual({ sent: 1, failed: 1, retried: 0 });
    expect(await messageOf(bad)).toMatchObject({
      status: 'failed',
      error: expect.stringMatching(/responded with 400: no such number$/),
      end_time: expect.any(String),
    });
    expect(await messageOf(good)).toMatchObject({ status: 'sent' });
    expect(await resultOf()).toEqual({ sent: 0, failed: 0, retried: 0 });
  });

  it('breaks the connection, or responds with 429, gets the message later', async () => {
    const [broken, throttled] = [await post('broken'), await post('throttled')];
    respond = (request, response) => {
      if (request.headers['idempotency-key'] === broken) response.destroy();
      else response.writeHead(429).end();
    };
    expect(await resultOf()).toEqual({ sent: 0, failed: 0, retried: 2 });
    expect(await messageOf(broken)).toMatchObject({
      status: 'pending',
      attempt: 1,
      error: expect.stringMatching(/^No response from 127\.0\.0\.1:\d+: ECONNRESET$/),
    });
    const { status, error, next_attempt_at: next } = await messageOf(throttled);
    expect({ status, error }).toMatchObject({
      status: 'pending',
      error: expect.stringMatching(/responded with 429$/),
    });
    // The delay is a minute, reduced by a jitter of up to 20 %.
    const inMs = Date.parse(next ?? '') - Date.now();
    expect(inMs).toBeGreaterThan(40_000);
    expect(inMs).toBeLessThanOrEqual(60_000);
  });

  it('never responds does not delay other messages, and the job ends at its timeout', async () => {
    const [slow, quick] = [await post('slow'), await post('quick')];
    respond = (request, response) => {
      if (request.headers['idempotency-key'] !== slow) accept(request, response);
    };
    const { job_id: jobId } = await api.submit({
      type: 'send_messages',
      timeout_seconds: 1,
      max_attempts: 1,
    });
    expect(await api.finished(jobId)).toMatchObject({
      status: 'failed',
      message: 'exceeded the timeout of 1 s',
    });
    expect(await messageOf(quick)).toMatchObject({ status: 'sent' });
    expect(['sending', 'pending']).toContain((await messageOf(slow)).status);
  });
});

describe('a worker', () => {
  itUnless('hidden-processes')(
    'that is killed with SIGKILL while it sends loses nothing: the next one sends the message with the same key',
    async () => {
      const id = await post('once');
      let isFirst = true;
      const arrived = new Promise<void>((resolve) => {
        respond = (request, response) => {
          if (isFirst) {
            isFirst = false;
            resolve();
          } else accept(request, response);
        };
      });
      const { job_id: jobId } = await api.submit({ type: 'send_messages' });
      await arrived;
      expect(await messageOf(id)).toMatchObject({ status: 'sending', attempt: 1 });
      process.kill((await busySandbox(cloud, cloud.output('WorkerFunctionName'))).pid, 'SIGKILL');

      // No other worker sends the message during the lease, because the first worker may still be alive.
      expect(await resultOf()).toEqual({ sent: 0, failed: 0, retried: 0 });
      expect(await messageOf(id)).toMatchObject({ status: 'sending', attempt: 1 });
      await sql(cloud, `UPDATE messages SET due_at = now() WHERE status = 'sending'`);
      expect(await resultOf()).toEqual({ sent: 1, failed: 0, retried: 0 });
      expect(await messageOf(id)).toMatchObject({
        status: 'sent',
        attempt: 2,
        receiver_message_id: `r-${id}`,
      });
      expect(requestsFor(id)).toHaveLength(2);
      // The killed worker's job runs again, and finds no message to send.
      expect(await api.finished(jobId)).toMatchObject({ status: 'success', attempt: 2 });
      expect(requestsFor(id)).toHaveLength(2);
    },
    60_000,
  );

  it('shares no messages with a concurrent worker', async () => {
    const ids: string[] = [];
    for (let number = 1; number <= 12; number += 1) ids.push(await post(`text ${number}`));
    const results = await Promise.all(Array.from({ length: 4 }, () => resultOf({ limit: 3 })));
    const rest = await resultOf({ limit: 100 });
    const sent = [...results, rest].map((result) => (result as { sent: number }).sent);
    expect(sent.reduce((sum, count) => sum + count)).toBe(12);
    for (const id of ids) expect(requestsFor(id)).toHaveLength(1);
  });
});

describe('a list of messages', () => {
  it('is paged from the newest, by status, and at /messages/sent', async () => {
    const ids: string[] = [];
    for (const content of ['one', 'two', 'three', 'four', 'five']) ids.push(await post(content));
    await resultOf({ limit: 3 });
    const page = async (path: string) => (await api.call<Page>('GET', path)).body;
    const numbersOf = ({ items }: Page) => items.map(({ message_id: id }) => ids.indexOf(id) + 1);

    const first = await page('/v1/messages?limit=3');
    expect({ ...first, items: numbersOf(first) }).toEqual({
      items: [5, 4, 3],
      limit: 3,
      next_cursor: expect.any(String),
    });
    const second = await page(`/v1/messages?limit=3&cursor=${first.next_cursor ?? ''}`);
    expect({ ...second, items: numbersOf(second) }).toEqual({ items: [2, 1], limit: 3, next_cursor: null });
    expect(numbersOf(await page('/v1/messages?status=pending'))).toEqual([5, 4]);
    expect(numbersOf(await page('/v1/messages?status=failed'))).toEqual([]);
    const sent = await page('/messages/sent');
    expect(numbersOf(sent)).toEqual([3, 2, 1]);
    expect(sent).toEqual(await page('/v1/messages?status=sent'));
  });
});

describe('a message’s content', () => {
  it('may consist of any 1,000 characters', async () => {
    const id = await post('😀'.repeat(1_000));
    expect((await messageOf(id)).content).toBe('😀'.repeat(1_000));
  });
});
