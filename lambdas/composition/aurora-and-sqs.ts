import type { RDSDataClient } from '@aws-sdk/client-rds-data';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { createDataApi, type DataApi } from '../adapters/aurora/data-api.ts';
import { createRdsDataClient, createSqsClient } from '../adapters/clients.ts';
import { createFiringQueue } from '../adapters/sqs/firing-queue.ts';
import { createJobQueue, createQueueDepth, createQueueStatistics } from '../adapters/sqs/job-queue.ts';
import type { Environment, environments } from '../environment.ts';
import { RESUME_SECONDS } from '../job/aurora-times.ts';
import type { JobQueue, QueueDepth } from '../job/job-queue.ts';
import type { ServiceLog } from '../job/log.ts';
import type { FiringQueue } from '../job/schedules/ports.ts';
import type { QueueStatistics } from '../job/statistics.ts';

// The composition root, together with dynamodb.ts: creates a function's Aurora and SQS clients and stores from its
// environment. esbuild drops the factories that a handler does not call.
//
// DynamoDB has its own module, because the worker imports that module dynamically, when DynamoDB is first needed. If the
// worker also imported something from that module statically, the whole module would be loaded at startup.
//
// This module must not import code that contains a dynamic import, because esbuild would bundle the dynamically imported
// module with every function. Code shared with that module would also be loaded at startup. The adapters for S3,
// EventBridge Scheduler, Secrets Manager and Parameter Store import their clients dynamically, so each function creates
// these adapters itself.

type Variables<Name extends keyof Environment<(typeof environments)['api']>> = Pick<
  Environment<(typeof environments)['api']>,
  Name
>;

/**
 * How long background functions wait for a paused database, in milliseconds. Background functions can wait longer than
 * the API, because no client is waiting for a response.
 */
export const RESUME_MS = RESUME_SECONDS.longest * 1000;

/**
 * Opens the Data API, which all Aurora stores use.
 *
 * @param patienceMs milliseconds to wait for a paused database ({@link RESUME_SECONDS})
 * @param limitMs milliseconds until every statement must have finished
 */
export function openDatabase(
  { clusterArn, secretArn, databaseName: database }: Variables<'clusterArn' | 'secretArn' | 'databaseName'>,
  log: ServiceLog,
  patienceMs: () => number,
  limitMs = () => Infinity,
): DataApi {
  return createDataApi({
    client: rdsDataClient(),
    clusterArn,
    secretArn,
    database,
    log,
    patienceMs,
    limitMs,
  });
}

let rdsData: RDSDataClient | undefined;

/** Returns the function's Data API client, which the first call creates. */
export function rdsDataClient(): RDSDataClient {
  return (rdsData ??= createRdsDataClient());
}

let sqs: SQSClient | undefined;

/** Returns the function's SQS client, which the first call creates. */
export function sqsClient(): SQSClient {
  return (sqs ??= createSqsClient());
}

export function openJobQueue(
  { queueUrls, queueBatchSizes }: Variables<'queueUrls' | 'queueBatchSizes'>,
  log: ServiceLog,
): JobQueue {
  return createJobQueue(sqsClient(), queueUrls, log, queueBatchSizes);
}

export function openFiringQueue({ firingsQueueUrl }: Variables<'firingsQueueUrl'>): FiringQueue {
  return createFiringQueue(sqsClient(), firingsQueueUrl);
}

export function openQueueDepth({ queueUrls }: Variables<'queueUrls'>): QueueDepth {
  return createQueueDepth(sqsClient(), queueUrls);
}

export function openQueueStatistics(queueUrl: string): QueueStatistics {
  return createQueueStatistics(sqsClient(), queueUrl);
}
