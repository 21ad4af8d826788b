import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import {
  createMigrationClient,
  createRdsDataClient,
  createSqsClient,
} from '../../../lambdas/adapters/clients.ts';
import { createDynamoDbClient } from '../../../lambdas/adapters/dynamodb/client.ts';
import { createS3 } from '../../../lambdas/adapters/s3/client.ts';
import { createSchedulerClient } from '../../../lambdas/adapters/scheduler/client.ts';
import { createSecretsManagerClient } from '../../../lambdas/adapters/secret-reader.ts';
import { createSsmClient } from '../../../lambdas/adapters/parameter-reader.ts';

interface Answer {
  readonly status: number;
  readonly body: object;
}

let answers: Answer[] = [];
let received: IncomingHttpHeaders[] = [];

/** A service that returns the test's responses in order, and then repeats the last one. */
const server = createServer((request, response) => {
  received.push(request.headers);
  const { status, body } = (answers.length > 1 ? answers.shift() : answers[0]) ?? { status: 500, body: {} };
  request.resume().on('end', () => response.writeHead(status).end(JSON.stringify(body)));
});
let url: string;

const LAMBDA = {
  AWS_REGION: 'eu-west-1',
  AWS_ACCESS_KEY_ID: 'key',
  AWS_SECRET_ACCESS_KEY: 'secret',
  AWS_SESSION_TOKEN: 'token',
  AWS_LAMBDA_FUNCTION_NAME: 'function',
};

/** An AWS configuration file. If a client read this file, it would get a different configuration or fail. */
const TRAP = `[default]
region = from-file
endpoint_url = http://from.file
sdk_ua_app_id = from-file
retry_mode = from-file
auth_scheme_preference = from-file
account_id_endpoint_mode = from-file
request_checksum_calculation = from-file
response_checksum_validation = from-file
sigv4a_signing_region_set = from-file
max_attempts = from-file
use_fips_endpoint = from-file
use_dualstack_endpoint = from-file
s3_disable_express_session_auth = from-file
s3_use_arn_region = from-file
`;
const folder = mkdtempSync(path.join(os.tmpdir(), 'errand-clients-'));

/** Calls a client's configuration providers, and returns their results or errors, by name. */
async function provided(config: object): Promise<string> {
  const values: unknown[] = [];
  for (const [name, value] of Object.entries(config) as [string, unknown][]) {
    // The SDK calls these two providers only with certain configurations, which the endpoint tests cover.
    if (['serviceConfiguredEndpoint', 'endpointDiscoveryEnabledProvider'].includes(name)) continue;
    // Unlike the other functions and classes in a configuration, providers have no parameters.
    if (typeof value !== 'function' || value.length > 0 || /^class\b/.test(String(value))) continue;
    values.push([name, await Promise.resolve((value as () => unknown)()).catch(String)]);
  }
  return JSON.stringify(values);
}

beforeAll(async () => {
  writeFileSync(path.join(folder, 'config'), TRAP);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  process.env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_')));
  Object.assign(process.env, LAMBDA, { AWS_CONFIG_FILE: path.join(folder, 'config') });
});
beforeEach(() => {
  received = [];
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});

const PUT = { TableName: 'table', Item: { pk: { S: 'a' } } };

describe('an AWS client', () => {
  it.each([
    ['dynamodb', createDynamoDbClient],
    ['sqs', createSqsClient],
    ['rds-data', createRdsDataClient],
    ['rds-data', createMigrationClient],
    ['scheduler', createSchedulerClient],
    ['secretsmanager', createSecretsManagerClient],
    ['ssm', createSsmClient],
    ['s3', () => createS3().client],
  ])('for %s reads no configuration files', async (_service, create) => {
    const text = await provided((create() as { config: object }).config);
    expect(text).toContain('eu-west-1');
    expect(text).not.toContain('from-file');
  });

  it('would read configuration files with the SDK’s defaults', async () => {
    expect(await provided(new SQSClient({}).config)).toContain('from-file');
  });

  it('calls AWS in the function’s region by default, and the FIPS endpoint if configured', async () => {
    const hostOf = async (create: () => ReturnType<typeof createSqsClient>): Promise<string> => {
      const client = create();
      let host = '';
      client.middlewareStack.add(
        () => (args) => {
          host = (args.request as { hostname: string }).hostname;
          throw new Error('Not sent.');
        },
        { step: 'finalizeRequest', priority: 'low' },
      );
      const QueueUrl = 'no-url';
      await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'b' })).catch(() => undefined);
      return host;
    };
    jest.spyOn(console, 'warn').mockReturnValue();
    expect(await hostOf(createSqsClient)).toBe('sqs.eu-west-1.amazonaws.com');
    process.env.AWS_USE_FIPS_ENDPOINT = 'true';
    expect(await hostOf(createSqsClient)).toBe('sqs-fips.eu-west-1.amazonaws.com');
    delete process.env.AWS_USE_FIPS_ENDPOINT;
    jest.restoreAllMocks();
  });

  it('calls the emulator named in the environment, with Lambda’s keys', async () => {
    answers = [{ status: 200, body: {} }];
    process.env.AWS_ENDPOINT_URL_DYNAMODB = url;
    await createDynamoDbClient().send(new PutItemCommand(PUT));
    delete process.env.AWS_ENDPOINT_URL_DYNAMODB;
    expect(received).toMatchObject([{ host: new URL(url).host, 'x-amz-security-token': 'token' }]);
    expect(received[0]?.authorization).toMatch(/Credential=key\/\d{8}\/eu-west-1\/dynamodb\/aws4_request/);
  });

  it('gives up after three attempts, and the migrations client after one', async () => {
    answers = [{ status: 503, body: {} }];
    process.env.AWS_ENDPOINT_URL = url;
    await expect(createDynamoDbClient().send(new PutItemCommand(PUT))).rejects.toMatchObject({
      $metadata: { httpStatusCode: 503, attempts: 3 },
    });
    expect(received).toHaveLength(3);
    expect(await createMigrationClient().config.maxAttempts()).toBe(1);
    delete process.env.AWS_ENDPOINT_URL;
  });

  it('for SQS calls the queue’s URL, and rejects a response with the digest of another body', async () => {
    jest.spyOn(console, 'warn').mockReturnValue();
    answers = [{ status: 200, body: { MessageId: '1', MD5OfMessageBody: '0'.repeat(32) } }];
    const sent = createSqsClient().send(
      new SendMessageCommand({ QueueUrl: `${url}/1/queue`, MessageBody: 'b' }),
    );
    await expect(sent).rejects.toThrow('InvalidChecksumError');
    expect(received).toHaveLength(1);
    jest.restoreAllMocks();
  });

  it('passes on the trace header of each invocation, so that Lambda can stop recursive loops', async () => {
    answers = [{ status: 200, body: {} }];
    process.env.AWS_ENDPOINT_URL = url;
    const client = createDynamoDbClient();
    for (const trace of [
      'Root=1-5759e988-bd862e3fe1be46a994272793',
      'Root=1-6759e988-bd862e3fe1be46a994272793',
    ]) {
      process.env._X_AMZN_TRACE_ID = trace;
      await client.send(new PutItemCommand(PUT));
      expect(received.at(-1)?.['x-amzn-trace-id']).toBe(trace);
    }
    delete process.env._X_AMZN_TRACE_ID;
    delete process.env.AWS_ENDPOINT_URL;
  });
});
