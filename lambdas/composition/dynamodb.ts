import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createActivity, createActivityLog } from '../adapters/dynamodb/activity.ts';
import { createDynamoDbClient } from '../adapters/dynamodb/client.ts';
import { createDedupWindow } from '../adapters/dynamodb/dedup-window.ts';
import { createSubmissionRate } from '../adapters/dynamodb/submission-rate.ts';
import { systemClock } from '../adapters/system.ts';
import type { Environment, environments } from '../environment.ts';
import type { Activity, ActivityLog } from '../job/activity.ts';
import type { DedupWindow } from '../job/dedup.ts';
import type { SubmissionRate } from '../job/tenant-limits.ts';
import { loadOnce } from '../lazy.ts';

// The DynamoDB part of the composition root (see aurora-and-sqs.ts).

type Variables<Name extends keyof Environment<(typeof environments)['api']>> = Pick<
  Environment<(typeof environments)['api']>,
  Name
>;

let dynamoDb: DynamoDBClient | undefined;

/** Returns the function's DynamoDB client, which the first call creates. */
export function dynamoDbClient(): DynamoDBClient {
  return (dynamoDb ??= createDynamoDbClient());
}

export function openDedupWindow({ tableName }: Variables<'tableName'>): DedupWindow {
  const single = createDedupWindow(dynamoDbClient(), tableName, systemClock.now);
  const several = loadOnce(async () => {
    const { createDedupWindows } = await import('../adapters/dynamodb/dedup-windows.ts');
    return createDedupWindows(dynamoDbClient(), tableName, systemClock.now, single);
  });
  return {
    ...single,
    openAll: async (windows) => (await several()).openAll(windows),
    releaseAll: async (windows) => (await several()).releaseAll(windows),
  };
}

export function openSubmissionRate({
  tableName,
  tenantSubmissionsPerSecond,
}: Variables<'tableName' | 'tenantSubmissionsPerSecond'>): SubmissionRate {
  return createSubmissionRate(dynamoDbClient(), tableName, tenantSubmissionsPerSecond, systemClock.now);
}

export function openActivity({ tableName }: Variables<'tableName'>): Activity {
  return createActivity(dynamoDbClient(), tableName, systemClock.now);
}

export function openActivityLog({ tableName }: Variables<'tableName'>): ActivityLog {
  return createActivityLog(dynamoDbClient(), tableName, systemClock.now);
}
