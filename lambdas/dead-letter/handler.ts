import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { createDataApi } from '../adapters/aurora/data-api.ts';
import { createMendingStore } from '../adapters/aurora/mending-store.ts';
import { createRdsDataClient, createSqsClient } from '../adapters/clients.ts';
import { createLog } from '../adapters/system.ts';
import { readDeliveries } from '../adapters/sqs/deliveries.ts';
import { createJobQueue } from '../adapters/sqs/job-queue.ts';
import { environments, readEnvironment } from '../environment.ts';
import { handleDeadLetters } from '../job/dead-letter.ts';

const { clusterArn, secretArn, databaseName, queueUrl } = readEnvironment(environments['dead-letter']);

const log = createLog();
const queue = createJobQueue(createSqsClient(), queueUrl, log);
const store = createMendingStore(
  // Long enough for a paused database to resume, which takes about 15 s.
  createDataApi({
    client: createRdsDataClient(),
    clusterArn,
    secretArn,
    database: databaseName,
    patienceMs: () => 20_000,
  }),
);

/** Deals with the jobs behind dead letters; what can't be dealt with now stays in the dead-letter queue. */
export async function handler(event: SQSEvent): Promise<SQSBatchResponse> {
  const deliveries = readDeliveries(event.Records, log);
  if (deliveries.length === 0) return { batchItemFailures: [] };
  const jobIds = [...new Set(deliveries.map(({ jobId }) => jobId))];
  const left = new Set(await handleDeadLetters(jobIds, { store, queue, log }));
  const failures = deliveries.filter(({ jobId }) => left.has(jobId));
  return { batchItemFailures: failures.map(({ id }) => ({ itemIdentifier: id })) };
}
