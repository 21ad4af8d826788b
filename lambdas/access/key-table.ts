import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  ScanCommand,
  UpdateItemCommand,
  type AttributeValue,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { apiKeyText, newApiKey, secretHash } from './api-key.ts';
import { fromItem, keyState, toItem, toNumber, type KeyRecord } from './key-record.ts';
import type { Scope } from './scopes.ts';

/** A key that has just been made: the one time that it can be shown. */
export interface NewKey {
  readonly key: string;
  readonly record: KeyRecord;
}

/** The API keys of a deployment, in its DynamoDB table. */
export interface KeyTable {
  /** The row of a key; undefined where there is none. */
  find(keyId: string): Promise<{ record: KeyRecord; secretHash: string } | undefined>;
  create(key: {
    name: string;
    tenant: string;
    scopes: readonly Scope[];
    expireTime: Date | null;
  }): Promise<NewKey>;
  /** Every key, the ended ones too, oldest first. */
  list(): Promise<KeyRecord[]>;
  /**
   * Makes a key like an active one, which goes on for `overlapMs`, and no longer than it would have anyway.
   *
   * @throws KeyError for a key that is not there, or has ended
   */
  rotate(keyId: string, overlapMs: number, expireTime: Date | null): Promise<NewKey & { old: KeyRecord }>;
  /**
   * Ends a key. Once is as good as twice.
   *
   * @throws KeyError for a key that is not there
   */
  revoke(keyId: string): Promise<KeyRecord>;
}

/** Why nothing was done to a key: one line for whoever asked. */
export class KeyError extends Error {
  override readonly name = 'KeyError';
}

export function createKeyTable(client: DynamoDBClient, tableName: string, now: () => Date): KeyTable {
  const find: KeyTable['find'] = async (keyId) => {
    // Consistent: a new key works at once, a revoked one is not read from a copy that has not heard of it.
    const { Item: item } = await client.send(
      new GetItemCommand({ TableName: tableName, Key: keyOf(keyId), ConsistentRead: true }),
    );
    return item && fromItem(item);
  };

  const create: KeyTable['create'] = async ({ name, tenant, scopes, expireTime }) => {
    const { keyId, secret } = newApiKey();
    const record: KeyRecord = {
      key_id: keyId,
      name,
      tenant,
      scopes,
      create_time: now(),
      expire_time: expireTime,
      revoke_time: null,
    };
    await client.send(new PutItemCommand({ TableName: tableName, Item: toItem(record, secretHash(secret)) }));
    return { key: apiKeyText({ keyId, secret }), record };
  };

  /** Sets a time of a row that exists, to what it is already where that is earlier. */
  const bringForward = async (
    keyId: string,
    attribute: 'expires_at' | 'revoked_at',
    time: Date,
  ): Promise<KeyRecord> => {
    try {
      const { Attributes: item = {} } = await client.send(
        new UpdateItemCommand({
          TableName: tableName,
          Key: keyOf(keyId),
          UpdateExpression: 'SET #time = :time',
          ConditionExpression: 'attribute_exists(key_id) AND (attribute_not_exists(#time) OR #time > :time)',
          ExpressionAttributeNames: { '#time': attribute },
          ExpressionAttributeValues: { ':time': toNumber(time) },
          ReturnValues: 'ALL_NEW',
        }),
      );
      return fromItem(item).record;
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      return existing(keyId, await find(keyId));
    }
  };

  return {
    find,
    create,

    async list() {
      const records: KeyRecord[] = [];
      let start: Record<string, AttributeValue> | undefined;
      do {
        const page = await client.send(
          new ScanCommand({ TableName: tableName, ConsistentRead: true, ExclusiveStartKey: start }),
        );
        records.push(...(page.Items ?? []).map((item) => fromItem(item).record));
        start = page.LastEvaluatedKey;
      } while (start);
      return records.sort((a, b) => a.create_time.getTime() - b.create_time.getTime());
    },

    async rotate(keyId, overlapMs, expireTime) {
      const record = existing(keyId, await find(keyId));
      const state = keyState(record, now());
      if (state !== 'active') throw new KeyError(`The key ${keyId} is ${state}: create another.`);
      const { name, tenant, scopes } = record;
      const successor = await create({ name, tenant, scopes, expireTime });
      try {
        const old = await bringForward(keyId, 'expires_at', new Date(now().getTime() + overlapMs));
        return { ...successor, old };
      } catch (error) {
        // Nobody will ever see the new key: it must not stay.
        await client.send(
          new DeleteItemCommand({ TableName: tableName, Key: keyOf(successor.record.key_id) }),
        );
        throw error;
      }
    },

    revoke: (keyId) => bringForward(keyId, 'revoked_at', now()),
  };
}

function keyOf(keyId: string): Record<string, AttributeValue> {
  return { key_id: { S: keyId } };
}

function existing(keyId: string, found: { record: KeyRecord } | undefined): KeyRecord {
  if (!found) throw new KeyError(`There is no key ${keyId}.`);
  return found.record;
}
