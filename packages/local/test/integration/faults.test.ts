import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { ExecuteStatementCommand, RDSDataClient } from '@aws-sdk/client-rds-data';
import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startAwsEndpoint, type AwsEndpoint } from '../../src/aws-endpoint/aws-endpoint.ts';
import { createFaultsView, faultsAreOff } from '../../src/faults/admin-view.ts';
import { breakCalls } from '../../src/faults/break-call.ts';
import { createFaults } from '../../src/faults/faults.ts';
import type { AwsService } from '../../src/service.ts';
import { startSqs } from '../../src/sqs/sqs.ts';
import { lambdaUnderTest, type LambdaUnderTest } from './lambda-under-test.ts';
import { createQueue, sqsClient, type TestQueue } from './sqs-client.ts';

let endpoint: AwsEndpoint;
let functions: LambdaUnderTest;
let sqs: AwsService;
let dataDir: string;
let client: SQSClient;
let queue: TestQueue;
let url: string;
let caller: string;

/** The source of a function that sends a message without the SDK, and returns the number of its invocations. */
const SENDER = `
  let invocations = 0;
  export async function handler({ endpoint, queue, body }) {
    invocations += 1;
    const scope = process.env.AWS_ACCESS_KEY_ID + '/20261122/us-east-1/sqs/aws4_request';
    await fetch(endpoint, {
      method: 'POST',
      headers: {
        authorization: 'AWS4-HMAC-SHA256 Credential=' + scope + ', SignedHeaders=host, Signature=0',
        'x-amz-security-token': process.env.AWS_SESSION_TOKEN,
        'x-amz-target': 'AmazonSQS.SendMessage',
        'content-type': 'application/x-amz-json-1.0',
      },
      body: JSON.stringify({ QueueUrl: queue, MessageBody: body }),
    });
    return invocations;
  }`;

beforeAll(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'errand-faults-'));
  endpoint = await startAwsEndpoint({ port: 0 });
  const faults = createFaults();
  functions = await lambdaUnderTest({ isThrottled: (name) => faults.isThrottled(name) });
  sqs = startSqs({
    dataDir,
    endpointUrl: endpoint.url,
    fateOf: (queueName, body) => faults.ofMessage(queueName, body),
  });
  endpoint.register(sqs);
  endpoint.registerView('faults', createFaultsView(faults));
  endpoint.intercept(breakCalls(faults, (token) => functions.lambda.sandboxOf(token)));
  url = `${endpoint.url}/_errand/faults`;
  client = sqsClient(endpoint.url);
  caller = await functions.define(SENDER);
});

afterAll(async () => {
  client.destroy();
  await endpoint.end();
  await functions.end();
  await sqs.end();
  await rm(dataDir, { recursive: true, force: true });
});

beforeEach(async () => {
  queue = await createQueue(client);
});

afterEach(async () => {
  await fetch(url, { method: 'DELETE' });
});

async function post(rules: unknown): Promise<{ status: number; body: { ids?: string[]; message?: string } }> {
  const body = typeof rules === 'string' ? rules : JSON.stringify(rules);
  const response = await fetch(url, { method: 'POST', body });
  return { status: response.status, body: (await response.json()) as { ids?: string[] } };
}

async function arm(rules: unknown): Promise<string[]> {
  const { status, body } = await post(rules);
  if (status !== 201) throw new Error(body.message);
  return body.ids ?? [];
}

async function listed(): Promise<object[]> {
  return ((await (await fetch(url)).json()) as { faults: object[] }).faults;
}

const arrived = async (): Promise<number> => (await queue.counts())[0];
const sendBy = (name: string, body = 'hello') =>
  functions.call(name, { endpoint: endpoint.url, queue: queue.url, body });

describe('the fault points', () => {
  it('are off by default, and the response explains how to turn them on', async () => {
    const plain = await startAwsEndpoint({ port: 0 });
    plain.registerView('faults', faultsAreOff);
    const response = await fetch(`${plain.url}/_errand/faults`, { method: 'POST', body: '{}' });
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({ message: expect.stringContaining('ERRAND_FAULTS=1') });
    await plain.end();
  });

  it('accept rules, show the progress of each rule, and delete rules', async () => {
    const ids = await arm([
      { effect: 'fail', action: 'SendMessage', code: 'AccessDenied', at: { nth: 2 } },
      { effect: 'lose', queue: 'other' },
    ]);
    await queue.send('one');
    await expect(queue.send('two')).rejects.toThrow('AccessDenied');
    expect(await listed()).toEqual([
      {
        id: ids[0],
        effect: 'fail',
        action: 'SendMessage',
        code: 'AccessDenied',
        at: { nth: 2 },
        matched: 2,
        struck: 1,
      },
      { id: ids[1], effect: 'lose', queue: 'other', matched: 0, struck: 0 },
    ]);
    expect((await fetch(`${url}/${ids[0] ?? ''}`, { method: 'DELETE' })).status).toBe(200);
    expect((await fetch(`${url}/${ids[0] ?? ''}`, { method: 'DELETE' })).status).toBe(404);
    expect(await listed()).toHaveLength(1);
  });

  it('refuse an invalid rule, and add none of a list that contains one', async () => {
    expect(await post('{')).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining('not JSON') },
    });
    expect(await post([{ effect: 'fail' }, { effect: 'delay' }])).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining('rule.1.milliseconds') },
    });
    expect((await fetch(url, { method: 'PUT' })).status).toBe(405);
    expect(await listed()).toEqual([]);
  });
});

describe('a call that fails', () => {
  const configuration = () => ({
    endpoint: endpoint.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
  const statement = { resourceArn: 'r', secretArn: 's', sql: 'SELECT 1' };

  it.each([
    ['internal', 'dynamodb', 'InternalServerError', 500],
    ['throttling', 'dynamodb', 'ThrottlingException', 400],
    ['internal', 'rds-data', 'InternalServerErrorException', 500],
    ['DatabaseErrorException', 'rds-data', 'DatabaseErrorException', 400],
    ['internal', 's3', 'InternalError', 500],
    ['throttling', 's3', 'SlowDown', 503],
  ])('with %s from %s is the SDK’s exception %s', async (code, service, name, status) => {
    await arm({ effect: 'fail', service, code });
    const sent = {
      dynamodb: () => new DynamoDBClient(configuration()).send(new ListTablesCommand()),
      'rds-data': () => new RDSDataClient(configuration()).send(new ExecuteStatementCommand(statement)),
      s3: () => new S3Client(configuration()).send(new ListBucketsCommand()),
    }[service];
    await expect(sent?.()).rejects.toMatchObject({ name, $metadata: { httpStatusCode: status } });
  });

  it('at SQS throttles its client', async () => {
    await arm({ effect: 'fail', service: 'sqs', code: 'throttling' });
    await expect(queue.send('x')).rejects.toMatchObject({ name: 'RequestThrottled' });
  });

  it('because Aurora is paused reports that Aurora is resuming', async () => {
    await arm({ effect: 'pause-aurora', resume_seconds: 60 });
    const sent = new RDSDataClient(configuration()).send(new ExecuteStatementCommand(statement));
    await expect(sent).rejects.toMatchObject({ name: 'DatabaseResumingException' });
  });

  it.each([
    ['link-failure', 'BadRequestException', /^Communications link failure/],
    ['statement-timeout', 'StatementTimeoutException', /^Request timed out$/],
  ])('because Aurora is paused can have a different error: %s', async (refusal, name, message) => {
    await arm({ effect: 'pause-aurora', resume_seconds: 60, refusal });
    const sent = new RDSDataClient(configuration()).send(new ExecuteStatementCommand(statement));
    await expect(sent).rejects.toMatchObject({ name, message: expect.stringMatching(message) as unknown });
  });
});

describe('a call', () => {
  it('that is delayed runs later', async () => {
    await arm({ effect: 'delay', milliseconds: 200 });
    const startedAt = performance.now();
    await queue.send('x');
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(199);
  });

  it('that times out has no effect, and waits until its caller gives up', async () => {
    await arm({ effect: 'time-out', action: 'SendMessage' });
    const sent = fetch(endpoint.url, {
      method: 'POST',
      headers: {
        authorization: 'AWS4-HMAC-SHA256 Credential=test/20261122/us-east-1/sqs/aws4_request, ',
        'x-amz-target': 'AmazonSQS.SendMessage',
      },
      body: JSON.stringify({ QueueUrl: queue.url, MessageBody: 'x' }),
      signal: AbortSignal.timeout(300),
    });
    await expect(sent).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(await arrived()).toBe(0);
  });

  it('whose response is dropped takes effect, but its caller sees a broken connection', async () => {
    await arm({ effect: 'drop-answer', action: 'SendMessage', times: 1 });
    await expect(queue.send('x')).rejects.toThrow(/socket hang up|ECONNRESET/);
    expect(await arrived()).toBe(1);
  });
});

describe('a function’s process', () => {
  const killed = { functionError: 'Unhandled', value: { errorMessage: expect.stringContaining('killed') } };

  it('is killed before its call reaches the service', async () => {
    await arm({ effect: 'kill-before', caller, service: 'sqs', at: { nth: 1 } });
    expect(await sendBy(caller)).toMatchObject(killed);
    expect(await arrived()).toBe(0);
    expect(await sendBy(caller)).toEqual({ value: 1 });
  });

  it('is killed after the call has taken effect', async () => {
    await arm({ effect: 'kill-after', caller, service: 'sqs', at: { nth: 1 } });
    expect(await sendBy(caller)).toMatchObject(killed);
    expect(await arrived()).toBe(1);
  });

  it('is killed only if its invocation contains the string; the function’s other processes are not', async () => {
    await arm({ effect: 'kill-before', caller, event_contains: 'victim' });
    const bodies = ['one', 'victim', 'three', 'four'];
    const answers = await Promise.all(bodies.map((body) => sendBy(caller, body)));
    expect(answers.map(({ functionError }) => functionError)).toEqual([
      undefined,
      'Unhandled',
      undefined,
      undefined,
    ]);
    expect(await arrived()).toBe(3);
  });

  it('is refused while its function is throttled', async () => {
    await arm({ effect: 'throttle', function: caller, invocations: 1 });
    await expect(sendBy(caller)).rejects.toThrow('throttled: ConcurrentInvocationLimitExceeded');
    expect(await sendBy(caller)).not.toHaveProperty('functionError');
  });
});

describe('a message', () => {
  it('is delivered twice', async () => {
    await arm({ effect: 'duplicate', queue: 'queue-', body_contains: 'two' });
    await queue.send('one');
    await queue.send('two');
    const bodies = (await queue.receive({ MaxNumberOfMessages: 10 })).map(({ Body }) => Body);
    expect(bodies.sort()).toEqual(['one', 'two', 'two']);
  });

  it('is lost although its sender sees success', async () => {
    await arm({ effect: 'lose', queue: 'queue-', at: { nth: 2 } });
    for (const body of ['one', 'two', 'three']) await queue.send(body);
    const bodies = (await queue.receive({ MaxNumberOfMessages: 10 })).map(({ Body }) => Body);
    expect(bodies.sort()).toEqual(['one', 'three']);
  });
});
