import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { startAwsEndpoint } from '../../src/aws-endpoint/aws-endpoint.ts';
import { startSqs, type SqsOptions } from '../../src/sqs/sqs.ts';
import { sqsClient } from './sqs-client.ts';

/** SQS behind the AWS endpoint, with an empty data folder and an SDK client. */
export interface SqsUnderTest {
  readonly url: string;
  readonly client: SQSClient;
  end(): Promise<void>;
}

/** @param options SQS's options; SQS's defaults apply to omitted options */
export async function startSqsUnderTest(
  options: Pick<SqsOptions, 'region' | 'now'> = {},
): Promise<SqsUnderTest> {
  const dataDir = await mkdtemp(join(tmpdir(), 'sqs-test-'));
  const endpoint = await startAwsEndpoint({ port: 0 });
  const sqs = startSqs({ dataDir, endpointUrl: endpoint.url, ...options });
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
