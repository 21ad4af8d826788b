import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { startAwsEndpoint } from '../../src/aws-endpoint/aws-endpoint.ts';
import { startSqs } from '../../src/sqs/sqs.ts';
import { sqsClient } from './sqs-client.ts';

/** SQS behind the AWS endpoint, with an empty folder of data and the SDK's client. */
export interface SqsUnderTest {
  readonly url: string;
  readonly client: SQSClient;
  end(): Promise<void>;
}

/** @param region of its queues; SQS's own default where none is given */
export async function startSqsUnderTest(region?: string): Promise<SqsUnderTest> {
  const dataDir = await mkdtemp(join(tmpdir(), 'sqs-test-'));
  const endpoint = await startAwsEndpoint({ port: 0 });
  const sqs = startSqs({ dataDir, endpointUrl: endpoint.url, ...(region !== undefined && { region }) });
  endpoint.register(sqs);
  const client = sqsClient(endpoint.url);
  return {
    url: endpoint.url,
    client,
    async end() {
      client.destroy();
      await endpoint.end();
      await sqs.end();
      await rm(dataDir, { recursive: true });
    },
  };
}
