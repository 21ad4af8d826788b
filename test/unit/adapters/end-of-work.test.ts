import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import middy from '@middy/core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Context } from 'aws-lambda';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { callingUntil, createHttpHandler } from '../../../lambdas/adapters/aws/http-handler.ts';

/** A service that records the requests' bodies. The service can hold its responses until the test releases them. */
let server: Server;
let sqs: SQSClient;
let received: string[] = [];
let held: ServerResponse[] = [];
let holds = false;
let arrived: () => void = () => undefined;

beforeAll(async () => {
  server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const { MessageBody: body } = JSON.parse(Buffer.concat(parts).toString()) as { MessageBody: string };
      received.push(body);
      arrived();
      if (holds) held.push(response);
      else response.end('{}');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  sqs = new SQSClient({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
    requestHandler: createHttpHandler({ connectionTimeout: 2_000, requestTimeout: 8_000 }),
    md5: false,
  });
});

beforeEach(() => {
  [received, held, holds] = [[], [], false];
});

afterAll(async () => {
  sqs.destroy();
  const closed = once(server.close(), 'close');
  server.closeAllConnections();
  await closed;
});

const send = (body: string) => sqs.send(new SendMessageCommand({ QueueUrl: 'queue', MessageBody: body }));

/** Invokes a handler built like the API's handler. If `work` takes too long for an invocation of `ms` milliseconds, returns "late". */
async function invoke(work: () => Promise<unknown>, ms = 60_000): Promise<unknown> {
  const handler = middy({ timeoutEarlyInMillis: 10, timeoutEarlyResponse: () => 'late' }).handler(
    (_event: unknown, _context: Context, { signal }) => callingUntil(signal, work),
  );
  return handler({}, { getRemainingTimeInMillis: () => ms } as Context);
}

describe('work that is cut off by an early response', () => {
  it('has its calls aborted, even one with its own signal', async () => {
    holds = true;
    const own = new AbortController();
    const calls = Promise.withResolvers<unknown>();
    const command = new SendMessageCommand({ QueueUrl: 'queue', MessageBody: 'held' });
    const work = async (): Promise<void> => {
      await sqs.send(command, { abortSignal: own.signal }).catch(calls.resolve);
    };
    expect(await invoke(work, 100)).toBe('late');
    expect(await calls.promise).toMatchObject({ name: 'AbortError' });
  });

  it('starts no more calls, not even while the sandbox handles the next invocation', async () => {
    const gate = Promise.withResolvers<undefined>();
    const ended = Promise.withResolvers<unknown>();
    const stale = async (): Promise<void> => {
      try {
        await gate.promise;
        await send('stale');
      } catch (error) {
        ended.resolve(error);
      }
    };
    expect(await invoke(stale, 20)).toBe('late');
    await invoke(async () => {
      gate.resolve(undefined);
      expect(await ended.promise).toMatchObject({ name: 'AbortError' });
      await send('next');
    });
    expect(received).toEqual(['next']);
  });

  it('has its current call aborted once, and starts no further calls', async () => {
    holds = true;
    const isThere = new Promise<void>((resolve) => (arrived = resolve));
    const ended = Promise.withResolvers<unknown>();
    const work = async (): Promise<void> => {
      try {
        await send('first');
        await send('second');
      } catch (error) {
        ended.resolve(error);
      }
    };
    const answer = invoke(work, 250);
    await isThere;
    expect(await answer).toBe('late');
    expect(await ended.promise).toMatchObject({ name: 'AbortError' });
    expect(received).toEqual(['first']);
  });
});

describe('work that ends in time', () => {
  it('can make any number of calls, even if other work has been aborted', async () => {
    await invoke(async () => {
      await Promise.all([send('a'), send('b')]);
      await expect(callingUntil(AbortSignal.abort(), () => send('never'))).rejects.toThrow();
      await send('c');
    });
    expect(received.toSorted()).toEqual(['a', 'b', 'c']);
  });

  it('can make calls without a time limit if none is set', async () => {
    await send('free');
    expect(received).toEqual(['free']);
  });
});
