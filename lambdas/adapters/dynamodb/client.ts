import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { clientConfiguration } from '../aws/configuration.ts';
import { makeLean } from '../aws/lean-stack.ts';

/** Apart from the other clients: the worker loads it with the first job that submits another one. */
export function createDynamoDbClient(): DynamoDBClient {
  const client = new DynamoDBClient({
    ...clientConfiguration('dynamodb'),
    // The SDK's default. A role's keys name no account, so no account endpoint is used.
    accountIdEndpointMode: 'preferred',
    endpointDiscoveryEnabled: false,
  });
  return makeLean(client);
}
