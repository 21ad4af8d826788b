import { DynamoDBClient, PutItemCommand, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { ExecuteStatementCommand } from '@aws-sdk/client-rds-data';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { clientConfiguration, commonConfiguration } from '../../../lambdas/adapters/aws/configuration.ts';
import { createDataApi } from '../../../lambdas/adapters/aurora/data-api.ts';
import { makeLean } from '../../../lambdas/adapters/aws/lean-stack.ts';
import { createRdsDataClient, createSqsClient } from '../../../lambdas/adapters/clients.ts';
import { createDynamoDbClient } from '../../../lambdas/adapters/dynamodb/client.ts';
import { createRecordingLog } from '../../helpers/recording-log.ts';

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

/** The service's next responses. Once all have been sent, the service responds with an empty object. */
let answers: Answer[] = [];
let received: { request: IncomingMessage; body: string }[] = [];
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    received.push({ request, body: Buffer.concat(chunks).toString() });
    (answers.shift() ?? json(200, {}))(response, request);
  });
});
let url: string;

function json(status: number, body: object, headers: Record<string, string> = {}): Answer {
  return (response) => response.writeHead(status, headers).end(JSON.stringify(body));
}

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  process.env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_')));
  Object.assign(process.env, {
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'key',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_ENDPOINT_URL: url,
  });
});
beforeEach(() => {
  answers = [];
  received = [];
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const put = new PutItemCommand({ TableName: 'table', Item: { pk: { S: 'a' } } });
const execute = new ExecuteStatementCommand({ resourceArn: 'cluster', secretArn: 'secret', sql: 'SELECT 1' });

describe('a lean client', () => {
  it('sends the same requests as the SDK, at the first and later calls', async () => {
    const theirs = new DynamoDBClient({
      ...commonConfiguration(),
      accountIdEndpointMode: 'preferred',
      endpointDiscoveryEnabled: false,
    });
    await theirs.send(put);
    theirs.destroy();
    const ours = createDynamoDbClient();
    await ours.send(put);
    await ours.send(put);
    const [expected, ...sent] = received.map(({ request, body }) => {
      // These headers differ between calls. The signer's test covers the signature.
      const { authorization, 'amz-sdk-invocation-id': id, 'x-amz-date': date, ...headers } = request.headers;
      expect([authorization, id, date]).not.toContain(undefined);
      return { method: request.method, url: request.url, headers, body };
    });
    expect(sent).toEqual([expected, expected]);
    expect(expected?.headers['user-agent']).toContain('api/dynamodb#');
  });

  it('computes the endpoint of each command once', async () => {
    const client = createRdsDataClient();
    const endpointProvider = jest.spyOn(client.config, 'endpointProvider');
    await Promise.all([client.send(execute), client.send(execute)]);
    const atFirst = endpointProvider.mock.calls.length;
    for (let call = 0; call < 3; call += 1) await client.send(execute);
    expect(endpointProvider).toHaveBeenCalledTimes(atFirst);
    expect(received.map(({ request }) => request.url)).toEqual(Array.from({ length: 5 }, () => '/Execute'));
  });

  it('computes the endpoint of a statement once, even if the statement has a limit', async () => {
    const client = createRdsDataClient();
    const endpointProvider = jest.spyOn(client.config, 'endpointProvider');
    const database = { clusterArn: 'cluster', secretArn: 'secret', database: 'errand' };
    const dataApi = createDataApi({
      client,
      ...database,
      log: createRecordingLog(),
      patienceMs: () => 0,
      limitMs: () => 10_000,
    });
    const statement = { name: 'test', sql: 'SELECT 1' };
    await dataApi.query(statement);
    const atFirst = endpointProvider.mock.calls.length;
    for (let call = 0; call < 3; call += 1) await dataApi.query(statement);
    expect(endpointProvider).toHaveBeenCalledTimes(atFirst);
  });

  it('keeps the endpoint of a queue, and warns about it once', async () => {
    const warn = jest.spyOn(console, 'warn').mockReturnValue();
    process.env.AWS_ENDPOINT_URL = 'http://127.0.0.1:1';
    const client = createSqsClient();
    const MD5OfMessageBody = createHash('md5').update('b').digest('hex');
    for (let call = 0; call < 3; call += 1) {
      answers = [json(200, { MessageId: '1', MD5OfMessageBody })];
      await client.send(new SendMessageCommand({ QueueUrl: `${url}/1/queue`, MessageBody: 'b' }));
    }
    expect(received).toHaveLength(3);
    expect(warn).toHaveBeenCalledTimes(1);
    process.env.AWS_ENDPOINT_URL = url;
    jest.restoreAllMocks();
  });

  it('retries after a throttle, a server error and a stale connection', async () => {
    const client = createDynamoDbClient();
    await client.send(put);
    const throttled = json(400, { __type: 'com.amazonaws.dynamodb.v20120810#ThrottlingException' });
    answers = [throttled, (_response, request) => request.socket.destroy()];
    const { $metadata: metadata } = await client.send(put);
    expect(metadata.attempts).toBe(3);
    answers = [json(503, {})];
    expect((await client.send(put)).$metadata.attempts).toBe(2);
  });

  it('does not retry a refused call, and names its error', async () => {
    const client = createRdsDataClient();
    answers = [json(400, { message: 'Paused.' }, { 'x-amzn-errortype': 'DatabaseResumingException' })];
    await expect(client.send(execute)).rejects.toMatchObject({
      name: 'DatabaseResumingException',
      message: 'Paused.',
      $metadata: { httpStatusCode: 400, attempts: 1 },
    });
  });

  it('corrects its clock from the times in responses', async () => {
    const client = createDynamoDbClient();
    const ahead = Date.now() + 3_600_000;
    const type = 'com.amazon.coral.service#InvalidSignatureException';
    const message = 'Signature expired: it is not within 15 minutes.';
    answers = [json(400, { __type: type, message }, { date: new Date(ahead).toUTCString() })];
    await client.send(put);
    const times = received.map(({ request }) =>
      Date.parse(
        String(request.headers['x-amz-date']).replace(
          /(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/,
          '$1-$2-$3T$4:$5:$6Z',
        ),
      ),
    );
    expect(times).toHaveLength(2);
    expect(Math.abs((times[1] ?? 0) - ahead)).toBeLessThan(60_000);
  });

  it('separates concurrent calls of one client', async () => {
    const client = createDynamoDbClient();
    const get = (pk: string) =>
      client.send(new GetItemCommand({ TableName: 'table', Key: { pk: { S: pk } } }));
    answers = Array.from({ length: 8 }, () => (response: ServerResponse) => {
      const { body } = received.at(-1) ?? { body: '{}' };
      response.end(JSON.stringify({ Item: (JSON.parse(body) as { Key: object }).Key }));
    });
    const keys = Array.from({ length: 8 }, (_, index) => `key-${index}`);
    const items = await Promise.all(keys.map(get));
    expect(items.map(({ Item: item }) => item?.pk?.S)).toEqual(keys);
  });

  it('finds all its middlewares in the installed SDK', () => {
    const command = new GetItemCommand({ TableName: 'table', Key: {} });
    const client = new DynamoDBClient(clientConfiguration('dynamodb'));
    command.resolveMiddleware(client.middlewareStack, client.config, {});
    const names: (string | undefined)[] = [];
    const add = (_middleware: unknown, { name }: { name?: string }) => names.push(name);
    for (const { middlewareStack } of [client, command])
      middlewareStack.applyToStack({ add, addRelativeTo: add } as never);
    expect(names).toEqual(
      expect.arrayContaining([
        'loggerMiddleware',
        'hostHeaderMiddleware',
        'contentLengthMiddleware',
        'httpAuthSchemeMiddleware',
        'getUserAgentMiddleware',
        'endpointV2Middleware',
      ]),
    );
  });

  it('works with an SDK that lacks one of the middlewares', async () => {
    const client = new DynamoDBClient(clientConfiguration('dynamodb'));
    client.middlewareStack.remove('getUserAgentMiddleware');
    makeLean(client);
    for (const pk of ['first', 'second'])
      await client.send(new GetItemCommand({ TableName: 'table', Key: { pk: { S: pk } } }));
    expect(received.map(({ body }) => (JSON.parse(body) as { Key: object }).Key)).toEqual([
      { pk: { S: 'first' } },
      { pk: { S: 'second' } },
    ]);
  });
});
