import type { Context, ScheduledEvent } from 'aws-lambda';
import { createDataApi } from '../adapters/aurora/data-api.ts';
import { createMendingStore } from '../adapters/aurora/mending-store.ts';
import { createPruneStore } from '../adapters/aurora/prune-store.ts';
import { systemClock, createLog } from '../adapters/system.ts';
import { createDynamoDbClient, createRdsDataClient, createSqsClient } from '../adapters/clients.ts';
import { createActivityLog } from '../adapters/dynamodb/activity.ts';
import { createJobQueue, createQueueDepth } from '../adapters/sqs/job-queue.ts';
import { environments, readEnvironment } from '../environment.ts';
import { sweep, type Swept } from '../job/sweep.ts';

const { clusterArn, secretArn, databaseName, tableName, queueUrl, sweepAfter, retentionDays } =
  readEnvironment(environments.sweeper);

/** No further round is begun with less than this left, in milliseconds. */
const ROUND_MS = 10_000;

const log = createLog();
const sqs = createSqsClient();
const dataApi = createDataApi({
  client: createRdsDataClient(),
  clusterArn,
  secretArn,
  database: databaseName,
  patienceMs: () => 20_000,
});
const store = { ...createMendingStore(dataApi), ...createPruneStore(dataApi) };
const activity = createActivityLog(createDynamoDbClient(), tableName, systemClock.now);

/** Runs every minute; see {@link sweep}. */
export async function handler(_event: ScheduledEvent, context: Context): Promise<Swept> {
  const swept = await sweep({
    store,
    queue: createJobQueue(sqs, queueUrl, log),
    depth: createQueueDepth(sqs, queueUrl),
    activity,
    clock: systemClock,
    log,
    sweepAfterSeconds: sweepAfter,
    retentionDays,
    hasTime: () => context.getRemainingTimeInMillis() > ROUND_MS,
  });
  log.info('The sweep is over.', { ...swept });
  return swept;
}
