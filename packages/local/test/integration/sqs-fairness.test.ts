import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DeleteMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { createQueue, type TestQueue } from './sqs-client.ts';
import { startSqsUnderTest, type SqsUnderTest } from './sqs-under-test.ts';

describe('a queue with message groups', () => {
  let sqs: SqsUnderTest;
  let client: SQSClient;

  beforeAll(async () => {
    sqs = await startSqsUnderTest({ region: 'eu-west-1' });
    client = sqs.client;
  });
  afterAll(() => sqs.end());

  async function queueOf(...groups: string[]): Promise<TestQueue> {
    const queue = await createQueue(client);
    for (const [index, group] of groups.entries()) {
      await queue.send(`${group}${index}`, group === '' ? {} : { MessageGroupId: group });
    }
    return queue;
  }

  const bodies = async (queue: TestQueue, count: number): Promise<(string | undefined)[]> => {
    const received: (string | undefined)[] = [];
    for (let round = 0; round < count; round += 1) received.push((await queue.receiveOne()).Body);
    return received;
  };

  it('delivers a group without in-flight messages before a group with in-flight messages', async () => {
    const queue = await queueOf('noisy', 'noisy', 'noisy', 'noisy', 'quiet', 'quiet');
    expect(await bodies(queue, 6)).toEqual(['noisy0', 'quiet4', 'noisy1', 'quiet5', 'noisy2', 'noisy3']);
  });

  it('also delivers groups fairly within one call', async () => {
    const queue = await queueOf('noisy', 'noisy', 'noisy', 'quiet');
    const messages = await queue.receive({ MaxNumberOfMessages: 3 });
    expect(messages.map(({ Body }) => Body)).toEqual(['noisy0', 'quiet3', 'noisy1']);
  });

  it('delivers a group in order again when none of its messages is in flight', async () => {
    const queue = await queueOf('noisy', 'noisy', 'quiet');
    const { ReceiptHandle } = await queue.receiveOne();
    await client.send(new DeleteMessageCommand({ QueueUrl: queue.url, ReceiptHandle }));
    expect(await bodies(queue, 2)).toEqual(['noisy1', 'quiet2']);
  });

  it('also delivers messages without a group, in order', async () => {
    const queue = await queueOf('', 'noisy', '', 'noisy');
    expect(await bodies(queue, 4)).toEqual(['0', 'noisy1', '2', 'noisy3']);
  });
});
