import type { APIGatewayRequestAuthorizerEventV2 } from 'aws-lambda';
import { createKeyTable } from '../access/key-table.ts';
import { createDynamoDbClient } from '../adapters/dynamodb/client.ts';
import { environments, readEnvironment } from '../environment.ts';
import { authorize, type Authorization } from './authorize.ts';

const { keyTableName } = readEnvironment(environments.authorizer);

const now = (): Date => new Date();
const keys = createKeyTable(createDynamoDbClient(), keyTableName, now);

/**
 * Asked by API Gateway who sends a request, which then remembers the answer for a while. Where the table can't be read it fails:
 * a failure is not remembered.
 */
export function handler(event: APIGatewayRequestAuthorizerEventV2): Promise<Authorization> {
  return authorize(event.headers?.authorization, { keys, now });
}
