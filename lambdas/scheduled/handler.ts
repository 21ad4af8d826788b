import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { createFiringStore, createScheduleStore } from '../adapters/aurora/schedule-store.ts';
import { systemClock, createLog } from '../adapters/system.ts';
import { createScheduler } from '../adapters/scheduler/scheduler.ts';
import { createTimetable } from '../adapters/scheduler/timetable.ts';
import { readFirings, type FiringDelivery } from '../adapters/sqs/deliveries.ts';
import { settleDeliveries, unsettled } from '../adapters/sqs/settlements.ts';
import { toFiring } from '../adapters/sqs/firing-queue.ts';
import { openDatabase, openFiringQueue, openJobQueue, sqsClient } from '../composition/aurora-and-sqs.ts';
import { openActivity } from '../composition/dynamodb.ts';
import { openMetrics } from '../composition/metrics.ts';
import { openTracing } from '../composition/tracing.ts';
import { environments, readEnvironment } from '../environment.ts';
import { SEND_MESSAGES, unavailableWithout } from '../jobs/messages/send-messages.ts';
import type { Settlement } from '../job/settle.ts';
import { fireFromOldTarget, fireSchedule, type FirePorts } from '../job/schedules/fire-schedule.ts';

const environment = readEnvironment(environments.scheduled);

const metrics = openMetrics(environment);
const log = metrics.measure(createLog());
const tracing = await openTracing(environment, log);
const { now } = systemClock;
// Don't wait for a paused database: the firing stays on the queue meanwhile.
const dataApi = openDatabase(environment, log, () => 1_000);

// Only `send_messages` can be unavailable; all other job types are always available.
const noMessages = unavailableWithout({ url: environment.messagesUrl });

const ports: FirePorts = {
  store: { ...createScheduleStore(dataApi), ...createFiringStore(dataApi) },
  timetable: createTimetable(createScheduler(), environment),
  queue: openJobQueue(environment, log),
  activity: openActivity(environment),
  clock: systemClock,
  now,
  log,
  unavailable: new Map(noMessages === undefined ? [] : [[SEND_MESSAGES, noMessages]]),
  maxJobsInFlight: environment.tenantMaxJobsInFlight,
  queues: environment.jobQueues,
  tracer: tracing,
};
const firings = openFiringQueue(environment);

/** A firing's result, returned to callers that invoke the function directly. */
interface Answer {
  verdict: string;
  job_id: string | null;
}

/**
 * Submits the jobs of fired schedules; see {@link fireSchedule}. The event is a batch from the firing queue, or a
 * single firing. EventBridge Scheduler sends a single firing directly to the function if an earlier release registered the
 * schedule.
 */
export async function handler(
  event: SQSEvent | object,
  context: Context,
): Promise<SQSBatchResponse | Answer> {
  const fire = (): Promise<SQSBatchResponse | Answer> =>
    'Records' in event ? fireBatch(event) : fireDirectly(event);
  const count = 'Records' in event ? event.Records.length : 1;
  try {
    return await (tracing ? tracing.batch({ queue: 'firings', count, context }, fire) : fire());
  } finally {
    metrics.flush();
  }
}

async function fireBatch({ Records: records }: SQSEvent): Promise<SQSBatchResponse> {
  const settlements = await Promise.all(readFirings(records, log).map(fireDelivery));
  const sqs = { client: sqsClient(), queueUrl: environment.firingsQueueUrl, log };
  return { batchItemFailures: await settleDeliveries(settlements, records, sqs) };
}

async function fireDelivery(delivery: FiringDelivery): Promise<Settlement<FiringDelivery>> {
  try {
    await fireSchedule(delivery.firing, ports);
    return { delivery, action: 'ack' };
  } catch (error) {
    log.error('firing_not_decided', 'A firing could not be decided; its message stays on the queue.', {
      schedule: delivery.firing.name,
      error,
    });
    return unsettled(delivery, error);
  }
}

async function fireDirectly(event: object): Promise<Answer> {
  const firing = toFiring(event);
  if (!firing) {
    log.error('firing_malformed', 'An event is not a schedule firing; it is dropped.');
    return { verdict: 'malformed', job_id: null };
  }
  const fired = await fireFromOldTarget(firing, { ...ports, firings });
  return { verdict: fired.verdict, job_id: 'jobId' in fired ? fired.jobId : null };
}
