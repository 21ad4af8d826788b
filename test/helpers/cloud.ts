import { DeleteItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { RDSDataClient } from '@aws-sdk/client-rds-data';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { openDeployment } from '../deployed/deployment.ts';
import { deployStack } from '../emulator/deploy-stack.ts';
import { ApiClient } from './api-client.ts';
import { startEmbeddedStack, type EmbeddedOptions } from './embedded-stack.ts';
import type { Stack } from './stack.ts';
import { target } from './target.ts';

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

/** A running stack, which tests access over HTTP and with the AWS SDK. */
export interface Cloud {
  readonly api: ApiClient;
  readonly outputs: Readonly<Record<string, string>>;
  readonly awsEndpointUrl: string;
  readonly dynamoDb: DynamoDBClient;
  readonly sqs: SQSClient;
  readonly rdsData: RDSDataClient;
  readonly lambda: LambdaClient;
  readonly s3: S3Client;
  /** The functions' log output. */
  readonly logs: readonly string[];
  /** Returns the value of a stack output. */
  output(name: string): string;
  /** Deletes an object's dedup key, as if its dedup window had ended. */
  forgetDedupKey(objectId: string): Promise<void>;
  /** Redeploys the running stack with other settings. Only the embedded cloud supports this. */
  redeploy(settings: Record<string, string>): Promise<void>;
  end(): Promise<void>;
}

/** Runs the stack with these settings on the tests' target (see `target`). The caller must end the returned cloud. */
export async function startCloud(
  settings: Record<string, string> = {},
  options: EmbeddedOptions = {},
): Promise<Cloud> {
  return cloudOf(await startStack(settings, options));
}

/** Returns a cloud for a stack that is already running. The caller must end the cloud. */
export function cloudOf(stack: Stack): Cloud {
  const clients = createClients(stack.awsEndpointUrl, stack.dataApiUrl);
  const output = (name: string): string => {
    const value = stack.outputs[name];
    if (value === undefined)
      throw new Error(
        `The stack has no ${name} output; its outputs are ${Object.keys(stack.outputs).join(', ')}.`,
      );
    return value;
  };
  return {
    api: new ApiClient(stack.apiUrl, stack.fetch),
    outputs: stack.outputs,
    awsEndpointUrl: stack.awsEndpointUrl,
    ...clients,
    logs: stack.logs,
    output,
    async forgetDedupKey(objectId) {
      await clients.dynamoDb.send(
        new DeleteItemCommand({
          TableName: output('TableName'),
          Key: { pk: { S: `object#default#${objectId}` } },
        }),
      );
    },
    async redeploy(changed) {
      if (!stack.redeploy) throw new Error(`A stack can't be redeployed on this target: ${target.kind}.`);
      await stack.redeploy(changed);
    },
    async end() {
      for (const client of Object.values(clients)) client.destroy();
      await stack.end();
    },
  };
}

async function startStack(settings: Record<string, string>, options: EmbeddedOptions): Promise<Stack> {
  switch (target.kind) {
    case 'embedded':
      return startEmbeddedStack(settings, options);
    case 'ministack':
    case 'emulator':
      return deployStack(target, settings);
    case 'deployment': {
      // Tests can neither change a deployment's settings nor access its stores.
      const { fetch, tidy } = openDeployment(target);
      return { apiUrl: target.url, fetch, outputs: {}, awsEndpointUrl: NOWHERE, logs: [], end: tidy };
    }
  }
}

/**
 * Port 1 refuses connections, so a test that accesses a deployment's stores fails immediately. Mark tests that access the stores with the
 * `stores-out-of-reach` gap, so that they are skipped.
 */
const NOWHERE = 'http://127.0.0.1:1';

function createClients(endpoint: string, dataApiUrl = endpoint) {
  const configuration = {
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  };
  return {
    dynamoDb: new DynamoDBClient(configuration),
    sqs: new SQSClient(configuration),
    rdsData: new RDSDataClient({ ...configuration, endpoint: dataApiUrl }),
    lambda: new LambdaClient(configuration),
    s3: new S3Client(configuration),
  };
}
