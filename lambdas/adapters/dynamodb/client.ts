import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { clientConfiguration } from '../aws/configuration.ts';
import { makeLean } from '../aws/lean-stack.ts';

/** This is a separate module, because the worker loads it for the first job that submits another job. */
export function createDynamoDbClient(): DynamoDBClient {
  const client = new DynamoDBClient({
    ...clientConfiguration('dynamodb'),
    // This is the SDK's default. The keys of a role don't contain an account id, so no account endpoint is used.
    accountIdEndpointMode: 'preferred',
    endpointDiscoveryEnabled: false,
  });
  return makeLean(client);
}
