import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { createDataApi, type DataApi } from './adapters/aurora/data-api.ts';
import { createDynamoDbClient, createRdsDataClient, createSqsClient } from './adapters/clients.ts';
import { createActivity, createActivityLog } from './adapters/dynamodb/activity.ts';
import { createDedupWindow } from './adapters/dynamodb/dedup-window.ts';
import { createSubmissionRate } from './adapters/dynamodb/submission-rate.ts';
import { createJobQueue, createQueueDepth, createQueueStatistics } from './adapters/sqs/job-queue.ts';
import { systemClock } from './adapters/system.ts';
import type { Environment, environments } from './environment.ts';
import type { Activity, ActivityLog } from './job/activity.ts';
import type { DedupWindow } from './job/dedup.ts';
import type { JobQueue, QueueDepth } from './job/job-queue.ts';
import type { Log } from './job/log.ts';
import type { QueueStatistics } from './job/statistics.ts';
import type { SubmissionRate } from './job/tenant-limits.ts';

// The composition root: creates what a function needs of Aurora, DynamoDB and SQS from the function's environment. esbuild drops the
// factories that a handler does not call.
//
// Nothing here may lead to a dynamic import, because esbuild would then bundle the imported module with every function, and load what
// both use at the start. So the adapters of S3, EventBridge Scheduler, Secrets Manager and Parameter Store, whose clients are loaded at
// their first use, are created by the functions that have them.

type Variables<Name extends keyof Environment<(typeof environments)['api']>> = Pick<
  Environment<(typeof environments)['api']>,
  Name
>;

/**
 * Aurora, on which each store is created.
 *
 * @param patienceMs milliseconds to wait for a paused database, which takes about 15 s to resume
 */
export function openDatabase(
  { clusterArn, secretArn, databaseName: database }: Variables<'clusterArn' | 'secretArn' | 'databaseName'>,
  patienceMs: () => number,
): DataApi {
  return createDataApi({ client: createRdsDataClient(), clusterArn, secretArn, database, patienceMs });
}

let dynamoDb: DynamoDBClient | undefined;

/** The function's DynamoDB client, created at the first call. */
export function dynamoDbClient(): DynamoDBClient {
  return (dynamoDb ??= createDynamoDbClient());
}

export function openDedupWindow({ tableName }: Variables<'tableName'>): DedupWindow {
  return createDedupWindow(dynamoDbClient(), tableName, systemClock.now);
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

let sqs: SQSClient | undefined;

/** The function's SQS client, created at the first call. */
export function sqsClient(): SQSClient {
  return (sqs ??= createSqsClient());
}

export function openJobQueue({ queueUrls }: Variables<'queueUrls'>, log: Log): JobQueue {
  return createJobQueue(sqsClient(), queueUrls, log);
}

export function openQueueDepth({ queueUrls }: Variables<'queueUrls'>): QueueDepth {
  return createQueueDepth(sqsClient(), queueUrls);
}

export function openQueueStatistics(queueUrl: string): QueueStatistics {
  return createQueueStatistics(sqsClient(), queueUrl);
}
