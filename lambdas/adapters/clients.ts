import { RDSDataClient } from '@aws-sdk/client-rds-data';
import { SQSClient } from '@aws-sdk/client-sqs';
import { clientConfiguration, TIMES } from './aws/configuration.ts';
import { createHttpHandler } from './aws/http-handler.ts';
import { makeLean } from './aws/lean-stack.ts';

// These clients are created at startup. The clients for S3, EventBridge Scheduler, Secrets Manager and Parameter Store are
// loaded on first use (lambdas/lazy.ts).

export function createRdsDataClient(): RDSDataClient {
  return makeLean(new RDSDataClient(clientConfiguration('rds-data')));
}

/**
 * Creates a client for migrations. Migration statements are not idempotent, so they are never retried. A statement may
 * take up to 45 s, the Data API's limit.
 */
export function createMigrationClient(): RDSDataClient {
  return new RDSDataClient({
    ...clientConfiguration('rds-data'),
    maxAttempts: 1,
    requestHandler: createHttpHandler({ ...TIMES, requestTimeout: 50_000 }),
  });
}

export function createSqsClient(): SQSClient {
  return makeLean(new SQSClient(clientConfiguration('sqs')));
}
