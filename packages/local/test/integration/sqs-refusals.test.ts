import {
  CreateQueueCommand,
  DeleteQueueCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SendMessageCommandInput,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createQueue } from './sqs-client.ts';
import { startSqsUnderTest, type SqsUnderTest } from './sqs-under-test.ts';

describe('SQS', () => {
  let sqs: SqsUnderTest;
  let client: SQSClient;

  beforeAll(async () => {
    sqs = await startSqsUnderTest();
    client = sqs.client;
  });
  afterAll(() => sqs.end());

  it('allows another purge, or a new queue with a deleted queue’s name, after 60 seconds', async () => {
    const clock = { time: Date.now() };
    await using stack = new AsyncDisposableStack();
    const later = stack.adopt(await startSqsUnderTest({ now: () => clock.time }), (each) => each.end());
    const create = () => later.client.send(new CreateQueueCommand({ QueueName: 'again' }));
    const { QueueUrl } = await create();
    const purge = () => later.client.send(new PurgeQueueCommand({ QueueUrl }));

    await purge();
    clock.time += 59_999;
    await expect(purge()).rejects.toMatchObject({ name: 'PurgeQueueInProgress' });
    clock.time += 1;
    await purge();

    await later.client.send(new DeleteQueueCommand({ QueueUrl }));
    clock.time += 59_999;
    await expect(create()).rejects.toMatchObject({ name: 'QueueDeletedRecently' });
    clock.time += 1;
    await create();
    // The waiting period after a purge does not apply, because this is a new queue.
    await purge();
  });

  it('refuses a Number that is not a number, a list of values, and a system attribute that AWS sets itself', async () => {
    const { url } = await createQueue(client);
    const send = (more: Partial<SendMessageCommandInput>) =>
      client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'body', ...more }));

    await expect(
      send({ MessageAttributes: { age: { DataType: 'Number', StringValue: 'seven' } } }),
    ).rejects.toThrow("Can't cast the value of message (user) attribute 'age' to a number.");
    await expect(
      send({ MessageAttributes: { age: { DataType: 'String', StringListValues: ['7'] } } }),
    ).rejects.toThrow("does not support StringListValues, a member of the message attribute 'age'");
    await expect(
      send({ MessageSystemAttributes: { SenderId: { DataType: 'String', StringValue: 'me' } } as object }),
    ).rejects.toThrow('The only system attribute is AWSTraceHeader.');
  });

  it('refuses an unknown member, and names it', async () => {
    const { url: QueueUrl } = await createQueue(client);

    await expect(
      client.send(new CreateQueueCommand({ QueueName: 'tagged', tags: { team: 'a' } })),
    ).rejects.toMatchObject({
      name: 'UnsupportedOperation',
      message: 'The embedded SQS does not support tags, a member of CreateQueue: leave it out.',
    });
    await expect(
      client.send(new ReceiveMessageCommand({ QueueUrl, ReceiveRequestAttemptId: 'a' })),
    ).rejects.toThrow('ReceiveRequestAttemptId, a member of ReceiveMessage');
    await expect(
      client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'b', MessageDeduplicationId: 'a' })),
    ).rejects.toThrow('MessageDeduplicationId, a member of SendMessage');
    const Entries = [{ Id: 'a', MessageBody: 'b', MessageDeduplicationId: 'a' }];
    await expect(client.send(new SendMessageBatchCommand({ QueueUrl, Entries }))).rejects.toThrow(
      'MessageDeduplicationId, a member of an entry of SendMessageBatch',
    );
  });

  it('refuses an unknown system attribute', async () => {
    const { url: QueueUrl } = await createQueue(client);
    const MessageSystemAttributeNames = ['Sender'] as unknown as ['SenderId'];

    await expect(
      client.send(new ReceiveMessageCommand({ QueueUrl, MessageSystemAttributeNames })),
    ).rejects.toMatchObject({ name: 'InvalidAttributeName', message: 'Unknown Attribute Sender.' });
  });
});
