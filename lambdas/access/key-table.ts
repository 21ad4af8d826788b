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
import {
  apiKeyText,
  newApiKey,
  secretHash,
  fromItem,
  keyState,
  toItem,
  toNumber,
  type ApiKey,
  type KeyRecord,
} from './api-key.ts';
import type { Scope } from './identity.ts';

/** A new key, which can be shown only now. */
export interface NewKey {
  readonly key: string;
  readonly record: KeyRecord;
}

export interface NewKeyAttributes {
  readonly name: string;
  readonly tenant: string;
  readonly scopes: readonly Scope[];
  /** Null for never. */
  readonly expireTime: Date | null;
}

/** The successor of a key, and the old key with its new expiry. */
export interface RotatedKey extends NewKey {
  readonly old: KeyRecord;
}

/** The API keys of a deployment, in its DynamoDB table. */
export interface KeyTable {
  /** The row of a key; undefined if there is none. */
  find(keyId: string): Promise<{ record: KeyRecord; secretHash: string } | undefined>;
  /** @param key its id and secret, for callers that must know the id before the row exists; new ones by default */
  create(attributes: NewKeyAttributes, key?: ApiKey): Promise<NewKey>;
  /** Creates a key whose id and secret are given, or changes it. Idempotent. A key that was revoked stays revoked. */
  put(
    key: ApiKey,
    attributes: { name: string; tenant: string; scopes: readonly Scope[] },
  ): Promise<KeyRecord>;
  /** Deletes a key, if there is one. */
  delete(keyId: string): Promise<void>;
  /**
   * Every key of a tenant, or of all tenants, including expired and revoked ones, oldest first. Reads the whole table, which has no index
   * by tenant.
   */
  list(tenant?: string): Promise<KeyRecord[]>;
  /**
   * Creates a key with the name, tenant and scopes of an active key. The old key expires after `overlapMs`, or at its own
   * expiry if that comes first.
   *
   * @throws KeyError for an unknown, expired or revoked key
   */
  rotate(keyId: string, overlapMs: number, expireTime: Date | null): Promise<RotatedKey>;
  /** As `rotate`, for a caller that has read the old key's record, and found it active. */
  succeed(
    record: KeyRecord,
    overlapMs: number,
    successor: { readonly key?: ApiKey; readonly expireTime: Date | null },
  ): Promise<RotatedKey>;
  /**
   * Revokes a key. Idempotent.
   *
   * @throws KeyError for an unknown key
   */
  revoke(keyId: string): Promise<KeyRecord>;
}

/** Why a key was not changed, in one line for the operator. */
export class KeyError extends Error {
  override readonly name = 'KeyError';
}

export function createKeyTable(client: DynamoDBClient, tableName: string, now: () => Date): KeyTable {
  const find: KeyTable['find'] = async (keyId) => {
    // Consistent, so that a new key works immediately and a revoked key stops working immediately.
    const { Item: item } = await client.send(
      new GetItemCommand({ TableName: tableName, Key: keyOf(keyId), ConsistentRead: true }),
    );
    return item && fromItem(item);
  };

  const create: KeyTable['create'] = async (
    { name, tenant, scopes, expireTime },
    { keyId, secret } = newApiKey(),
  ) => {
    const record: KeyRecord = {
      key_id: keyId,
      name,
      tenant,
      scopes,
      create_time: now(),
      expire_time: expireTime,
      revoke_time: null,
    };
    const hash = secretHash(secret);
    try {
      // Without the condition, a repetition of the call that arrives late could bring back a key that was revoked meanwhile.
      const put = {
        TableName: tableName,
        Item: toItem(record, hash),
        ConditionExpression: 'attribute_not_exists(key_id)',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      } as const;
      await client.send(new PutItemCommand(put));
    } catch (error) {
      // An earlier attempt of the SDK may have written the row.
      const isWritten =
        error instanceof ConditionalCheckFailedException && error.Item?.secret_hash?.S === hash;
      if (!isWritten) throw error;
    }
    return { key: apiKeyText({ keyId, secret }), record };
  };

  /** Sets a time of an existing row, unless the row has an earlier one. */
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

  const succeed: KeyTable['succeed'] = async (
    { key_id: keyId, name, tenant, scopes },
    overlapMs,
    { key, expireTime },
  ) => {
    // First the successor: if this dies in between, the old key goes on, and nobody has the secret of the new one.
    const successor = await create({ name, tenant, scopes, expireTime }, key);
    try {
      const old = await bringForward(keyId, 'expires_at', new Date(now().getTime() + overlapMs));
      return { ...successor, old };
    } catch (error) {
      // The new key is lost with this error, so it should not stay valid.
      await bringForward(successor.record.key_id, 'revoked_at', now()).catch(() => undefined);
      throw error;
    }
  };

  return {
    find,
    create,
    succeed,

    async put({ keyId, secret }, { name, tenant, scopes }) {
      const { Attributes: item = {} } = await client.send(
        new UpdateItemCommand({
          TableName: tableName,
          Key: keyOf(keyId),
          UpdateExpression:
            'SET secret_hash = :hash, #name = :name, tenant = :tenant, #scopes = :scopes, created_at = if_not_exists(created_at, :now)',
          ExpressionAttributeNames: { '#name': 'name', '#scopes': 'scopes' },
          ExpressionAttributeValues: {
            ':hash': { S: secretHash(secret) },
            ':name': { S: name },
            ':tenant': { S: tenant },
            ':scopes': { SS: [...scopes] },
            ':now': toNumber(now()),
          },
          ReturnValues: 'ALL_NEW',
        }),
      );
      return fromItem(item).record;
    },

    async delete(keyId) {
      await client.send(new DeleteItemCommand({ TableName: tableName, Key: keyOf(keyId) }));
    },

    async list(tenant) {
      const ofTenant = tenant !== undefined && {
        FilterExpression: '#tenant = :tenant',
        ExpressionAttributeNames: { '#tenant': 'tenant' },
        ExpressionAttributeValues: { ':tenant': { S: tenant } },
      };
      const records: KeyRecord[] = [];
      let start: Record<string, AttributeValue> | undefined;
      do {
        const page = await client.send(
          new ScanCommand({
            TableName: tableName,
            ConsistentRead: true,
            ExclusiveStartKey: start,
            ...ofTenant,
          }),
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
      return succeed(record, overlapMs, { expireTime });
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
