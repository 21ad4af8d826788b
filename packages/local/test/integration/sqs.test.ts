import {
  AddPermissionCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ListQueuesCommand,
  PurgeQueueCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createQueue } from './sqs-client.ts';
import { startSqsUnderTest, type SqsUnderTest } from './sqs-under-test.ts';

const MEBIBYTE = 1024 * 1024;

describe('SQS', () => {
  let sqs: SqsUnderTest;
  let client: SQSClient;

  beforeAll(async () => {
    sqs = await startSqsUnderTest({ region: 'eu-west-1' });
    client = sqs.client;
  });
  afterAll(() => sqs.end());

  describe('a queue', () => {
    it('has a URL at the endpoint and an ARN in the region', async () => {
      const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName: 'Jobs' }));
      expect(QueueUrl).toBe(`${sqs.url}/000000000000/Jobs`);

      const { QueueUrls } = await client.send(new ListQueuesCommand({ QueueNamePrefix: 'Job' }));
      expect(QueueUrls).toEqual([QueueUrl]);

      const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] });
      expect((await client.send(command)).Attributes).toEqual({
        QueueArn: 'arn:aws:sqs:eu-west-1:000000000000:Jobs',
      });
    });

    it('can be created again, unless an attribute differs', async () => {
      const create = (VisibilityTimeout: string) =>
        client.send(new CreateQueueCommand({ QueueName: 'Twice', Attributes: { VisibilityTimeout } }));
      await create('56');

      await expect(create('56')).resolves.toBeDefined();
      await expect(create('57')).rejects.toMatchObject({ name: 'QueueNameExists' });
    });

    it('refuses attributes beyond their limits, unknown attributes, and FIFO', async () => {
      const create = (Attributes: Record<string, string>) =>
        client.send(new CreateQueueCommand({ QueueName: 'Refused', Attributes }));

      await expect(create({ VisibilityTimeout: '43201' })).rejects.toThrow(
        /VisibilityTimeout\. .* from 0 to 43200/,
      );
      await expect(create({ Colour: 'red' })).rejects.toThrow('Unknown Attribute Colour.');
      await expect(create({ FifoQueue: 'true' })).rejects.toMatchObject({ name: 'UnsupportedOperation' });
    });

    it('no longer exists after it is deleted', async () => {
      const queue = await createQueue(client);
      await client.send(new DeleteQueueCommand({ QueueUrl: queue.url }));

      await expect(queue.send('late')).rejects.toMatchObject({ name: 'QueueDoesNotExist' });
    });

    it('is empty after a purge', async () => {
      const queue = await createQueue(client);
      await queue.send('one');
      await queue.send('two', { DelaySeconds: 900 });
      await client.send(new PurgeQueueCommand({ QueueUrl: queue.url }));

      expect(await queue.counts()).toEqual([0, 0, 0]);
    });
  });

  describe('a message', () => {
    it('arrives with its attributes, its group and its sender', async () => {
      const queue = await createQueue(client);
      await queue.send('{"job_id":"1"}', {
        MessageGroupId: 'tenant-1',
        MessageAttributes: {
          trace: { DataType: 'String', StringValue: 'abc' },
          bytes: { DataType: 'Binary', BinaryValue: Buffer.from([1, 2, 3]) },
        },
        MessageSystemAttributes: { AWSTraceHeader: { DataType: 'String', StringValue: 'Root=1' } },
      });

      const message = await queue.receiveOne({
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
      });

      expect(message.Body).toBe('{"job_id":"1"}');
      const { SentTimestamp, ApproximateFirstReceiveTimestamp, ...rest } = message.Attributes ?? {};
      expect(SentTimestamp).toMatch(/^\d{13}$/);
      expect(Number(ApproximateFirstReceiveTimestamp)).toBeGreaterThanOrEqual(Number(SentTimestamp));
      expect(rest).toEqual({
        SenderId: 'worker',
        MessageGroupId: 'tenant-1',
        AWSTraceHeader: 'Root=1',
        ApproximateReceiveCount: '1',
      });
      expect(message.MessageAttributes?.trace?.StringValue).toBe('abc');
      expect(Buffer.from(message.MessageAttributes?.bytes?.BinaryValue ?? [])).toEqual(
        Buffer.from([1, 2, 3]),
      );
    });

    // The expected digests come from AWS, for this body and attribute.
    it('gets a response with digests, so that the sender can verify it', async () => {
      const { url } = await createQueue(client);
      const attributes = { MyAttribute: { DataType: 'String', StringValue: 'foobar' } };
      const sent = await client.send(
        new SendMessageCommand({ QueueUrl: url, MessageBody: 'message-1', MessageAttributes: attributes }),
      );

      expect(sent.MD5OfMessageBody).toBe('3d6b824fd8c1520e9a047d21fee6fb1f');
      expect(sent.MD5OfMessageAttributes).toBe('adb59cd4678ea5a855436b949cd07ab6');
    });

    it('comes with the requested attributes, and no others', async () => {
      const queue = await createQueue(client);
      const text = (StringValue: string) => ({ DataType: 'String', StringValue });
      await queue.send('body', { MessageAttributes: { 'a.x': text('1'), 'a.y': text('2'), b: text('3') } });
      const ask = async (...names: string[]): Promise<string[]> => {
        const message = await queue.receiveOne({ VisibilityTimeout: 0, MessageAttributeNames: names });
        return Object.keys(message.MessageAttributes ?? {});
      };

      expect(await ask()).toEqual([]);
      expect(await ask('b')).toEqual(['b']);
      expect(await ask('a.*')).toEqual(['a.x', 'a.y']);
      expect(await ask('.*')).toEqual(['a.x', 'a.y', 'b']);
    });

    it('can have up to 1 MiB', async () => {
      const queue = await createQueue(client);

      await expect(queue.send('x'.repeat(MEBIBYTE))).resolves.toBeUndefined();
      await expect(queue.send('x'.repeat(MEBIBYTE + 1))).rejects.toThrow(
        'Message must be shorter than 1048576 bytes.',
      );
      expect((await queue.receiveOne()).Body).toHaveLength(MEBIBYTE);
    });

    it('is refused if it is empty, has a control character, or is delayed by more than 900 s', async () => {
      const queue = await createQueue(client);

      await expect(queue.send('')).rejects.toMatchObject({ name: 'MissingParameter' });
      await expect(queue.send('\u0007')).rejects.toMatchObject({ name: 'InvalidMessageContents' });
      await expect(queue.send('late', { DelaySeconds: 901 })).rejects.toThrow('must be >= 0 and <= 900');
      await expect(queue.send('\u{1F600} \u4F60\n\t')).resolves.toBeUndefined();
    });
  });

  describe('a batch', () => {
    it('sends its valid entries and reports the invalid ones', async () => {
      const queue = await createQueue(client);
      const Entries = [
        { Id: 'a', MessageBody: 'one' },
        { Id: 'b', MessageBody: '\u0001' },
        { Id: 'c', MessageBody: 'later', DelaySeconds: 60 },
      ];

      const { Successful, Failed } = await client.send(
        new SendMessageBatchCommand({ QueueUrl: queue.url, Entries }),
      );

      expect(Successful?.map(({ Id }) => Id)).toEqual(['a', 'c']);
      expect(Failed).toEqual([
        expect.objectContaining({ Id: 'b', Code: 'InvalidMessageContents', SenderFault: true }),
      ]);
      expect(await queue.counts()).toEqual([1, 0, 1]);
    });

    it('deletes its messages', async () => {
      const queue = await createQueue(client);
      for (const body of ['one', 'two', 'three']) await queue.send(body);
      const [first, second] = await queue.receive({ MaxNumberOfMessages: 2 });

      await client.send(
        new DeleteMessageBatchCommand({
          QueueUrl: queue.url,
          Entries: [
            { Id: '1', ReceiptHandle: first?.ReceiptHandle },
            { Id: '2', ReceiptHandle: second?.ReceiptHandle },
          ],
        }),
      );

      expect(await queue.counts()).toEqual([1, 0, 0]);
    });

    it('is refused as a whole if it is empty, too long, too large, or repeats an ID', async () => {
      const { url } = await createQueue(client);
      const send = (Entries: { Id: string; MessageBody: string }[]) =>
        client.send(new SendMessageBatchCommand({ QueueUrl: url, Entries }));
      const entries = (count: number, body = 'x') =>
        Array.from({ length: count }, (_, number) => ({ Id: `${number}`, MessageBody: body }));

      await expect(send([])).rejects.toMatchObject({ name: 'EmptyBatchRequest' });
      await expect(send(entries(11))).rejects.toMatchObject({ name: 'TooManyEntriesInBatchRequest' });
      await expect(send(entries(2, 'x'.repeat(MEBIBYTE / 2 + 1)))).rejects.toMatchObject({
        name: 'BatchRequestTooLong',
      });
      await expect(send([...entries(1), ...entries(1)])).rejects.toMatchObject({
        name: 'BatchEntryIdsNotDistinct',
      });
    });
  });

  describe('a redrive policy', () => {
    const policyFor = (deadLetterTargetArn: string, maxReceiveCount: number) => ({
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount }),
    });

    it('moves a message to the dead-letter queue after `maxReceiveCount` receives', async () => {
      const deadLetters = await createQueue(client);
      const queue = await createQueue(client, policyFor(deadLetters.arn, 2));
      await queue.send('poison', { MessageGroupId: 'tenant' });
      const { MessageId } = await queue.receiveOne({ VisibilityTimeout: 0 });
      await queue.receiveOne({ VisibilityTimeout: 0 });
      const waiting = deadLetters.receiveOne({ MessageSystemAttributeNames: ['All'] });
      await deadLetters.counts();

      expect(await queue.receive()).toEqual([]);

      const moved = await waiting;
      expect(moved).toMatchObject({ MessageId, Body: 'poison' });
      // In the dead-letter queue, the message keeps its receive count and its group, and names its source queue.
      expect(moved.Attributes).toMatchObject({
        ApproximateReceiveCount: '3',
        DeadLetterQueueSourceArn: queue.arn,
        MessageGroupId: 'tenant',
      });
      expect(await queue.counts()).toEqual([0, 0, 0]);
    });

    it('restarts the count in a dead-letter queue that has its own policy', async () => {
      const last = await createQueue(client);
      const middle = await createQueue(client, policyFor(last.arn, 1));
      const first = await createQueue(client, policyFor(middle.arn, 1));
      await first.send('poison');
      await first.receiveOne({ VisibilityTimeout: 0 });
      await first.receive();

      await middle.receiveOne({ VisibilityTimeout: 0 });
      await middle.receive();

      expect((await last.receiveOne()).Body).toBe('poison');
    });

    it('returns the messages behind an exhausted one in the same call', async () => {
      const deadLetters = await createQueue(client);
      const queue = await createQueue(client, policyFor(deadLetters.arn, 1));
      await queue.send('poison');
      await queue.receiveOne({ VisibilityTimeout: 0 });
      await queue.send('next');

      expect((await queue.receive({ MaxNumberOfMessages: 1 })).map(({ Body }) => Body)).toEqual(['next']);
      expect(await deadLetters.counts()).toEqual([1, 0, 0]);
    });

    it('is refused without its dead-letter queue, and removed by an empty string', async () => {
      const deadLetters = await createQueue(client);
      const queue = await createQueue(client, policyFor(deadLetters.arn, 1));
      const set = (Attributes: Record<string, string>) =>
        client.send(new SetQueueAttributesCommand({ QueueUrl: queue.url, Attributes }));

      await expect(set(policyFor(`${deadLetters.arn}-missing`, 1))).rejects.toThrow(
        'Dead letter target does not exist.',
      );
      await expect(set(policyFor(deadLetters.arn, 1001))).rejects.toThrow('valid values are from 1 to 1000');

      await set({ RedrivePolicy: '' });
      await queue.send('again');
      for (let receive = 0; receive < 3; receive++) await queue.receiveOne({ VisibilityTimeout: 0 });
      expect(await deadLetters.counts()).toEqual([0, 0, 0]);
    });
  });

  it('refuses an unknown operation, and lists the known ones', async () => {
    const command = new AddPermissionCommand({ QueueUrl: 'q', Label: 'l', AWSAccountIds: [], Actions: [] });

    await expect(client.send(command)).rejects.toThrow(
      /does not support the operation AddPermission\. Supported operations: .*SendMessage/,
    );
  });
});
