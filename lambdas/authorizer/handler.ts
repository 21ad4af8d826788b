import type { APIGatewayRequestAuthorizerEventV2 } from 'aws-lambda';
import { createKeyTable } from '../access/key-table.ts';
import { createDynamoDbClient } from '../adapters/dynamodb/client.ts';
import { environments, readEnvironment } from '../environment.ts';
import { authorize, type Authorization } from './authorize.ts';
import { createRefusals } from './refusals.ts';

const { keyTableName } = readEnvironment(environments.authorizer);

const now = (): Date => new Date();
const keys = createKeyTable(createDynamoDbClient(), keyTableName, now);
const refusals = createRefusals(now);

/**
 * Authenticates a request for API Gateway, which caches the result for a short time. If the key table can't be read, the
 * function throws instead of refusing the request, because API Gateway does not cache failures.
 */
export function handler(event: APIGatewayRequestAuthorizerEventV2): Promise<Authorization> {
  const header = event.headers?.authorization;
  return authorize(header, {
    keys,
    now,
    // Remember refusals under the key that API Gateway's cache uses (lib/authentication.ts).
    mayExplain: () => refusals.mayExplain(JSON.stringify([header, event.routeKey])),
  });
}
