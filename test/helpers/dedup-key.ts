import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { Cloud } from './cloud.ts';

interface DedupKeyOptions {
  readonly objectId: string;
  readonly jobId: string;
  /** The end of the dedup window, in epoch milliseconds. */
  readonly windowEndsAt: number;
  /**
   * The earliest time at which DynamoDB may delete the key, in epoch milliseconds.
   *
   * @default - the end of the window
   */
  readonly expiresAt?: number;
}

/** Writes a dedup key for one of the default tenant's objects. The key's job has no row, as if the submission had crashed. */
export async function putDedupKey(
  cloud: Pick<Cloud, 'dynamoDb' | 'output'>,
  { objectId, jobId, windowEndsAt, expiresAt = windowEndsAt }: DedupKeyOptions,
): Promise<void> {
  await cloud.dynamoDb.send(
    new PutItemCommand({
      TableName: cloud.output('TableName'),
      Item: {
        pk: { S: `object#default#${objectId}` },
        job_id: { S: jobId },
        owner: { S: jobId },
        window_ends_at: { N: String(windowEndsAt) },
        expires_at: { N: String(Math.ceil(expiresAt / 1000)) },
      },
    }),
  );
}
