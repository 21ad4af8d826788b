import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  type Message,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startAwsEndpoint } from '../../src/aws-endpoint/aws-endpoint.ts';
import { startSqs } from '../../src/sqs/sqs.ts';
import { killAfterFirstLine } from './killed-process.ts';
import { sqsClient } from './sqs-client.ts';

interface Killed {
  readonly url: string;
  readonly ReceiptHandle: string;
  readonly visibleAt: number;
}

describe('SQS after a kill -9', () => {
  let dataDir: string;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'sqs-restart-test-'));
  });
  afterAll(() => rm(dataDir, { recursive: true }));

  it('still has every message, and the in-flight message reappears when its visibility timeout ends', async () => {
    const killed = await killAfterFirstLine<Killed>('sqs-killed.ts', dataDir);
    await using stack = new AsyncDisposableStack();
    const endpoint = stack.adopt(await startAwsEndpoint({ port: 0 }), (each) => each.end());
    const sqs = stack.adopt(startSqs({ dataDir, endpointUrl: endpoint.url }), (each) => each.end());
    endpoint.register(sqs);
    const client = stack.adopt(sqsClient(endpoint.url), (each) => {
      each.destroy();
    });

    // The queue's URL now has a new port, but a client that has stored the old URL still finds the queue.
    const QueueName = killed.url.slice(killed.url.lastIndexOf('/') + 1);
    const { QueueUrl } = await client.send(new GetQueueUrlCommand({ QueueName }));
    expect(QueueUrl).toBe(`${endpoint.url}/000000000000/${QueueName}`);
    const receive = async (): Promise<Message | undefined> => {
      const request = { QueueUrl, WaitTimeSeconds: 5, MessageSystemAttributeNames: ['All' as const] };
      return (await client.send(new ReceiveMessageCommand(request))).Messages?.[0];
    };

    expect((await receive())?.Body).toBe('visible');
    // On a busy machine, the visibility timeout may end before the service has started.
    const dueAt = Math.max(killed.visibleAt, Date.now());
    const again = await receive();
    expect(again?.Body).toBe('in flight');
    expect(again?.Attributes).toMatchObject({ ApproximateReceiveCount: '2', MessageGroupId: 'tenant' });
    expect(Date.now() - killed.visibleAt).toBeGreaterThan(-300);
    expect(Date.now() - dueAt).toBeLessThan(1000);

    // The killed process's receipt handle still works, because the message was not deleted.
    const stale = { QueueUrl, ReceiptHandle: killed.ReceiptHandle };
    await client.send(new ChangeMessageVisibilityCommand({ ...stale, VisibilityTimeout: 0 }));
    const third = await receive();
    expect(third?.Body).toBe('in flight');
    await client.send(new DeleteMessageCommand(stale));
    await expect(
      client.send(
        new ChangeMessageVisibilityCommand({
          QueueUrl,
          ReceiptHandle: third?.ReceiptHandle,
          VisibilityTimeout: 0,
        }),
      ),
    ).rejects.toThrow('Message does not exist or is not available for visibility timeout change.');
  });

  it('reports in one line which data folder is in use or unreadable', async () => {
    const usedDir = await mkdtemp(join(dataDir, 'used-'));
    const unreadableDir = await mkdtemp(join(dataDir, 'unreadable-'));
    await mkdir(join(unreadableDir, 'sqs'));
    await writeFile(join(unreadableDir, 'sqs', 'sqs.sqlite'), 'no database'.repeat(100));
    const open = (folder: string) => startSqs({ dataDir: folder, endpointUrl: 'http://127.0.0.1:1' });

    const sqs = open(usedDir);
    expect(() => open(usedDir)).toThrow(
      `The SQS data in ${usedDir}/sqs cannot be opened: another process uses it; stop that one first.`,
    );
    expect(() => open(unreadableDir)).toThrow(
      /^The SQS data in .* cannot be opened: file is not a database; delete the folder to start afresh\.$/,
    );
    await sqs.end();
  });
});
