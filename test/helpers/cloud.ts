import { DeleteItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { RDSDataClient } from '@aws-sdk/client-rds-data';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { startEmbeddedCloud } from '../../local/embedded-cloud.ts';
import { synthesize } from '../../local/synthesize.ts';
import { ApiClient } from './api-client.ts';

/** One call counter of the AWS endpoint. */
export interface CallCount {
  caller: string;
  service: string;
  action: string;
  count: number;
}

export interface Sandbox {
  function: string;
  pid: number;
  state: 'starting' | 'idle' | 'busy';
}

/** A running stack as the tests reach it: over HTTP and with the AWS SDK. */
export interface Cloud {
  readonly api: ApiClient;
  readonly outputs: Readonly<Record<string, string>>;
  readonly awsEndpointUrl: string;
  readonly dynamoDb: DynamoDBClient;
  readonly sqs: SQSClient;
  readonly rdsData: RDSDataClient;
  readonly lambda: LambdaClient;
  readonly s3: S3Client;
  /** What the functions have written to their logs. */
  readonly logs: readonly string[];
  /** The value of a stack output. */
  output(name: string): string;
  /** Deletes the key of an object, as if its window had ended. */
  forgetDedupKey(objectId: string): Promise<void>;
  end(): Promise<void>;
}

const PROJECT = path.resolve(import.meta.dirname, '../..');

/** Synthesizes the stack with these settings, unless an earlier run did, and runs it in an embedded cloud of its own. */
export async function startCloud(
  settings: Record<string, string> = {},
  options: { faults?: boolean } = {},
): Promise<Cloud> {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'errand-test-'));
  const logs: string[] = [];
  const cloud = await startEmbeddedCloud({
    assemblyDir: () => synthesizeFor(settings),
    dataDir,
    httpPort: 0,
    awsPort: 0,
    ...options,
    log: (line) => logs.push(line),
  }).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${logs.join('\n')}`);
  });
  const clients = createClients(cloud.awsEndpointUrl);
  const output = (name: string): string => {
    const value = cloud.outputs[name];
    if (value === undefined)
      throw new Error(`The stack has no output ${name}; it has ${Object.keys(cloud.outputs).join(', ')}.`);
    return value;
  };
  return {
    api: new ApiClient(cloud.apiUrl),
    outputs: cloud.outputs,
    awsEndpointUrl: cloud.awsEndpointUrl,
    ...clients,
    logs,
    output,
    async forgetDedupKey(objectId) {
      await clients.dynamoDb.send(
        new DeleteItemCommand({
          TableName: output('TableName'),
          Key: { pk: { S: `object#default#${objectId}` } },
        }),
      );
    },
    async end() {
      for (const client of Object.values(clients)) client.destroy();
      await cloud.end();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** The environment in which a stack is synthesized for the embedded cloud. */
export function synthEnvironment(settings: Record<string, string>): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    HOME: os.homedir(),
    AUTH: 'none',
    ALLOW_UNAUTHENTICATED: 'true',
    ...settings,
  };
}

/** Each test worker keeps its own assemblies, so that two never write the same one. */
async function synthesizeFor(settings: Record<string, string>): Promise<string> {
  // A receiver's port is another one in each run: the assembly is made anew then, but takes the place of the last.
  const place = JSON.stringify(settings).replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1');
  const key = createHash('sha256')
    .update(PROJECT + place)
    .digest('hex')
    .slice(0, 12);
  const folder = path.join(
    PROJECT,
    'node_modules/.cache/errand',
    `${key}-${process.env.JEST_WORKER_ID ?? '0'}`,
  );
  const assemblyDir = path.join(folder, 'cdk.out');
  await synthesize({
    projectDir: PROJECT,
    assemblyDir,
    environment: synthEnvironment(settings),
    signal: new AbortController().signal,
  });
  return assemblyDir;
}

function createClients(endpoint: string) {
  const configuration = {
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  };
  return {
    dynamoDb: new DynamoDBClient(configuration),
    sqs: new SQSClient(configuration),
    rdsData: new RDSDataClient(configuration),
    lambda: new LambdaClient(configuration),
    s3: new S3Client(configuration),
  };
}
