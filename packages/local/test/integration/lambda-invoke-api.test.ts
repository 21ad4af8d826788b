import {
  GetAccountSettingsCommand,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  InvalidRequestContentException,
  InvokeCommand,
  LambdaClient,
  ListFunctionsCommand,
  RequestTooLargeException,
  ResourceNotFoundException,
  TooManyRequestsException,
  type InvokeCommandInput,
} from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { lambdaUnderTest, type LambdaUnderTest } from './lambda-under-test.ts';

let test: LambdaUnderTest;
let server: Server;
let client: LambdaClient;

beforeAll(async () => {
  test = await lambdaUnderTest({ asyncRetryDelaysMs: [1, 1] });
  server = createServer((request, response) => {
    test.lambda.handle(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  client = new LambdaClient({
    region: 'us-east-1',
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
});

afterAll(async () => {
  client.destroy();
  server.close();
  await test.end();
});

function invoke(input: InvokeCommandInput) {
  return client.send(new InvokeCommand(input));
}

describe('Invoke', () => {
  it('returns the function’s result, given its name or ARN', async () => {
    const name = await test.define(`export const handler = (event) => ({ got: event });`);
    const answers = await Promise.all([
      invoke({ FunctionName: name, Payload: '{"a":1}' }),
      invoke({ FunctionName: `arn:aws:lambda:us-east-1:000000000000:function:${name}`, Payload: '{"a":1}' }),
      invoke({ FunctionName: `${name}:$LATEST`, Payload: '{"a":1}' }),
    ]);
    for (const { StatusCode, Payload, FunctionError, ExecutedVersion } of answers) {
      expect({ StatusCode, ExecutedVersion, FunctionError }).toEqual({
        StatusCode: 200,
        ExecutedVersion: '$LATEST',
      });
      expect(Payload?.transformToString()).toBe('{"got":{"a":1}}');
    }
    const empty = await invoke({ FunctionName: name });
    expect(empty.Payload?.transformToString()).toBe('{"got":{}}');
  });

  it('reports that the function failed', async () => {
    const name = await test.define(`export const handler = () => { throw new Error('no'); };`);
    const { StatusCode, FunctionError, Payload } = await invoke({ FunctionName: name });
    expect({ StatusCode, FunctionError }).toEqual({ StatusCode: 200, FunctionError: 'Unhandled' });
    expect(JSON.parse(Payload?.transformToString() ?? '')).toMatchObject({ errorMessage: 'no' });
  });

  it('returns the last 4 KB of the invocation’s log on request', async () => {
    const name = await test.define(
      `export const handler = (event) => { for (const word of event) console.log(word); return null; };`,
    );
    const words = ['first', 'x'.repeat(4096), 'last'];
    await invoke({ FunctionName: name, Payload: '["before"]' });
    const { LogResult } = await invoke({
      FunctionName: name,
      LogType: 'Tail',
      Payload: JSON.stringify(words),
    });
    const log = Buffer.from(LogResult ?? '', 'base64').toString();
    expect(log).toHaveLength(4096);
    expect(log).toMatch(/xxx\n\S+\t\S+\tINFO\tlast\n$/);
    expect(log).not.toContain('before');
  });

  it('runs an asynchronous event, and retries it twice if it fails', async () => {
    const name = await test.define(
      `export const handler = (event, { awsRequestId }) => { console.log(event.id, awsRequestId); throw new Error('no'); };`,
    );
    const { StatusCode, $metadata } = await invoke({
      FunctionName: name,
      InvocationType: 'Event',
      Payload: '{"id":"the event"}',
    });
    expect(StatusCode).toBe(202);
    const dropped = await test.logged('dropped the asynchronous event');
    expect(dropped).toBe(
      `Lambda dropped the asynchronous event ${$metadata.requestId ?? ''}: it failed 3 times`,
    );
    expect(await test.logged('the event')).toContain($metadata.requestId);
  });

  it.each([
    [0, 'it failed once'],
    [1, 'it failed 2 times'],
    [undefined, 'it failed 3 times'],
  ])('retries a failing event at most %s times, if configured', async (retries, reason) => {
    const name = await test.define(`export const handler = () => { throw new Error('no'); };`);
    if (retries !== undefined) test.lambda.configureEvents(name, { maximumRetryAttempts: retries });
    const { $metadata } = await invoke({ FunctionName: name, InvocationType: 'Event' });
    const requestId = $metadata.requestId ?? '';
    expect(await test.logged(`event ${requestId}: `)).toContain(`: ${reason}`);
  });

  it('runs nothing in a dry run', async () => {
    const name = await test.define(`console.log('ran dry'); export const handler = () => 1;`);
    const { StatusCode } = await invoke({ FunctionName: name, InvocationType: 'DryRun' });
    expect(StatusCode).toBe(204);
    expect(test.lambda.sandboxes().filter((sandbox) => sandbox.function === name)).toEqual([]);
  });

  it('refuses an unknown function like AWS', async () => {
    const refused = await invoke({ FunctionName: 'absent' }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ResourceNotFoundException);
    expect(refused).toMatchObject({
      Type: 'User',
      message: 'Function not found: arn:aws:lambda:us-east-1:000000000000:function:absent',
    });
  });

  it('throttles beyond the reserved concurrency like AWS', async () => {
    const name = await test.define(`export const handler = () => 1;`, { reservedConcurrency: 0 });
    const refused = await invoke({ FunctionName: name }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(TooManyRequestsException);
    expect(refused).toMatchObject({
      Type: 'User',
      message: 'Rate Exceeded.',
      Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
    });
  });

  it('refuses an event that is not JSON, or is too large for its invocation type', async () => {
    const name = await test.define(`export const handler = () => 1;`);
    const large = JSON.stringify('x'.repeat(1024 * 1024));
    await expect(invoke({ FunctionName: name, Payload: '{' })).rejects.toThrow(
      InvalidRequestContentException,
    );
    await expect(invoke({ FunctionName: name, Payload: large, InvocationType: 'Event' })).rejects.toThrow(
      RequestTooLargeException,
    );
    expect(await invoke({ FunctionName: name, Payload: large })).toMatchObject({ StatusCode: 200 });
    await expect(invoke({ FunctionName: name, Payload: `"${'x'.repeat(6_291_456)}"` })).rejects.toThrow(
      'Request must be smaller than 6291456 bytes for the InvokeFunction operation',
    );
  });
});

describe('GetAccountSettings', () => {
  it("shows the account's quota and its unreserved part", async () => {
    const before = await client.send(new GetAccountSettingsCommand({}));
    expect(before.AccountLimit).toMatchObject({
      ConcurrentExecutions: 1000,
      UnreservedConcurrentExecutions: 1000,
    });
    await test.define(`export const handler = () => null;`, { reservedConcurrency: 30 });
    const after = await client.send(new GetAccountSettingsCommand({}));
    expect(after.AccountLimit).toMatchObject({
      ConcurrentExecutions: 1000,
      UnreservedConcurrentExecutions: 970,
    });
    expect(after.AccountUsage?.FunctionCount).toBe((before.AccountUsage?.FunctionCount ?? 0) + 1);
  });
});

describe('the account’s functions', () => {
  it('are listed and described with their environment and log group', async () => {
    const name = await test.define(`export const handler = () => 1;`, {
      timeoutSeconds: 7,
      environment: { COLOR: 'red' },
      logFormat: 'JSON',
    });
    const described = await client.send(new GetFunctionConfigurationCommand({ FunctionName: name }));
    expect(described).toMatchObject({
      FunctionName: name,
      FunctionArn: `arn:aws:lambda:us-east-1:000000000000:function:${name}`,
      Timeout: 7,
      Environment: { Variables: { COLOR: 'red' } },
      LoggingConfig: { LogFormat: 'JSON', ApplicationLogLevel: 'INFO', LogGroup: `/aws/lambda/${name}` },
    });
    const { Functions = [] } = await client.send(new ListFunctionsCommand());
    expect(Functions.map(({ FunctionName }) => FunctionName)).toContain(name);
  });

  it('are refused by name if they are unknown, or if the request has an unknown member', async () => {
    const describe = (FunctionName: string, Qualifier?: string) =>
      client.send(new GetFunctionConfigurationCommand({ FunctionName, Qualifier }));
    await expect(describe('nobody')).rejects.toThrow(ResourceNotFoundException);
    const name = await test.define(`export const handler = () => 1;`);
    await expect(describe(name, '7')).rejects.toThrow(`function:${name}:7`);
    await expect(client.send(new ListFunctionsCommand({ MaxItems: 1 }))).rejects.toThrow(
      'does not support MaxItems',
    );
    await expect(client.send(new GetFunctionCommand({ FunctionName: name }))).rejects.toThrow(
      'supports only Invoke',
    );
  });
});
