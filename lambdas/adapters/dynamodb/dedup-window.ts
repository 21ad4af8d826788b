import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  PutItemCommand,
  UpdateItemCommand,
  type AttributeValue,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import type { DedupHolder, DedupKey, DedupWindow } from '../../job/dedup.ts';
import { StoreUnavailableError } from '../../job/errors.ts';

/**
 * The dedup windows in DynamoDB, one item per object: `job_id`, `owner`, `window_ends_at` (ms since 1970) and `expires_at` (s since 1970),
 * the TTL. A window is open if its end is in the future. The item may still exist after that, because DynamoDB can take days to delete
 * it.
 */
export function createDedupWindow(client: DynamoDBClient, tableName: string, now: () => Date): DedupWindow {
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
        const found = toHolder(error.Item);
        // Our own put, which the SDK retried because the response was lost. A repeated submission by a job may have adopted
        // another job's key before: then the owner is the same, but the job differs.
        const isOwn = found.owner === holder.owner && found.jobId === holder.jobId;
        return isOwn ? { opened: true } : { opened: false, holder: found };
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

function partitionKey({ tenant, objectId }: DedupKey): string {
  return `object#${tenant}#${objectId}`;
}

function toItem(key: DedupKey, holder: DedupHolder) {
  const endsAt = holder.windowEndsAt.getTime();
  return {
    pk: { S: partitionKey(key) },
    job_id: { S: holder.jobId },
    owner: { S: holder.owner },
    window_ends_at: { N: String(endsAt) },
    expires_at: { N: String(Math.ceil(endsAt / 1000)) },
  } satisfies Record<string, AttributeValue>;
}

function toHolder(item: Record<string, AttributeValue> | undefined): DedupHolder {
  const { job_id: jobId, owner, window_ends_at: endsAt } = item ?? {};
  if (!jobId?.S || !owner?.S || !endsAt?.N) {
    throw new Error('DynamoDB refused the dedup key without returning the item that holds it.');
  }
  return { jobId: jobId.S, owner: owner.S, windowEndsAt: new Date(Number(endsAt.N)) };
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
