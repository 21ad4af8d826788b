import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { clientConfiguration } from '../aws/configuration.ts';
import { makeLean } from '../aws/lean-stack.ts';

/** This module is separate because the worker loads it only for the first job that submits another job. */
export function createDynamoDbClient(): DynamoDBClient {
  const client = new DynamoDBClient({
    ...clientConfiguration('dynamodb'),
    // This is the SDK's default. It has no effect here: a role's access keys don't contain an account id, so the SDK uses no
    // account endpoint.
    accountIdEndpointMode: 'preferred',
    endpointDiscoveryEnabled: false,
  });
  return makeLean(client);
}
