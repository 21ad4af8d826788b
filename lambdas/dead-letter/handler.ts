import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { createMendingStore } from '../adapters/aurora/mending-store.ts';
import { createLog, systemClock } from '../adapters/system.ts';
import { readDeadLetters, type FiringDelivery } from '../adapters/sqs/deliveries.ts';
import { openDatabase, openFiringQueue, openJobQueue, RESUME_MS } from '../composition/aurora-and-sqs.ts';
import { openMetrics } from '../composition/metrics.ts';
import { environments, readEnvironment } from '../environment.ts';
import { handleDeadLetters } from '../job/dead-letter.ts';
import type { Delivery } from '../job/settle.ts';
import { resendFiring } from '../job/schedules/resend-firing.ts';

const environment = readEnvironment(environments['dead-letter']);

const metrics = openMetrics(environment);
const log = metrics.measure(createLog());
const queue = openJobQueue(environment, log);
const firings = openFiringQueue(environment);
const queues = new Set(environment.queueUrls.keys());
const store = createMendingStore(openDatabase(environment, log, () => RESUME_MS));

/**
 * Handles the jobs named in dead letters, and resends firings. A message stays in the dead-letter queue until it is
 * handled successfully.
 */
export async function handler(event: SQSEvent): Promise<SQSBatchResponse> {
  const deadLetters = readDeadLetters(event.Records, log);
  // Send firings first: sending them doesn't need the database, and so works even during a database outage.
  try {
    const left = [...(await sendFirings(deadLetters.firings)), ...(await mendJobs(deadLetters.wakeUps))];
    // One message may name several jobs.
    const ids = [...new Set(left.map(({ id }) => id))];
    return { batchItemFailures: ids.map((id) => ({ itemIdentifier: id })) };
  } finally {
    metrics.flush();
  }
}

/** Sends firings back to the firing queue. @returns the deliveries that could not be handled */
async function sendFirings(deliveries: readonly FiringDelivery[]): Promise<FiringDelivery[]> {
  const ports = { firings, now: systemClock.now, log };
  const areDone = await Promise.all(deliveries.map(({ firing }) => resendFiring(firing, ports)));
  return deliveries.filter((_, index) => !areDone[index]);
}

/** Handles the jobs named in dead letters. @returns the deliveries that could not be handled */
async function mendJobs(deliveries: readonly Delivery[]): Promise<readonly Delivery[]> {
  if (deliveries.length === 0) return [];
  const jobIds = [...new Set(deliveries.map(({ jobId }) => jobId))];
  try {
    const left = new Set(await handleDeadLetters(jobIds, { store, queue, queues, log }));
    return deliveries.filter(({ jobId }) => left.has(jobId));
  } catch (error) {
    log.error(
      'dead_letters_not_settled',
      'Dead letters could not be handled; they stay in the dead-letter queue.',
      { error },
    );
    return deliveries;
  }
}
