// A process that sends and receives until it is killed: see sqs-restart.test.ts. The argument is the data folder.
import { startAwsEndpoint } from '../../src/aws-endpoint/aws-endpoint.ts';
import { startSqs } from '../../src/sqs/sqs.ts';
import { createQueue, sqsClient } from './sqs-client.ts';

const [, , dataDir = ''] = process.argv;
const endpoint = await startAwsEndpoint({ port: 0 });
endpoint.register(startSqs({ dataDir, endpointUrl: endpoint.url }));
const client = sqsClient(endpoint.url);
const queue = await createQueue(client);

await queue.send('in flight', { MessageGroupId: 'tenant' });
const { ReceiptHandle } = await queue.receiveOne({ VisibilityTimeout: 3 });
const visibleAt = Date.now() + 3000;
await queue.send('delayed', { DelaySeconds: 900 });
await queue.send('visible');
process.stdout.write(`${JSON.stringify({ url: queue.url, ReceiptHandle, visibleAt })}\n`);
for (;;) await queue.send('later', { DelaySeconds: 900 });
