import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { RDSDataClient } from '@aws-sdk/client-rds-data';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { SSMClient } from '@aws-sdk/client-ssm';
import type { Scheduler } from './scheduler/scheduler.ts';

/**
 * The SDK's clients. A call that hangs fails after `requestTimeout`, so that it is repeated within the function's time;
 * repeating is safe, because every write has the effect of one when it is made twice.
 */
const CONFIGURATION = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 2_000, requestTimeout: 8_000, throwOnRequestTimeout: true },
};

export function createRdsDataClient(): RDSDataClient {
  return new RDSDataClient(CONFIGURATION);
}

/**
 * For migrations. Their statements have no effect of one when they are made twice, and may take the 45 s that the Data API
 * allows: none is sent again, not even while it still runs.
 */
export function createMigrationClient(): RDSDataClient {
  return new RDSDataClient({
    maxAttempts: 1,
    requestHandler: { ...CONFIGURATION.requestHandler, requestTimeout: 50_000 },
  });
}

export function createDynamoDbClient(): DynamoDBClient {
  return new DynamoDBClient(CONFIGURATION);
}

export function createSqsClient(): SQSClient {
  return new SQSClient(CONFIGURATION);
}

export function createSecretsManagerClient(): SecretsManagerClient {
  return new SecretsManagerClient(CONFIGURATION);
}

export function createSsmClient(): SSMClient {
  return new SSMClient(CONFIGURATION);
}

/** Loads EventBridge Scheduler's SDK at the first call. */
export function createScheduler(): Scheduler {
  let loaded: ReturnType<Scheduler> | undefined;
  return () => {
    loaded ??= import('@aws-sdk/client-scheduler').then((sdk) => ({
      client: new sdk.SchedulerClient(CONFIGURATION),
      sdk,
    }));
    return loaded;
  };
}
