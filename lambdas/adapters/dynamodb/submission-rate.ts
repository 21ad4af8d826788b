import { UpdateItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SubmissionRate } from '../../job/tenant-limits.ts';
import { StoreUnavailableError } from '../../job/errors.ts';

/**
 * How long a counter is kept after its second ends, in seconds. The extra time allows for clock skew between instances.
 */
const KEPT_SECONDS = 60;

/**
 * Counts each tenant's submissions per second in DynamoDB. Each tenant has one item per second, which expires a minute
 * later. Each request needs a single DynamoDB call: an unconditional update. The response contains the new count, which
 * shows how many jobs of a batch are still within the limit. If the SDK retries an update after a lost response, the
 * submissions are counted twice. The limit may then admit too few submissions, but never too many.
 *
 * @param perSecond 0 for no limit, in which case nothing is counted
 */
export function createSubmissionRate(
  client: DynamoDBClient,
  tableName: string,
  perSecond: number,
  now: () => Date,
): SubmissionRate {
  return {
    async take(tenant, submissions) {
      if (perSecond === 0) return submissions;
      const second = Math.floor(now().getTime() / 1000);
      try {
        const { Attributes: counted } = await client.send(
          new UpdateItemCommand({
            TableName: tableName,
            Key: { pk: { S: `submissions#${tenant}#${second}` } },
            UpdateExpression: 'ADD submissions :submissions SET expires_at = :expires_at',
            ExpressionAttributeValues: {
              ':submissions': { N: String(submissions) },
              ':expires_at': { N: String(second + KEPT_SECONDS) },
            },
            ReturnValues: 'UPDATED_NEW',
          }),
        );
        const before = Number(counted?.submissions?.N) - submissions;
        return Math.min(submissions, Math.max(0, perSecond - before));
      } catch (error) {
        throw new StoreUnavailableError('dynamodb', 'unknown', error);
      }
    },
  };
}
