import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  SendMessageCommand,
  SQSClient,
  type SendMessageCommandInput,
} from '@aws-sdk/client-sqs';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startSqs } from '../../src/sqs/sqs.ts';

/** An embedded SQS for one test, with a client that counts its receive calls. */
export interface QueuesUnderTest {
  readonly sqs: SQSClient;
  /** The number of ReceiveMessage calls that the client made. */
  readonly receives: () => number;
  create(visibilityTimeoutSeconds: number): Promise<QueueUnderTest>;
  end(): Promise<void>;
}

export interface QueueUnderTest {
  readonly queueUrl: string;
  readonly queueArn: string;
  send(body: string, rest?: Partial<SendMessageCommandInput>): Promise<void>;
  /** Resolves when the queue has neither visible nor in-flight messages. */
  emptied(): Promise<void>;
}

export async function queuesUnderTest(): Promise<QueuesUnderTest> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'errand-queues-'));
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpointUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const service = startSqs({ dataDir, endpointUrl });
  server.on('request', (request, response) => {
    service.handle(request, response);
  });
  const sqs = new SQSClient({
    region: 'us-east-1',
    endpoint: endpointUrl,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  let receives = 0;
  sqs.middlewareStack.add(
    (next, context) => (args) => {
      if (context.commandName === 'ReceiveMessageCommand') receives += 1;
      return next(args);
    },
    { step: 'initialize' },
  );
  let created = 0;

  return {
    sqs,
    receives: () => receives,
    async create(visibilityTimeoutSeconds) {
      created += 1;
      const QueueName = `queue-${created}`;
      const Attributes = { VisibilityTimeout: String(visibilityTimeoutSeconds) };
      const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes }));
      return {
        queueUrl: QueueUrl,
        queueArn: `arn:aws:sqs:us-east-1:000000000000:${QueueName}`,
        async send(MessageBody, rest = {}) {
          await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, ...rest }));
        },
        async emptied() {
          const AttributeNames = [
            'ApproximateNumberOfMessages',
            'ApproximateNumberOfMessagesNotVisible',
          ] as const;
          for (;;) {
            const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...AttributeNames] });
            const { Attributes: counts } = await sqs.send(command);
            if (AttributeNames.every((name) => counts?.[name] === '0')) return;
          }
        },
      };
    },
    async end() {
      sqs.destroy();
      await service.end();
      server.close();
      server.closeAllConnections();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
