import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { createAttemptStore } from '../adapters/aurora/attempt-store.ts';
import { createDataApi } from '../adapters/aurora/data-api.ts';
import { systemClock, createLog } from '../adapters/system.ts';
import { createRdsDataClient, createSqsClient } from '../adapters/clients.ts';
import { createJobQueue } from '../adapters/sqs/job-queue.ts';
import { createFileStore } from '../adapters/s3/file-store.ts';
import { readDeliveries, settleDeliveries } from '../adapters/sqs/deliveries.ts';
import { environments, readEnvironment } from '../environment.ts';
import { execute } from '../job/execute.ts';
import { createJobFiles } from '../job/job-files.ts';
import { createRunnableJobTypes } from './job-types.ts';

const environment = readEnvironment(environments.worker);
const { clusterArn, secretArn, databaseName, queueUrl } = environment;

const log = createLog();
// Doesn't wait for a paused database, because the function's time is for jobs. The message stays on the queue.
const dataApi = createDataApi({
  client: createRdsDataClient(),
  clusterArn,
  secretArn,
  database: databaseName,
  patienceMs: () => 1_000,
});
const jobTypes = createRunnableJobTypes(dataApi, environment);
const filesOf = createJobFiles(
  createFileStore(environment.uploadsBucket),
  environment.uploadRetentionDays,
  systemClock.newId,
);
const sqs = createSqsClient();
const queue = createJobQueue(sqs, queueUrl, log);
const store = createAttemptStore(dataApi);

/** Runs the jobs named by a batch of messages. Reports unfinished messages as failed. */
export async function handler(event: SQSEvent, context: Context): Promise<SQSBatchResponse> {
  const deliveries = readDeliveries(event.Records, log);
  if (deliveries.length === 0) return { batchItemFailures: [] };
  try {
    const settlements = await execute(deliveries, {
      store,
      queue,
      jobTypes,
      clock: systemClock,
      log,
      filesOf,
      worker: context.awsRequestId,
      remainingMs: () => context.getRemainingTimeInMillis(),
    });
    return {
      batchItemFailures: await settleDeliveries(settlements, event.Records, { client: sqs, queueUrl, log }),
    };
  } catch (error) {
    // Aurora is paused or unreachable. The messages return after their visibility timeout, and their jobs run again.
    log.error('The batch was not settled; its messages stay on the queue.', { error });
    return { batchItemFailures: deliveries.map(({ id }) => ({ itemIdentifier: id })) };
  }
}
