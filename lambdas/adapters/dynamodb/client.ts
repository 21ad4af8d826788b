import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { clientConfiguration } from '../aws/configuration.ts';
import { makeLean } from '../aws/lean-stack.ts';

/**
 * Creates the DynamoDB client. The client has its own module, which the worker loads only when a job submits another job.
 */
export function createDynamoDbClient(): DynamoDBClient {
  const client = new DynamoDBClient({
    ...clientConfiguration('dynamodb'),
    // The SDK's default, set explicitly so that the SDK doesn't look up this setting. The mode has no effect, because a
    // role's access keys don't contain an account id.
    accountIdEndpointMode: 'preferred',
    endpointDiscoveryEnabled: false,
  });
  return makeLean(client);
}
