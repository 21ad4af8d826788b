import {
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import type { Suite } from '../contract.ts';
import { refusal } from '../world.ts';
import { attributes } from './sqs-attributes.ts';
import { limits } from './sqs-limits.ts';
import { queueIn } from './sqs-queue.ts';
import { queues } from './sqs-queues.ts';

const API = 'https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference';
const GUIDE = 'https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide';

export const sqs: Suite = {
  protocol: 'sqs',
  cases: [
    {
      name: 'a message is sent with its MD5, received with a handle, and deleted by it',
      page: `${API}/API_SendMessage.html`,
      aws: { sent: '5d41402abc4b2a76b9719d911017c592', received: ['hello', true], left: ['0', '0'] },
      async observe(world) {
        const { sqs, QueueUrl, receive, read } = await queueIn(world);
        const sent = await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'hello' }));
        const [message] = await receive();
        await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message?.ReceiptHandle }));
        const left = await read('All');
        return {
          sent: sent.MD5OfMessageBody,
          received: [message?.Body, message?.MessageId === sent.MessageId],
          left: [left.ApproximateNumberOfMessages, left.ApproximateNumberOfMessagesNotVisible],
        };
      },
    },
    {
      name: 'a received message is in flight until its visibility is set to zero, and is then counted as received twice',
      page: `${API}/API_ChangeMessageVisibility.html`,
      aws: { meanwhile: 0, counts: ['1', '2'] },
      async observe(world) {
        const { sqs, QueueUrl, send, receive } = await queueIn(world);
        await send('hello');
        const more = { MessageSystemAttributeNames: ['All' as const] };
        const [first] = await receive(more);
        const meanwhile = await receive();
        const command = { QueueUrl, ReceiptHandle: first?.ReceiptHandle, VisibilityTimeout: 0 };
        await sqs.send(new ChangeMessageVisibilityCommand(command));
        const [second] = await receive(more);
        const counts = [first, second].map((message) => message?.Attributes?.ApproximateReceiveCount);
        return { meanwhile: meanwhile.length, counts };
      },
    },
    {
      name: 'system attributes are returned only on request',
      page: `${API}/API_ReceiveMessage.html`,
      aws: {
        unasked: [],
        asked: ['ApproximateFirstReceiveTimestamp', 'ApproximateReceiveCount', 'SenderId', 'SentTimestamp'],
      },
      async observe(world) {
        const { send, receive } = await queueIn(world, { VisibilityTimeout: '0' });
        await send('hello');
        const [unasked] = await receive();
        const [asked] = await receive({ MessageSystemAttributeNames: ['All'] });
        return {
          unasked: Object.keys(unasked?.Attributes ?? {}),
          asked: Object.keys(asked?.Attributes ?? {}).sort(),
        };
      },
    },
    {
      name: 'a standard queue accepts a MessageGroupId, and returns it',
      page: `${GUIDE}/sqs-fair-queues.html`,
      aws: { MessageGroupId: 'tenant-a' },
      async observe(world) {
        const { sqs, QueueUrl, receive } = await queueIn(world);
        const message = { QueueUrl, MessageBody: 'hello', MessageGroupId: 'tenant-a' };
        await sqs.send(new SendMessageCommand(message));
        const [received] = await receive({ MessageSystemAttributeNames: ['MessageGroupId'] });
        return received?.Attributes;
      },
    },
    {
      name: 'message attributes are returned on request, with their type',
      page: `${API}/API_ReceiveMessage.html`,
      aws: { job: { StringValue: '7', DataType: 'Number' } },
      async observe(world) {
        const { sqs, QueueUrl, receive } = await queueIn(world);
        const MessageAttributes = { job: { DataType: 'Number', StringValue: '7' } };
        await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'hello', MessageAttributes }));
        const [received] = await receive({ MessageAttributeNames: ['All'] });
        return received?.MessageAttributes;
      },
    },
    {
      name: 'a batch has a response for each entry, and an invalid entry fails alone, as the sender’s fault',
      page: `${API}/API_SendMessageBatch.html`,
      aws: { Successful: ['a'], Failed: [['b', 'InvalidParameterValue', true]] },
      async observe(world) {
        const { sqs, QueueUrl } = await queueIn(world);
        const { Successful = [], Failed = [] } = await sqs.send(
          new SendMessageBatchCommand({
            QueueUrl,
            Entries: [
              { Id: 'a', MessageBody: 'hello' },
              { Id: 'b', MessageBody: 'hello', DelaySeconds: 901 },
            ],
          }),
        );
        return {
          Successful: Successful.map(({ Id }) => Id),
          Failed: Failed.map(({ Id, Code, SenderFault }) => [Id, Code, SenderFault]),
        };
      },
    },
    {
      name: 'a batch of eleven messages, an empty batch, and a batch with a repeated ID are refused as a whole',
      page: `${API}/API_SendMessageBatch.html`,
      aws: [
        { error: 'TooManyEntriesInBatchRequest', status: 400 },
        { error: 'EmptyBatchRequest', status: 400 },
        { error: 'BatchEntryIdsNotDistinct', status: 400 },
      ],
      async observe(world) {
        const { sqs, QueueUrl } = await queueIn(world);
        const send = (ids: readonly string[]) => {
          const Entries = ids.map((Id) => ({ Id, MessageBody: 'hello' }));
          return refusal(sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries })));
        };
        return [await send(Array.from('abcdefghijk')), await send([]), await send(['a', 'a'])];
      },
    },
    {
      name: 'a batch of deletions fails only for the invalid handle',
      page: `${API}/API_DeleteMessageBatch.html`,
      aws: { Successful: ['a'], Failed: [['b', 'ReceiptHandleIsInvalid', true]] },
      async observe(world) {
        const { sqs, QueueUrl, send, receive } = await queueIn(world);
        await send('hello');
        const [message] = await receive();
        const { Successful = [], Failed = [] } = await sqs.send(
          new DeleteMessageBatchCommand({
            QueueUrl,
            Entries: [
              { Id: 'a', ReceiptHandle: message?.ReceiptHandle },
              { Id: 'b', ReceiptHandle: 'none' },
            ],
          }),
        );
        return {
          Successful: Successful.map(({ Id }) => Id),
          Failed: Failed.map(({ Id, Code, SenderFault }) => [Id, Code, SenderFault]),
        };
      },
    },
    {
      name: 'a message that was received more often than its queue allows moves to the dead-letter queue',
      page: `${GUIDE}/sqs-dead-letter-queues.html`,
      aws: { receives: [1, 1, 0], dead: ['hello'] },
      async observe(world) {
        const dead = await queueIn(world);
        const { QueueArn } = await dead.read('QueueArn');
        const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: QueueArn, maxReceiveCount: 2 });
        const { send, receive } = await queueIn(world, { VisibilityTimeout: '0', RedrivePolicy });
        await send('hello');
        const receives = [];
        for (let count = 0; count < 3; count += 1) receives.push((await receive()).length);
        return { receives, dead: (await dead.receive()).map(({ Body }) => Body) };
      },
    },
    {
      name: 'a delayed message counts as delayed, and is not received early',
      page: `${API}/API_GetQueueAttributes.html`,
      aws: { delayed: ['0', '1'], early: 0, late: ['hello'] },
      async observe(world) {
        const { sqs, QueueUrl, read, receive } = await queueIn(world);
        await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'hello', DelaySeconds: 2 }));
        const counts = await read('All');
        const early = await receive();
        const late = await receive({ WaitTimeSeconds: 10 });
        return {
          delayed: [counts.ApproximateNumberOfMessages, counts.ApproximateNumberOfMessagesDelayed],
          early: early.length,
          late: late.map(({ Body }) => Body),
        };
      },
    },
    ...limits,
    ...queues,
    ...attributes,
  ],
};
