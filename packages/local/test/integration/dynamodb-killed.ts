// A process that writes until it is killed: see dynamodb.test.ts. The argument is the data folder.
import { startDynamoDb } from '../../src/dynamodb/dynamodb.ts';
import { startAwsEndpoint } from '../../src/aws-endpoint/aws-endpoint.ts';
import { createTable, dynamoDbClient, put } from './dynamodb-client.ts';

const [, , dataDir = ''] = process.argv;
const endpoint = await startAwsEndpoint({ port: 0, services: [await startDynamoDb({ dataDir })] });
const client = dynamoDbClient(endpoint.url);
await createTable(client);
await put(client, 'answered', 'job-1');
process.stdout.write(`${JSON.stringify({ key: 'answered' })}\n`);
for (let number = 0; ; number++) await put(client, `later-${number}`, 'job-2');
