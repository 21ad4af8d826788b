import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createKeyTable, KeyError } from '../access/key-table.ts';
import { createAuditStore } from '../adapters/aurora/audit-store.ts';
import type { DataApi } from '../adapters/aurora/data-api.ts';
import { systemClock } from '../adapters/system.ts';
import type { ApiKeyPorts } from '../api-key/manage-keys.ts';
import { StoreUnavailableError } from '../job/errors.ts';

/**
 * Creates the ports for managing API keys. This module is loaded on the first request for keys, to keep cold starts short.
 *
 * @param tableName the key table
 */
export function createApiKeyPorts(
  dataApi: DataApi,
  dynamoDb: DynamoDBClient,
  tableName: string,
): ApiKeyPorts {
  const { now, newId } = systemClock;
  const table = createKeyTable(dynamoDb, tableName, now);
  const audit = createAuditStore(dataApi);
  return {
    keys: {
      find: (keyId) => orUnavailable(table.find(keyId)),
      list: (tenant) => orUnavailable(table.list(tenant)),
      create: (attributes, key) => orUnavailable(table.create(attributes, key)),
      succeed: (record, overlapMs, successor) => orUnavailable(table.succeed(record, overlapMs, successor)),
      revoke: (keyId) => orUnavailable(table.revoke(keyId)),
    },
    writeAudit: (tenant, entries) => audit.write(tenant, entries),
    newId,
    now,
  };
}

/** Converts a failed DynamoDB call's error to a StoreUnavailableError, so that the client retries the request. */
async function orUnavailable<Result>(called: Promise<Result>): Promise<Result> {
  try {
    return await called;
  } catch (error) {
    if (error instanceof KeyError) throw error;
    throw new StoreUnavailableError('dynamodb', 'unknown', error);
  }
}
