import type { Context, ScheduledEvent } from 'aws-lambda';
import { createHistoryRollUpStore } from '../adapters/aurora/history-store.ts';
import { createMendingStore } from '../adapters/aurora/mending-store.ts';
import { createPruneStore } from '../adapters/aurora/prune-store.ts';
import { systemClock, createLog } from '../adapters/system.ts';
import { openDatabase, openJobQueue, openQueueDepth } from '../composition/aurora-and-sqs.ts';
import { openActivityLog } from '../composition/dynamodb.ts';
import { openMetrics } from '../composition/metrics.ts';
import { createDeadline } from '../deadline.ts';
import { environments, readEnvironment } from '../environment.ts';
import { sweep, type Swept } from '../job/sweep.ts';

const environment = readEnvironment(environments.sweeper);

/** The minimum remaining time for another round, in milliseconds. */
const ROUND_MS = 10_000;

/** The time reserved for finishing a sweep after its last statement, in milliseconds. */
const END_MS = 2_000;

const metrics = openMetrics(environment);
const log = metrics.measure(createLog());
const patience = createDeadline(ROUND_MS);
const statements = createDeadline(END_MS);
const dataApi = openDatabase(environment, log, patience.patienceMs, statements.patienceMs);
const store = {
  ...createMendingStore(dataApi),
  ...createPruneStore(dataApi),
  ...createHistoryRollUpStore(dataApi),
};
const activity = openActivityLog(environment);
const queue = openJobQueue(environment, log);
const depth = openQueueDepth(environment);

/** Runs every minute; see {@link sweep}. */
export async function handler(_event: ScheduledEvent, context: Context): Promise<Swept> {
  for (const deadline of [patience, statements]) deadline.start(context.getRemainingTimeInMillis());
  try {
    return await sweepOnce(context);
  } finally {
    metrics.flush();
  }
}

async function sweepOnce(context: Context): Promise<Swept> {
  const swept = await sweep({
    store,
    queue,
    queues: new Set(environment.queueUrls.keys()),
    depth,
    activity,
    clock: systemClock,
    log,
    sweepAfterSeconds: environment.sweepAfter,
    retentionDays: environment.retentionDays,
    hasTime: () => context.getRemainingTimeInMillis() > ROUND_MS,
  });
  log.info('sweep_ended', 'The sweep ended.', { ...swept });
  return swept;
}
