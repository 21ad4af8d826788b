import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  PutItemCommand,
  UpdateItemCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import type { DedupWindow } from '../../job/dedup.ts';
import { StoreUnavailableError } from '../../job/errors.ts';
import { heldBy, partitionKey, toItem } from './dedup-item.ts';

/** Opens and closes dedup windows, one per call. */
export type SingleDedupWindow = Omit<DedupWindow, 'openAll' | 'releaseAll'>;

export function createDedupWindow(
  client: DynamoDBClient,
  tableName: string,
  now: () => Date,
): SingleDedupWindow {
  return {
    async open(key, holder, over) {
      try {
        await client.send(
          new PutItemCommand({
            TableName: tableName,
            Item: toItem(key, holder),
            ConditionExpression: `attribute_not_exists(pk) OR window_ends_at <= :now${over === undefined ? '' : ' OR job_id = :over'}`,
            ExpressionAttributeValues: {
              ':now': { N: String(now().getTime()) },
              ...(over !== undefined && { ':over': { S: over } }),
            },
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          }),
        );
        return { opened: true };
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException))
          throw new StoreUnavailableError('dynamodb', 'unknown', error);
        return heldBy(error.Item, holder);
      }
    },

    async adopt(key, from, to) {
      return isConditionMet(
        client.send(
          new UpdateItemCommand({
            TableName: tableName,
            Key: { pk: { S: partitionKey(key) } },
            UpdateExpression: 'SET #owner = :to',
            ConditionExpression: '#owner = :from',
            ExpressionAttributeNames: { '#owner': 'owner' },
            ExpressionAttributeValues: { ':from': { S: from }, ':to': { S: to } },
          }),
        ),
      );
    },

    async release(key, owner) {
      await isConditionMet(
        client.send(
          new DeleteItemCommand({
            TableName: tableName,
            Key: { pk: { S: partitionKey(key) } },
            ConditionExpression: '#owner = :owner',
            ExpressionAttributeNames: { '#owner': 'owner' },
            ExpressionAttributeValues: { ':owner': { S: owner } },
          }),
        ),
      );
    },
  };
}

async function isConditionMet(sent: Promise<unknown>): Promise<boolean> {
  try {
    await sent;
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw new StoreUnavailableError('dynamodb', 'unknown', error);
  }
}
