import type { JsonObject, JsonOperation } from '../aws-endpoint/json-protocol.ts';
import { SqsError } from './errors.ts';

interface Members {
  readonly input: readonly string[];
  /** Those of an entry of a batch. */
  readonly entry?: readonly string[];
}

const MESSAGE = [
  'MessageBody',
  'DelaySeconds',
  'MessageAttributes',
  'MessageSystemAttributes',
  'MessageGroupId',
];

/** The members of each operation's input. What AWS has beside them serves FIFO queues and tags. */
const MEMBERS: Readonly<Record<string, Members>> = {
  ChangeMessageVisibility: { input: ['QueueUrl', 'ReceiptHandle', 'VisibilityTimeout'] },
  ChangeMessageVisibilityBatch: {
    input: ['QueueUrl', 'Entries'],
    entry: ['Id', 'ReceiptHandle', 'VisibilityTimeout'],
  },
  CreateQueue: { input: ['QueueName', 'Attributes'] },
  DeleteMessage: { input: ['QueueUrl', 'ReceiptHandle'] },
  DeleteMessageBatch: { input: ['QueueUrl', 'Entries'], entry: ['Id', 'ReceiptHandle'] },
  DeleteQueue: { input: ['QueueUrl'] },
  GetQueueAttributes: { input: ['QueueUrl', 'AttributeNames'] },
  GetQueueUrl: { input: ['QueueName', 'QueueOwnerAWSAccountId'] },
  ListQueues: { input: ['QueueNamePrefix', 'MaxResults', 'NextToken'] },
  PurgeQueue: { input: ['QueueUrl'] },
  ReceiveMessage: {
    input: [
      ...['QueueUrl', 'AttributeNames', 'MessageSystemAttributeNames', 'MessageAttributeNames'],
      ...['MaxNumberOfMessages', 'VisibilityTimeout', 'WaitTimeSeconds'],
    ],
  },
  SendMessage: { input: ['QueueUrl', ...MESSAGE] },
  SendMessageBatch: { input: ['QueueUrl', 'Entries'], entry: ['Id', ...MESSAGE] },
  SetQueueAttributes: { input: ['QueueUrl', 'Attributes'] },
};

/** The same operations, which refuse a member that they do not know instead of ignoring it. */
export function refusingUnknownMembers(
  operations: Readonly<Record<string, JsonOperation>>,
): Record<string, JsonOperation> {
  const checked = Object.entries(operations).map(([name, operation]): [string, JsonOperation] => [
    name,
    (input, call) => {
      const { input: members, entry: entryMembers } = membersOf(name);
      refuseUnknown(name, members, input);
      for (const entry of entryMembers && Array.isArray(input.Entries) ? input.Entries : []) {
        // What is no object is refused by the operation.
        if (typeof entry === 'object' && entry !== null)
          refuseUnknown(`an entry of ${name}`, entryMembers ?? [], entry as JsonObject);
      }
      return operation(input, call);
    },
  ]);
  return Object.fromEntries(checked);
}

function membersOf(name: string): Members {
  const members = MEMBERS[name];
  if (!members) throw new Error(`The members of ${name} are not listed in known-members.ts.`);
  return members;
}

function refuseUnknown(owner: string, known: readonly string[], input: JsonObject): void {
  const unknown = Object.keys(input).find((member) => !known.includes(member));
  if (unknown === undefined) return;
  throw new SqsError(
    'UnsupportedOperation',
    `The embedded SQS does not know ${unknown}, a member of ${owner}: leave it out.`,
  );
}
