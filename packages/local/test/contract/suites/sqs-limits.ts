import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueUrlCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { Case } from '../contract.ts';
import { clientOf, refusal, uniqueName } from '../world.ts';
import { queueIn } from './sqs-queue.ts';

const API = 'https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference';

/** Cases for a queue's defaults, and for requests that SQS refuses. */
export const limits: readonly Case[] = [
  {
    name: 'a queue has AWS’s defaults',
    page: `${API}/API_CreateQueue.html`,
    aws: {
      DelaySeconds: '0',
      MaximumMessageSize: '1048576',
      MessageRetentionPeriod: '345600',
      ReceiveMessageWaitTimeSeconds: '0',
      VisibilityTimeout: '30',
    },
    async observe(world) {
      const { read } = await queueIn(world);
      const { DelaySeconds, MaximumMessageSize, MessageRetentionPeriod, ...rest } = await read('All');
      const { ReceiveMessageWaitTimeSeconds, VisibilityTimeout } = rest;
      return {
        DelaySeconds,
        MaximumMessageSize,
        MessageRetentionPeriod,
        ReceiveMessageWaitTimeSeconds,
        VisibilityTimeout,
      };
    },
  },
  {
    name: 'a queue that is created again has the same URL, and is refused with other attributes',
    page: `${API}/API_CreateQueue.html`,
    aws: { same: true, other: { error: 'QueueNameExists', status: 400 } },
    async observe(world) {
      const sqs = clientOf(world, SQSClient);
      const QueueName = uniqueName('queue');
      const create = (VisibilityTimeout: string) =>
        sqs.send(new CreateQueueCommand({ QueueName, Attributes: { VisibilityTimeout } }));
      const first = await create('10');
      const second = await create('10');
      return { same: first.QueueUrl === second.QueueUrl, other: await refusal(create('11')) };
    },
  },
  {
    name: 'out-of-range values are refused',
    page: `${API}/API_ReceiveMessage.html`,
    aws: {
      elevenMessages: { error: 'InvalidParameterValue', status: 400 },
      waitOf21: { error: 'InvalidParameterValue', status: 400 },
      delayOf901: { error: 'InvalidParameterValue', status: 400 },
      visibilityOf43201: { error: 'InvalidParameterValue', status: 400 },
    },
    async observe(world) {
      const { sqs, QueueUrl, send, receive } = await queueIn(world);
      await send('hello');
      const [message] = await receive();
      const delayed = new SendMessageCommand({ QueueUrl, MessageBody: 'hello', DelaySeconds: 901 });
      const extended = new ChangeMessageVisibilityCommand({
        QueueUrl,
        ReceiptHandle: message?.ReceiptHandle,
        VisibilityTimeout: 43_201,
      });
      return {
        elevenMessages: await refusal(receive({ MaxNumberOfMessages: 11 })),
        waitOf21: await refusal(receive({ WaitTimeSeconds: 21 })),
        delayOf901: await refusal(sqs.send(delayed)),
        visibilityOf43201: await refusal(sqs.send(extended)),
      };
    },
  },
  {
    name: 'a message of 1 MiB is accepted, and one with a byte more is refused',
    page: `${API}/API_SendMessage.html`,
    aws: { fits: 1_048_576, larger: { error: 'InvalidParameterValue', status: 400 } },
    async observe(world) {
      const { send, receive } = await queueIn(world);
      await send('x'.repeat(1_048_576));
      const [message] = await receive();
      return { fits: message?.Body?.length, larger: await refusal(send('x'.repeat(1_048_577))) };
    },
  },
  {
    name: 'an empty message is refused',
    page: `${API}/API_SendMessage.html`,
    aws: { error: 'MissingParameter', status: 400 },
    async observe(world) {
      const { send } = await queueIn(world);
      return refusal(send(''));
    },
  },
  {
    name: 'a missing queue is reported',
    page: `${API}/API_GetQueueUrl.html`,
    aws: { error: 'QueueDoesNotExist', status: 400 },
    observe: (world) =>
      refusal(clientOf(world, SQSClient).send(new GetQueueUrlCommand({ QueueName: uniqueName('queue') }))),
  },
  {
    name: 'an invalid handle is refused',
    page: `${API}/API_DeleteMessage.html`,
    aws: { error: 'ReceiptHandleIsInvalid', status: 400 },
    async observe(world) {
      const { sqs, QueueUrl } = await queueIn(world);
      return refusal(sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: 'none' })));
    },
  },
];
