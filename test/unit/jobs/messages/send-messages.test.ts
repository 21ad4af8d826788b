import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import { createReceiver } from '../../../../lambdas/jobs/messages/receiver.ts';
import { createSendMessages } from '../../../../lambdas/jobs/messages/send-messages.ts';
import type { Delivery } from '../../../../lambdas/message/send.ts';
import { payloadProblems, runJobType } from '../../../helpers/run-job-type.ts';
import { startReceiver, type Received, type Receiver } from '../../../helpers/webhook-receiver.ts';

const NOW = new Date('2026-11-22T08:00:00Z');
const MESSAGE = {
  message_id: '0192f3a0-7c1e-7000-8000-000000000000',
  to: '+905551111111',
  content: 'Hello',
  attempt: 1,
};

let respond: (request: Received, response: ServerResponse) => void;
let receiver: Receiver;

beforeEach(async () => {
  respond = (_request, response) => response.end();
  receiver = await startReceiver((request, response) => {
    respond(request, response);
  });
});

afterEach(() => receiver.end());

function deliver(url = receiver.origin, signal = new AbortController().signal): Promise<Delivery> {
  return createReceiver(url, 'key', { now: () => NOW })(MESSAGE, signal);
}

describe('a response', () => {
  it.each([
    ['{"messageId":"abc"}', 'abc'],
    ['{"message_id":"abc","messageId":"d"}', 'abc'],
    ['{"messageId":7}', '7'],
    [`{"messageId":"${'x'.repeat(300)}"}`, 'x'.repeat(200)],
    ['{"messageId":{}}', null],
    ['{"message":"Accepted"}', null],
    ['null', null],
    ['Accepted', null],
    ['', null],
  ])('202 %s means sent, and its id is stored', async (body, receiverMessageId) => {
    respond = (_request, response) => response.writeHead(202).end(body);
    expect(await deliver()).toEqual({ status: 'sent', receiverMessageId });
  });

  it.each([200, 201, 204, 299])('%i means sent', async (status) => {
    respond = (_request, response) => response.writeHead(status).end();
    expect(await deliver()).toMatchObject({ status: 'sent' });
  });

  it.each([429, 500, 503, 599])('%i leads to another attempt, at the receiver’s time', async (status) => {
    respond = (_request, response) => response.writeHead(status, { 'retry-after': '7' }).end('busy');
    expect(await deliver()).toEqual({
      status: 'pending',
      error: `127.0.0.1:${receiver.port} responded with ${status}: busy`,
      retryInMs: 7_000,
    });
  });

  it.each([400, 401, 404, 408, 422, 301, 304])('%i fails the message', async (status) => {
    respond = (_request, response) => response.writeHead(status, { location: '/' }).end();
    expect(await deliver()).toMatchObject({
      status: 'failed',
      error: expect.stringContaining(`responded with ${status}`),
    });
  });
});

describe('no response', () => {
  it('from a port without a listener leads to another attempt', async () => {
    const { origin, port } = receiver;
    await receiver.end();
    receiver = await startReceiver((request, response) => {
      respond(request, response);
    });
    expect(await deliver(origin)).toEqual({
      status: 'pending',
      error: `No response from 127.0.0.1:${port}: ECONNREFUSED`,
      retryInMs: undefined,
    });
  });

  it('before the run is stopped leads to another attempt too', async () => {
    const stop = new AbortController();
    respond = () => {
      stop.abort('timeout');
    };
    expect(await deliver(undefined, stop.signal)).toMatchObject({
      status: 'pending',
      error: 'The run was stopped before the receiver responded.',
    });
  });

  it('comes from a name that resolves to this machine, so the message fails and nothing is sent', async () => {
    const addressing = {
      resolve: () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]),
      isPublic: () => false,
    };
    const send = createReceiver(`http://example.com:${receiver.port}/`, 'key', {
      now: () => NOW,
      addressing,
    });
    expect(await send(MESSAGE, new AbortController().signal)).toMatchObject({
      status: 'failed',
      error: expect.stringContaining('MESSAGES_URL'),
    });
    expect(receiver.received).toEqual([]);
  });
});

describe('the key', () => {
  it.each(['', 'two words', 'schlüssel', 'a\nb'])('%p is refused before anything is sent', (key) => {
    expect(() => createReceiver(receiver.origin, key, { now: () => NOW })).toThrow(
      /^The key for MESSAGES_URL/,
    );
  });
});

describe('the job type send_messages', () => {
  it.each([[{ limit: 0 }], [{ limit: 101 }], [{ limit: 1.5 }], [{ limits: 2 }], [[]]])(
    'refuses %j',
    (given) => {
      const definition = createSendMessages({ url: receiver.origin });
      expect(payloadProblems(definition, { limit: 100 })).toEqual([]);
      expect(payloadProblems(definition, given)).toHaveLength(1);
    },
  );

  it('is refused without MESSAGES_URL, and the error names the setting', () => {
    const problems = payloadProblems(createSendMessages({ url: undefined }), {});
    expect(problems).toEqual([expect.stringMatching(/^ .*MESSAGES_URL/)]);
  });

  it('takes the messages of its job’s tenant', async () => {
    const taken: unknown[] = [];
    const run = {
      readKey: () => Promise.resolve('key'),
      readPerRun: () => Promise.resolve(2),
      outbox: {
        take: (options: unknown) => {
          taken.push(options);
          return Promise.resolve([]);
        },
        settle: () => Promise.resolve(true),
        giveBack: () => Promise.resolve(),
      },
      clock: { now: () => NOW, newId: () => 'taker', random: () => 0 },
      leaseMs: 46_000,
    };
    const jobType = createSendMessages({ url: receiver.origin, run });
    expect(await runJobType(jobType, {}, { tenant: 'acme' })).toMatchObject({
      status: 'success',
      result: { sent: 0, failed: 0, retried: 0 },
    });
    expect(taken).toMatchObject([{ tenant: 'acme', taker: 'taker', limit: 2 }]);
  });

  it.each(['readKey', 'readPerRun'] as const)('takes no messages if %s fails', async (missing) => {
    const taken: unknown[] = [];
    const run = {
      readKey: () => Promise.resolve('key'),
      readPerRun: () => Promise.resolve(2),
      outbox: {
        take: (options: unknown) => {
          taken.push(options);
          return Promise.resolve([]);
        },
        settle: () => Promise.resolve(true),
        giveBack: () => Promise.resolve(),
      },
      clock: { now: () => NOW, newId: () => 'taker', random: () => 0 },
      leaseMs: 46_000,
      [missing]: () => Promise.reject(new Error(`${missing} failed`)),
    };
    const jobType = createSendMessages({ url: receiver.origin, run });
    expect(await runJobType(jobType, {})).toMatchObject({ status: 'created', message: `${missing} failed` });
    expect(taken).toEqual([]);
  });
});
