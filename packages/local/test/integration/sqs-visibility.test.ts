import {
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createQueue, type TestQueue } from './sqs-client.ts';
import { startSqsUnderTest, type SqsUnderTest } from './sqs-under-test.ts';

describe('SQS visibility', () => {
  let sqs: SqsUnderTest;
  let client: SQSClient;

  beforeAll(async () => {
    sqs = await startSqsUnderTest();
    client = sqs.client;
  });
  afterAll(() => sqs.end());

  const hide = (queue: TestQueue, ReceiptHandle: string, VisibilityTimeout: number) =>
    client.send(
      new ChangeMessageVisibilityCommand({ QueueUrl: queue.url, ReceiptHandle, VisibilityTimeout }),
    );
  const remove = (queue: TestQueue, ReceiptHandle: string) =>
    client.send(new DeleteMessageCommand({ QueueUrl: queue.url, ReceiptHandle }));
  // The message must not appear early. The lower limit is less than a second, because the delay begins before the measurement. The message may
  // appear late, because test machines are busy.
  const expectOneSecond = (milliseconds: number): void => {
    expect(milliseconds).toBeGreaterThan(800);
    expect(milliseconds).toBeLessThan(3_000);
  };
  /** Awaits the work, and returns its result and its duration in milliseconds. */
  const timed = async <Result>(work: Promise<Result>): Promise<[Result, number]> => {
    const start = performance.now();
    return [await work, performance.now() - start];
  };

  it('shows a delayed message to a waiting receiver when its delay elapses', async () => {
    const queue = await createQueue(client);
    await queue.send('later', { DelaySeconds: 1 });
    expect(await queue.counts()).toEqual([0, 0, 1]);

    const [message, milliseconds] = await timed(queue.receiveOne());

    expect(message.Body).toBe('later');
    expectOneSecond(milliseconds);
  });

  it('shows a delayed message to a waiting receiver soon after the clock was moved past its delay', async () => {
    let moved = 0;
    await using stack = new AsyncDisposableStack();
    const now = (): number => Date.now() + moved;
    const other = stack.adopt(await startSqsUnderTest({ now }), (each) => each.end());
    const queue = await createQueue(other.client);
    await queue.send('later', { DelaySeconds: 60 });
    const receiving = timed(queue.receiveOne({ WaitTimeSeconds: 20 }));
    setTimeout(() => {
      moved = 60_000;
    }, 200);

    const [message, milliseconds] = await receiving;

    expect(message.Body).toBe('later');
    expect(milliseconds).toBeLessThan(10_000);
  });

  it('shows a message again to a waiting receiver when its visibility timeout ends', async () => {
    const queue = await createQueue(client, { VisibilityTimeout: '1' });
    await queue.send('work');
    await queue.receiveOne();
    expect(await queue.receive()).toEqual([]);
    expect(await queue.counts()).toEqual([0, 1, 0]);

    const [message, milliseconds] = await timed(
      queue.receiveOne({ MessageSystemAttributeNames: ['ApproximateReceiveCount'] }),
    );

    expect(message.Attributes).toEqual({ ApproximateReceiveCount: '2' });
    expectOneSecond(milliseconds);
  });

  it('hides a message for ChangeMessageVisibility’s timeout, counted from that call', async () => {
    const queue = await createQueue(client);
    await queue.send('work');
    const { ReceiptHandle } = await queue.receiveOne();

    await hide(queue, ReceiptHandle, 1);
    const [, milliseconds] = await timed(queue.receiveOne());

    expectOneSecond(milliseconds);
  });

  it('makes a message visible immediately if the timeout is set to 0', async () => {
    const queue = await createQueue(client);
    await queue.send('work');
    const { ReceiptHandle } = await queue.receiveOne();
    const waiting = queue.receiveOne();

    await hide(queue, ReceiptHandle, 0);

    expect((await waiting).Body).toBe('work');
  });

  it('accepts timeouts until a message has been hidden for 12 hours in total', async () => {
    const queue = await createQueue(client);
    await queue.send('work');
    const { ReceiptHandle } = await queue.receiveOne();

    await hide(queue, ReceiptHandle, 43_200);
    expect(await queue.counts()).toEqual([0, 1, 0]);
    await expect(hide(queue, ReceiptHandle, 43_201)).rejects.toThrow(
      'must be an integer between 0 and 43200',
    );
  });

  it('leaves a message to its next receiver when its visibility timeout elapses', async () => {
    const queue = await createQueue(client);
    await queue.send('work');
    const { ReceiptHandle } = await queue.receiveOne({ VisibilityTimeout: 0 });

    await hide(queue, ReceiptHandle, 900); // The visibility timeout has already ended, so this call succeeds without effect.
    expect(await queue.counts()).toEqual([1, 0, 0]);

    await remove(queue, ReceiptHandle); // The message has not been received since, so the handle still deletes it.
    expect(await queue.counts()).toEqual([0, 0, 0]);
  });

  it('accepts an older receipt handle of a message that was received again, until the message is deleted', async () => {
    const queue = await createQueue(client);
    await queue.send('work');
    const first = await queue.receiveOne({ VisibilityTimeout: 0 });
    const second = await queue.receiveOne();
    expect(second.ReceiptHandle).not.toBe(first.ReceiptHandle);

    await hide(queue, first.ReceiptHandle, 0);
    const third = await queue.receiveOne();
    await remove(queue, first.ReceiptHandle);

    expect(await queue.counts()).toEqual([0, 0, 0]);
    await expect(hide(queue, third.ReceiptHandle, 1)).rejects.toMatchObject({
      name: 'InvalidParameterValue',
    });
  });

  it('refuses a receipt handle from another queue', async () => {
    const [queue, other] = [await createQueue(client), await createQueue(client)];
    await queue.send('work');
    const { ReceiptHandle } = await queue.receiveOne();

    await expect(remove(other, ReceiptHandle)).rejects.toMatchObject({ name: 'ReceiptHandleIsInvalid' });
  });

  it('does not delete a message in the dead-letter queue through its old queue', async () => {
    const dead = await createQueue(client);
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: 1 });
    const queue = await createQueue(client, { RedrivePolicy });
    await queue.send('poison');
    const { ReceiptHandle } = await queue.receiveOne({ VisibilityTimeout: 0 });
    expect(await queue.receive()).toEqual([]);

    await remove(queue, ReceiptHandle);
    await expect(hide(queue, ReceiptHandle, 1)).rejects.toMatchObject({ name: 'InvalidParameterValue' });

    expect(await dead.counts()).toEqual([1, 0, 0]);
  });

  it('distinguishes a deleted message’s receipt handle from an invalid one', async () => {
    const queue = await createQueue(client);
    await queue.send('work');
    const { ReceiptHandle } = await queue.receiveOne();
    await remove(queue, ReceiptHandle);

    await expect(hide(queue, ReceiptHandle, 1)).rejects.toMatchObject({ name: 'InvalidParameterValue' });
    await expect(remove(queue, ReceiptHandle)).resolves.toBeDefined();
    await expect(hide(queue, 'garbage', 1)).rejects.toMatchObject({ name: 'ReceiptHandleIsInvalid' });
    await expect(remove(queue, 'garbage')).rejects.toMatchObject({ name: 'ReceiptHandleIsInvalid' });
  });

  it('reports each entry of a batch separately', async () => {
    const queue = await createQueue(client);
    await queue.send('work');
    const { ReceiptHandle } = await queue.receiveOne();
    const entries = [
      { Id: 'good', ReceiptHandle, VisibilityTimeout: 0 },
      { Id: 'bad', ReceiptHandle: 'garbage', VisibilityTimeout: 0 },
    ];

    const { Successful, Failed } = await client.send(
      new ChangeMessageVisibilityBatchCommand({ QueueUrl: queue.url, Entries: entries }),
    );

    expect(Successful).toEqual([{ Id: 'good' }]);
    expect(Failed).toEqual([expect.objectContaining({ Id: 'bad', Code: 'ReceiptHandleIsInvalid' })]);
    expect(await queue.counts()).toEqual([1, 0, 0]);
  });

  it('wakes a waiting receiver within 10 ms of the response to the sender', async () => {
    const queue = await createQueue(client);
    const waits: number[] = [];
    for (let round = 0; round < 10; round++) {
      const received = queue.receiveOne().then(() => performance.now());
      // SQS reads the receiver's request before this call's request, so the receiver is waiting once this call has returned.
      await queue.counts();
      await client.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody: 'now' }));
      const answered = performance.now();
      waits.push((await received) - answered);
    }

    // The test checks the median, because a busy test machine may delay individual messages.
    expect(waits.sort((a, b) => a - b)[5]).toBeLessThan(10);
  });

  it('gives each of many waiting receivers exactly one message', async () => {
    const queue = await createQueue(client);
    const receivers = Array.from({ length: 10 }, () => queue.receiveOne());
    await queue.counts();

    await Promise.all(receivers.map((_, number) => queue.send(`message ${number}`)));

    const bodies = (await Promise.all(receivers)).map(({ Body }) => Body);
    expect(new Set(bodies).size).toBe(10);
    expect(await queue.counts()).toEqual([0, 10, 0]);
  });

  it('delivers nothing to a receiver that has disconnected', async () => {
    const queue = await createQueue(client);
    const hangUp = new AbortController();
    const gone = client
      .send(new ReceiveMessageCommand({ QueueUrl: queue.url, WaitTimeSeconds: 20 }), {
        abortSignal: hangUp.signal,
      })
      .catch((error: unknown) => error);
    await queue.counts();
    hangUp.abort();
    await gone;
    await queue.counts();

    await queue.send('work');

    const names = ['ApproximateReceiveCount' as const];
    const { Attributes } = await queue.receiveOne({ MessageSystemAttributeNames: names });
    expect(Attributes).toEqual({ ApproximateReceiveCount: '1' });
  });

  it('returns no messages to a receiver when its wait time elapses', async () => {
    const queue = await createQueue(client, { ReceiveMessageWaitTimeSeconds: '1' });

    const [messages, milliseconds] = await timed(queue.receive());

    expect(messages).toEqual([]);
    expect(milliseconds).toBeGreaterThan(900);
    expect(milliseconds).toBeLessThan(3_000);
  });
});
