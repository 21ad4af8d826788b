import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { RDSDataClient } from '@aws-sdk/client-rds-data';
import { SQSClient } from '@aws-sdk/client-sqs';
import { clientConfiguration, TIMES } from './aws/configuration.ts';
import { createHttpHandler } from './aws/http-handler.ts';
import { makeLean } from './aws/lean-stack.ts';
import type { Scheduler } from './scheduler/scheduler.ts';

/* The clients of the services that most requests need. The others have a module of their own, which is loaded when it is needed. */

export function createRdsDataClient(): RDSDataClient {
  return makeLean(new RDSDataClient(clientConfiguration('rds-data')));
}

/**
 * For migrations. Their statements have no effect of one when they are made twice, and may take the 45 s that the Data API
 * allows: none is sent again, not even while it still runs.
 */
export function createMigrationClient(): RDSDataClient {
  return new RDSDataClient({
    ...clientConfiguration('rds-data'),
    maxAttempts: 1,
    requestHandler: createHttpHandler({ ...TIMES, requestTimeout: 50_000 }),
  });
}

export function createDynamoDbClient(): DynamoDBClient {
  const client = new DynamoDBClient({
    ...clientConfiguration('dynamodb'),
    // As the SDK has it: keys of a role name no account, so no endpoint of an account is asked.
    accountIdEndpointMode: 'preferred',
    endpointDiscoveryEnabled: false,
  });
  return makeLean(client);
}

export function createSqsClient(): SQSClient {
  return makeLean(new SQSClient(clientConfiguration('sqs')));
}

/** Loads EventBridge Scheduler's client at the first call. */
export function createScheduler(): Scheduler {
  let loaded: ReturnType<Scheduler> | undefined;
  return () => {
    loaded ??= import('./scheduler/client.ts').then(({ createSchedulerClient, sdk }) => ({
      client: createSchedulerClient(),
      sdk,
    }));
    return loaded;
  };
}
