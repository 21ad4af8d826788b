import {
  ConditionalCheckFailedException,
  type AttributeValue,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from '@jest/globals';
import { createDedupWindow } from '../../../lambdas/adapters/dynamodb/dedup-window.ts';
import type { DedupHolder } from '../../../lambdas/job/dedup.ts';

type Item = Record<string, AttributeValue>;

interface Command {
  constructor: { name: string };
  input: { Item?: Item; ConditionExpression: string; ExpressionAttributeValues: Item };
}

const NOW = Date.parse('2026-01-01T00:00:00Z');
const KEY = { tenant: 'default', objectId: 'a' };

/** Creates the dedup adapter with a client that returns `answers`, one per call. `true` means success. */
function windowThat(...answers: (true | Error)[]) {
  const sent: Command[] = [];
  const client = {
    send(command: Command) {
      const answer = answers[sent.length] ?? true;
      sent.push(command);
      return answer === true ? Promise.resolve({}) : Promise.reject(answer);
    },
  } as unknown as DynamoDBClient;
  return { dedup: createDedupWindow(client, 'table', () => new Date(NOW)), sent };
}

const holder = (overrides: Partial<DedupHolder> = {}): DedupHolder => ({
  jobId: 'job-1',
  owner: 'job-1',
  windowEndsAt: new Date(NOW + 300_000),
  ...overrides,
});

/** Creates DynamoDB's error for a failed condition, with the conflicting item. */
function refusal(item?: Item): ConditionalCheckFailedException {
  return new ConditionalCheckFailedException({
    message: 'The conditional request failed',
    $metadata: {},
    ...(item && { Item: item }),
  });
}

const itemOf = ({ jobId, owner, windowEndsAt }: DedupHolder): Item => ({
  job_id: { S: jobId },
  owner: { S: owner },
  window_ends_at: { N: String(windowEndsAt.getTime()) },
});

describe('opening a window', () => {
  it('writes the key with its end in milliseconds, for the condition, and in seconds, for its deletion', async () => {
    const { dedup, sent } = windowThat(true);
    const ending = holder({ windowEndsAt: new Date(NOW + 1) });
    expect(await dedup.open(KEY, ending)).toEqual({ opened: true });
    expect(sent).toHaveLength(1);
    expect(sent[0]?.input).toMatchObject({
      Item: {
        pk: { S: 'object#default#a' },
        job_id: { S: 'job-1' },
        owner: { S: 'job-1' },
        window_ends_at: { N: String(NOW + 1) },
        expires_at: { N: String(NOW / 1000 + 1) },
      },
      ExpressionAttributeValues: { ':now': { N: String(NOW) } },
    });
  });

  it('that another submission holds returns that submission', async () => {
    const other = holder({ jobId: 'job-0', owner: 'job-9' });
    const { dedup } = windowThat(refusal(itemOf(other)));
    expect(await dedup.open(KEY, holder())).toEqual({ opened: false, holder: other });
  });

  it('that the same submission has already opened is its own, because the SDK retried the call', async () => {
    const { dedup } = windowThat(refusal(itemOf(holder())));
    expect(await dedup.open(KEY, holder())).toEqual({ opened: true });
  });

  it('that was adopted between the SDK’s calls belongs to the other', async () => {
    const adopted = holder({ owner: 'job-2' });
    const { dedup } = windowThat(refusal(itemOf(adopted)));
    expect(await dedup.open(KEY, holder())).toEqual({ opened: false, holder: adopted });
  });

  it('that replaces the key of a started debounced job requires that the key still names that job', async () => {
    const { dedup, sent } = windowThat();
    expect(await dedup.open(KEY, holder(), 'job-0')).toEqual({ opened: true });
    expect(sent[0]?.input).toMatchObject({
      ConditionExpression: 'attribute_not_exists(pk) OR window_ends_at <= :now OR job_id = :over',
      ExpressionAttributeValues: { ':over': { S: 'job-0' } },
    });
  });

  it('that the same submission has adopted for another job still belongs to that job', async () => {
    const adopted = holder({ jobId: 'job-0', owner: 'job-1' });
    const { dedup } = windowThat(refusal(itemOf(adopted)));
    expect(await dedup.open(KEY, holder())).toEqual({ opened: false, holder: adopted });
  });

  it('that is refused without the conflicting item fails', async () => {
    await expect(windowThat(refusal()).dedup.open(KEY, holder())).rejects.toThrow(
      /without returning the item/,
    );
  });
});

describe('adopting and releasing a key', () => {
  it('requires that the owner is still the same', async () => {
    const { dedup, sent } = windowThat();
    expect(await dedup.adopt(KEY, 'seen', 'mine')).toBe(true);
    await dedup.release(KEY, 'mine');
    expect(sent.map(({ input }) => input)).toMatchObject([
      {
        UpdateExpression: 'SET #owner = :to',
        ConditionExpression: '#owner = :from',
        ExpressionAttributeValues: { ':from': { S: 'seen' }, ':to': { S: 'mine' } },
      },
      { ConditionExpression: '#owner = :owner', ExpressionAttributeValues: { ':owner': { S: 'mine' } } },
    ]);
  });

  it('changes nothing if another submission was faster', async () => {
    expect(await windowThat(refusal()).dedup.adopt(KEY, 'seen', 'mine')).toBe(false);
    await expect(windowThat(refusal()).dedup.release(KEY, 'mine')).resolves.toBeUndefined();
  });
});

describe('unreachable DynamoDB', () => {
  it('leaves unknown whether the key was written', async () => {
    const gone = new Error('gone');
    const unavailable = { name: 'StoreUnavailableError', store: 'dynamodb', applied: 'unknown', cause: gone };
    await expect(windowThat(gone).dedup.open(KEY, holder())).rejects.toMatchObject(unavailable);
    await expect(windowThat(gone).dedup.adopt(KEY, 'seen', 'mine')).rejects.toMatchObject(unavailable);
    await expect(windowThat(gone).dedup.release(KEY, 'mine')).rejects.toMatchObject(unavailable);
  });
});
