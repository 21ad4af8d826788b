import type { Cloud } from '../helpers/cloud.ts';
import { sql } from '../helpers/embedded.ts';
import type { Targets } from './fault-schedule.ts';
import { JOB_TIMEOUT } from './schedule.ts';

/**
 * The queues' visibility timeout, in seconds. The timeout is short, so that a dead worker's messages soon become visible again, but longer than the
 * function's timeout, as AWS requires.
 */
const VISIBILITY_TIMEOUT = JOB_TIMEOUT + 1;
const SWEEP_AFTER = 2;

/** The queue that half of the sleeping jobs use. */
const SECOND_QUEUE = 'second';

/** The path of the CDK app, relative to the project's root. */
export const APP = 'test/chaos/app.ts';

/** Returns the stack's settings. The seed determines the number of jobs that a worker runs concurrently. */
export function settingsOf(seed: number, receiver: string): Record<string, string> {
  // Three consecutive seeds have three different batch sizes.
  const batchSize = [1, 5, 10][seed % 3] ?? 1;
  return {
    AUTH: 'api-key',
    JOBS: 'test/chaos/jobs.ts',
    JOB_TIMEOUT: String(JOB_TIMEOUT),
    VISIBILITY_TIMEOUT: String(VISIBILITY_TIMEOUT),
    SWEEP_AFTER: String(SWEEP_AFTER),
    JOB_PREFETCH: '6',
    QUEUES: JSON.stringify({ [SECOND_QUEUE]: { timeout: JOB_TIMEOUT, concurrency: 4, batchSize } }),
    JOB_BATCH_SIZE: String(batchSize),
    // One dedup window covers the whole run.
    DEDUP_WINDOW: '86400',
    WEBHOOK_ALLOWED_HOSTS: receiver,
  };
}

export function targetsOf(cloud: Cloud): Targets {
  const api = cloud.output('ApiFunctionName');
  return {
    api,
    // Every queue has its own worker.
    worker: 'ErrandWorker',
    anyFunction: api.slice(0, api.indexOf('-') + 1),
    queue: 'ErrandQueues',
    scheduled: cloud.output('ScheduledFunctionName'),
    helpers: ['ErrandSweeper', 'ErrandDeadLetter', 'ErrandAuthentication'],
    firings: 'ErrandSchedulesFirings',
  };
}

/**
 * Creates a trigger that puts half of the sleeping jobs into the second queue. Without the trigger, all jobs in a run would use the default queue.
 */
export async function spreadOverQueues(cloud: Cloud): Promise<void> {
  await sql(
    cloud,
    `CREATE FUNCTION chaos_queue() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN
       IF NEW.type = 'sleep' AND hashtext(CAST(NEW.job_id AS text)) % 2 = 0 THEN NEW.queue := '${SECOND_QUEUE}'; END IF;
       RETURN NEW;
     END $$`,
  );
  await sql(
    cloud,
    'CREATE TRIGGER chaos_queue BEFORE INSERT ON jobs FOR EACH ROW EXECUTE FUNCTION chaos_queue()',
  );
}
