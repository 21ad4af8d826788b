import { randomUUID } from 'node:crypto';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
  type Message,
  type ReceiveMessageCommandInput,
  type SendMessageCommandInput,
} from '@aws-sdk/client-sqs';

/** Creates an SDK client like a Lambda function's, but without retries, because tests check the first response. */
export function sqsClient(endpoint: string): SQSClient {
  const credentials = { accessKeyId: 'worker', secretAccessKey: 'any' };
  return new SQSClient({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 });
}

/** A queue for one test, with functions that call SQS for this queue. */
export interface TestQueue {
  readonly url: string;
  readonly arn: string;
  send(body: string, more?: Partial<SendMessageCommandInput>): Promise<void>;
  receive(more?: Partial<ReceiveMessageCommandInput>): Promise<Message[]>;
  /** Waits up to 5 s for a message, and receives it. Fails if no message arrives. */
  receiveOne(more?: Partial<ReceiveMessageCommandInput>): Promise<Message & { ReceiptHandle: string }>;
  /** Returns the numbers of visible, in-flight and delayed messages. */
  counts(): Promise<[visible: number, inFlight: number, delayed: number]>;
}

export async function createQueue(
  client: SQSClient,
  attributes: Record<string, string> = {},
): Promise<TestQueue> {
  const QueueName = `queue-${randomUUID()}`;
  const { QueueUrl = '' } = await client.send(new CreateQueueCommand({ QueueName, Attributes: attributes }));
  const read = async (): Promise<Record<string, string>> => {
    const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] });
    return (await client.send(command)).Attributes ?? {};
  };
  const receive: TestQueue['receive'] = async (more = {}) =>
    (await client.send(new ReceiveMessageCommand({ QueueUrl, ...more }))).Messages ?? [];
  return {
    url: QueueUrl,
    arn: (await read()).QueueArn ?? '',
    receive,
    async send(body, more = {}) {
      await client.send(new SendMessageCommand({ QueueUrl, MessageBody: body, ...more }));
    },
    async receiveOne(more = {}) {
      const [message] = await receive({ WaitTimeSeconds: 5, ...more });
      if (!message?.ReceiptHandle) throw new Error('No message came within 5 s.');
      return { ...message, ReceiptHandle: message.ReceiptHandle };
    },
    async counts() {
      const attributes = await read();
      const count = (name: string): number => Number(attributes[`ApproximateNumberOfMessages${name}`]);
      return [count(''), count('NotVisible'), count('Delayed')];
    },
  };
}
