import { UpdateItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SubmissionRate } from '../../job/tenant-limits.ts';
import { StoreUnavailableError } from '../../job/errors.ts';

/** How long a counter outlives its second, in seconds: for the difference of the instances' clocks. */
const KEPT_SECONDS = 60;

/**
 * A tenant's submissions of a second, counted in DynamoDB: one item for each tenant and second, which DynamoDB deletes some
 * time later, and one call for each request. The count is unconditional: its answer says what was counted before, so that of a
 * batch those that fit can go on. One that the SDK repeats because its answer was lost counts twice, which lets in fewer, never
 * more.
 *
 * @param perSecond 0 for no limit; then nothing is counted
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
