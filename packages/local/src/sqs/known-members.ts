import type { JsonOperation } from '../aws-endpoint/json-protocol.ts';
import { refusingUnknownMembers, type KnownOperation } from '../aws-endpoint/known-members.ts';
import { SqsError } from './errors.ts';

type Members = Omit<KnownOperation, 'run'>;

const MESSAGE = [
  'MessageBody',
  'DelaySeconds',
  'MessageAttributes',
  'MessageSystemAttributes',
  'MessageGroupId',
];

/** The supported input members of each operation. AWS's other members are for FIFO queues and tags. */
const MEMBERS: Readonly<Record<string, Members>> = {
  ChangeMessageVisibility: { members: ['QueueUrl', 'ReceiptHandle', 'VisibilityTimeout'] },
  ChangeMessageVisibilityBatch: {
    members: ['QueueUrl', 'Entries'],
    entryMembers: ['Id', 'ReceiptHandle', 'VisibilityTimeout'],
  },
  CreateQueue: { members: ['QueueName', 'Attributes'] },
  DeleteMessage: { members: ['QueueUrl', 'ReceiptHandle'] },
  DeleteMessageBatch: { members: ['QueueUrl', 'Entries'], entryMembers: ['Id', 'ReceiptHandle'] },
  DeleteQueue: { members: ['QueueUrl'] },
  GetQueueAttributes: { members: ['QueueUrl', 'AttributeNames'] },
  GetQueueUrl: { members: ['QueueName', 'QueueOwnerAWSAccountId'] },
  ListQueues: { members: ['QueueNamePrefix', 'MaxResults', 'NextToken'] },
  PurgeQueue: { members: ['QueueUrl'] },
  ReceiveMessage: {
    members: [
      ...['QueueUrl', 'AttributeNames', 'MessageSystemAttributeNames', 'MessageAttributeNames'],
      ...['MaxNumberOfMessages', 'VisibilityTimeout', 'WaitTimeSeconds'],
    ],
  },
  SendMessage: { members: ['QueueUrl', ...MESSAGE] },
  SendMessageBatch: { members: ['QueueUrl', 'Entries'], entryMembers: ['Id', ...MESSAGE] },
  SetQueueAttributes: { members: ['QueueUrl', 'Attributes'] },
};

/** Wraps the operations so that they refuse unknown members instead of ignoring them. */
export function refusingUnknownSqsMembers(
  operations: Readonly<Record<string, JsonOperation>>,
): Record<string, JsonOperation> {
  const known = Object.entries(operations).map(([name, run]): [string, KnownOperation] => [
    name,
    { ...membersOf(name), run },
  ]);
  return refusingUnknownMembers(
    'SQS',
    Object.fromEntries(known),
    (message) => new SqsError('UnsupportedOperation', message),
  );
}

function membersOf(name: string): Members {
  const members = MEMBERS[name];
  if (!members) throw new Error(`The members of ${name} are not listed in known-members.ts.`);
  return members;
}
