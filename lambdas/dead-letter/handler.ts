import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { createMendingStore } from '../adapters/aurora/mending-store.ts';
import { createLog } from '../adapters/system.ts';
import { readDeliveries } from '../adapters/sqs/deliveries.ts';
import { openDatabase, openJobQueue, RESUME_MS } from '../composition/aurora-and-sqs.ts';
import { environments, readEnvironment } from '../environment.ts';
import { handleDeadLetters } from '../job/dead-letter.ts';

const environment = readEnvironment(environments['dead-letter']);

const log = createLog();
const queue = openJobQueue(environment, log);
const queues = new Set(environment.queueUrls.keys());
const store = createMendingStore(openDatabase(environment, () => RESUME_MS));

/** Mends the jobs behind dead letters. A message stays in the dead-letter queue until its job has been mended. */
export async function handler(event: SQSEvent): Promise<SQSBatchResponse> {
  const deliveries = readDeliveries(event.Records, log);
  if (deliveries.length === 0) return { batchItemFailures: [] };
  const jobIds = [...new Set(deliveries.map(({ jobId }) => jobId))];
  const left = new Set(await handleDeadLetters(jobIds, { store, queue, queues, log }));
  const failures = deliveries.filter(({ jobId }) => left.has(jobId));
  return { batchItemFailures: failures.map(({ id }) => ({ itemIdentifier: id })) };
}
