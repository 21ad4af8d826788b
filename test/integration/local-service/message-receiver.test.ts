import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startAwsEndpoint, type AwsEndpoint } from 'errand-local/aws-endpoint/aws-endpoint';
import { createMessageReceiver } from '../../../bin/local-service/message-receiver.ts';

const MESSAGE = { to: '+905551111111', content: 'Hello' };

let endpoint: AwsEndpoint;
let url: string;

beforeEach(async () => {
  endpoint = await startAwsEndpoint({ port: 0 });
  endpoint.registerView(
    'receiver',
    createMessageReceiver(() => new Date('2026-11-22T08:00:00Z')),
  );
  url = `${endpoint.url}/_errand/receiver`;
});

afterEach(() => endpoint.end());

async function post(body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization: 'Bearer key', ...headers },
    body: JSON.stringify(body),
  });
  return {
    status: response.status,
    body: (await response.json()) as { message: string; messageId?: string },
  };
}

const received = async () => ((await (await fetch(url)).json()) as { items: unknown[] }).items;

describe('the embedded receiver', () => {
  it('accepts a message, and shows it', async () => {
    const answer = await post(MESSAGE, { 'idempotency-key': 'k1' });
    expect(answer).toEqual({
      status: 202,
      body: { message: 'Accepted', messageId: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    });
    expect(await received()).toEqual([
      {
        ...MESSAGE,
        messageId: answer.body.messageId,
        idempotencyKey: 'k1',
        receivedAt: '2026-11-22T08:00:00.000Z',
      },
    ]);
  });

  it('treats a repeated request with the same key as the same message', async () => {
    const first = await post(MESSAGE, { 'idempotency-key': 'k1' });
    expect(await post(MESSAGE, { 'idempotency-key': 'k1' })).toEqual(first);
    await post(MESSAGE, { 'idempotency-key': 'k2' });
    await post(MESSAGE);
    await post(MESSAGE);
    expect(await received()).toHaveLength(4);
  });

  it('refuses a caller without a key, and invalid messages', async () => {
    expect((await fetch(url, { method: 'POST', body: JSON.stringify(MESSAGE) })).status).toBe(401);
    expect((await post({ to: '+905551111111' })).status).toBe(400);
    expect((await post('text')).status).toBe(400);
    expect((await fetch(url, { method: 'PUT' })).status).toBe(405);
    expect(await received()).toEqual([]);
  });
});
