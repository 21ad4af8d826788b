import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { Case } from '../contract.ts';
import { clientOf, refusal, uniqueName } from '../world.ts';
import { membersOf, queueIn } from './sqs-queue.ts';

const API = 'https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference';

/** LocalStack's tests. The tests' assertions were verified against AWS, and their snapshots were recorded on AWS. */
export const RECORDED =
  'https://github.com/localstack/localstack/blob/8b9a79f05846835cf4dff63ab7eefdde9df83783/tests/aws/services/sqs/test_sqs.py';

/** Cases for older receipt handles, the waiting periods after a purge and a deletion, and empty lists. */
export const queues: readonly Case[] = [
  {
    name: 'an older handle changes the visibility of a message that was received again',
    // See LocalStack's test_terminate_visibility_timeout_after_receive.
    page: `${RECORDED}#L1395`,
    aws: { hidden: 0, again: ['hello'] },
    async observe(world) {
      const { sqs, QueueUrl, send, receive } = await queueIn(world);
      await send('hello');
      const [first] = await receive({ VisibilityTimeout: 0 });
      await receive({ VisibilityTimeout: 20 });
      const hidden = await receive();
      const older = { QueueUrl, ReceiptHandle: first?.ReceiptHandle };
      await sqs.send(new ChangeMessageVisibilityCommand({ ...older, VisibilityTimeout: 0 }));
      return { hidden: hidden.length, again: (await receive()).map(({ Body }) => Body) };
    },
  },
  {
    name: 'a message is deleted by its handle after its visibility timeout has ended',
    // See LocalStack's test_delete_after_visibility_timeout.
    page: `${RECORDED}#L1235`,
    aws: [],
    async observe(world) {
      const { sqs, QueueUrl, send, receive } = await queueIn(world);
      await send('hello');
      const [message] = await receive({ VisibilityTimeout: 0 });
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message?.ReceiptHandle }));
      return receive();
    },
  },
  {
    name: 'DeleteMessage with the handle of a deleted message succeeds, and ChangeMessageVisibility fails',
    // See LocalStack's test_delete_message_with_deleted_receipt_handle and
    // test_change_visibility_on_deleted_message_raises_invalid_parameter_value.
    page: `${RECORDED}#L4860`,
    aws: { change: { error: 'InvalidParameterValue', status: 400 } },
    async observe(world) {
      const { sqs, QueueUrl, send, receive } = await queueIn(world);
      await send('hello');
      const [message] = await receive();
      const deleted = { QueueUrl, ReceiptHandle: message?.ReceiptHandle };
      for (let count = 0; count < 2; count += 1) await sqs.send(new DeleteMessageCommand(deleted));
      const change = new ChangeMessageVisibilityCommand({ ...deleted, VisibilityTimeout: 42 });
      return { change: await refusal(sqs.send(change)) };
    },
  },
  {
    name: 'a second purge within 60 seconds is refused',
    // See LocalStack's test_successive_purge_calls_fail.
    page: `${RECORDED}#L4161`,
    aws: { error: 'PurgeQueueInProgress', status: 403 },
    async observe(world) {
      const { sqs, QueueUrl } = await queueIn(world);
      await sqs.send(new PurgeQueueCommand({ QueueUrl }));
      return refusal(sqs.send(new PurgeQueueCommand({ QueueUrl })));
    },
  },
  {
    name: 'a queue is not created within 60 seconds after a queue with that name was deleted',
    // See LocalStack's test_create_queue_recently_deleted.
    page: `${RECORDED}#L217`,
    aws: { error: 'QueueDeletedRecently', status: 400 },
    async observe(world) {
      const sqs = clientOf(world, SQSClient);
      const QueueName = uniqueName('queue');
      const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName }));
      await sqs.send(new DeleteQueueCommand({ QueueUrl }));
      return refusal(sqs.send(new CreateQueueCommand({ QueueName })));
    },
  },
  {
    name: 'a response has no member for an empty list',
    // See LocalStack's test_list_queues, test_receive_empty_queue and
    // test_send_message_batch_with_oversized_contents_with_updated_maximum_message_size.
    page: `${RECORDED}#L107`,
    aws: { queues: [], messages: [], sent: ['Successful'] },
    async observe(world) {
      const { sqs, QueueUrl } = await queueIn(world);
      const Entries = [{ Id: 'a', MessageBody: 'hello', DelaySeconds: 900 }];
      return {
        queues: membersOf(await sqs.send(new ListQueuesCommand({ QueueNamePrefix: uniqueName('none') }))),
        messages: membersOf(await sqs.send(new ReceiveMessageCommand({ QueueUrl }))),
        sent: membersOf(await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }))),
      };
    },
  },
  {
    name: 'queues are listed page by page for a caller that sets MaxResults',
    // See LocalStack's test_list_queues_pagination.
    page: `${RECORDED}#L149`,
    aws: { all: [3, false], first: [2, true], rest: [1, false] },
    async observe(world) {
      const sqs = clientOf(world, SQSClient);
      const QueueNamePrefix = uniqueName('q');
      for (const end of ['0', '1', '2']) {
        await sqs.send(new CreateQueueCommand({ QueueName: `${QueueNamePrefix}-${end}` }));
      }
      const list = async (more: { MaxResults?: number; NextToken?: string | undefined }) =>
        sqs.send(new ListQueuesCommand({ QueueNamePrefix, ...more }));
      const all = await list({});
      const first = await list({ MaxResults: 2 });
      const rest = await list({ MaxResults: 10, NextToken: first.NextToken });
      const [shownAll, shownFirst, shownRest] = [all, first, rest].map(({ QueueUrls, NextToken }) => [
        QueueUrls?.length,
        NextToken !== undefined,
      ]);
      return { all: shownAll, first: shownFirst, rest: shownRest };
    },
  },
  {
    name: 'a queue attribute that does not exist is refused',
    // See LocalStack's test_get_queue_attributes_with_invalid_arg_returns_error.
    page: `${RECORDED}#L5175`,
    aws: { error: 'InvalidAttributeName', status: 400 },
    async observe(world) {
      const { read } = await queueIn(world);
      return refusal(read('Foobar'));
    },
  },
  {
    name: 'another account’s queue URL is not found',
    page: `${API}/API_GetQueueUrl.html`,
    aws: { error: 'QueueDoesNotExist', status: 400 },
    async observe(world) {
      const { sqs, QueueUrl = '' } = await queueIn(world);
      const QueueName = QueueUrl.slice(QueueUrl.lastIndexOf('/') + 1);
      return refusal(sqs.send(new GetQueueUrlCommand({ QueueName, QueueOwnerAWSAccountId: '999999999999' })));
    },
  },
];
