import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from '@jest/globals';
import { createSubmissionRate } from '../../../lambdas/adapters/dynamodb/submission-rate.ts';
import { StoreUnavailableError } from '../../../lambdas/job/errors.ts';

const NOW = Date.parse('2026-01-01T00:00:00.900Z');

/** Creates a limiter with in-memory counters. Also returns the counters, and the requests that the limiter sends to DynamoDB. */
function rateOf(perSecond: number, at = { now: NOW }) {
  const items = new Map<string, number>();
  const sent: Record<string, unknown>[] = [];
  const client = {
    send({ input }: { input: Record<string, unknown> }) {
      sent.push(input);
      const { Key: key, ExpressionAttributeValues: values } = input as {
        Key: { pk: { S: string } };
        ExpressionAttributeValues: Record<string, { N: string }>;
      };
      const count = (items.get(key.pk.S) ?? 0) + Number(values[':submissions']?.N);
      items.set(key.pk.S, count);
      return Promise.resolve({ Attributes: { submissions: { N: String(count) } } });
    },
  } as unknown as DynamoDBClient;
  return { rate: createSubmissionRate(client, 'table', perSecond, () => new Date(at.now)), sent, items };
}

describe('the rate of submissions', () => {
  it('accepts submissions up to the limit in each second, and as many of a request as still fit', async () => {
    const at = { now: NOW };
    const { rate } = rateOf(5, at);
    expect([await rate.take('one', 3), await rate.take('one', 3), await rate.take('one', 1)]).toEqual([
      3, 2, 0,
    ]);
    at.now += 100;
    expect(await rate.take('one', 9)).toBe(5);
  });

  it('counts every tenant separately', async () => {
    const { rate } = rateOf(1);
    expect(await rate.take('one', 1)).toBe(1);
    expect(await rate.take('two', 1)).toBe(1);
  });

  it('makes one call per request, to an item that expires', async () => {
    const { rate, sent } = rateOf(5);
    await rate.take('one', 3);
    expect(sent).toHaveLength(1);
    expect(sent[0]).toMatchObject({
      TableName: 'table',
      Key: { pk: { S: `submissions#one#${Math.floor(NOW / 1000)}` } },
      ExpressionAttributeValues: { ':expires_at': { N: String(Math.floor(NOW / 1000) + 60) } },
    });
  });

  it('makes no call without a limit', async () => {
    const { rate, sent } = rateOf(0);
    expect(await rate.take('one', 1000)).toBe(1000);
    expect(sent).toEqual([]);
  });

  it('asks the client to retry if it cannot count', async () => {
    const client = { send: () => Promise.reject(new Error('gone')) } as unknown as DynamoDBClient;
    await expect(
      createSubmissionRate(client, 'table', 1, () => new Date(NOW)).take('one', 1),
    ).rejects.toBeInstanceOf(StoreUnavailableError);
  });
});
