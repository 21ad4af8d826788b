import { DEFAULT_QUEUE } from './definition.ts';
import { familiesOf, followEndedJobs, type FamilyOfEnded } from './ended-jobs.ts';
import type { JobQueue, MadeRoom } from './job-queue.ts';
import type { ServiceLog } from './log.ts';
import { failWithoutQueue, type MissingQueueStore } from './missing-queue.ts';

/** The state of a job whose message SQS moved to the dead-letter queue. */
export type DeadLetterVerdict =
  | { jobId: string; verdict: 'unknown' }
  | ({
      jobId: string;
      tenant: string;
      queue: string;
      verdict: 'finished' | 'lost' | 'send_again';
      /** Seconds until the job can be claimed. */
      delaySeconds: number;
      /** The `lost` job's callback job, if it has one. */
      callbackJobId?: string;
      /** The `lost` job's batch. */
      batchId?: string;
    } & MadeRoom &
      FamilyOfEnded);

export interface DeadLetterStore {
  /**
   * Fails the jobs that have no attempts left (`lost`), and decides which other jobs need a new message. Runs one statement.
   */
  settle(jobIds: readonly string[]): Promise<DeadLetterVerdict[]>;
}

export interface DeadLetterPorts {
  store: DeadLetterStore & MissingQueueStore;
  queue: JobQueue;
  /** This deployment's queues. */
  queues: ReadonlySet<string>;
  log: ServiceLog;
}

/**
 * Handles jobs whose messages SQS moved to the dead-letter queue after too many receipts. The jobs have not necessarily
 * failed, because throttled deliveries also count as receipts. Ended jobs are ignored. A job is recorded as failed if it
 * has no attempts left, or if its queue no longer exists. Every other job gets a new message.
 *
 * @returns the ids of jobs that could not be handled; their messages must stay in the dead-letter queue
 */
export async function handleDeadLetters(
  jobIds: readonly string[],
  ports: DeadLetterPorts,
): Promise<string[]> {
  const { store, queue, queues, log } = ports;
  const verdicts = await store.settle(jobIds);
  for (const { jobId: job_id, ...about } of verdicts) {
    if (about.verdict === 'unknown') {
      log.error('dead_letter_unknown', 'A dead letter names a job that does not exist.', { job_id });
    } else {
      const { tenant, queue: name, verdict } = about;
      log.warn('dead_letter_settled', 'A dead letter was handled.', {
        job_id,
        tenant,
        queue: name,
        verdict,
      });
    }
  }
  const known = verdicts.filter((job) => job.verdict !== 'unknown');
  const alive = known.filter(({ verdict }) => verdict === 'send_again');
  const again = alive.filter((job) => queues.has(job.queue));
  const withoutQueue = alive.filter((job) => !queues.has(job.queue));
  const others = known.flatMap(({ callbackJobId: jobId, tenant, woken = [] }) => [
    ...(jobId ? [{ jobId, tenant, queue: DEFAULT_QUEUE }] : []),
    ...woken,
  ]);
  // If a message can't be sent, the sweeper sends it. The lost job's dead letter can therefore be deleted even if sending
  // fails.
  if (others.length > 0) await queue.send(others.map((job) => ({ ...job, delaySeconds: 0 })));
  const batches = known.flatMap(({ tenant, batchId }) => (batchId === undefined ? [] : { tenant, batchId }));
  await followEndedJobs({ batches, ...familiesOf(known) }, ports);
  const failed = new Set(await failWithoutQueue(withoutQueue, ports));
  // A worker still holds these jobs, so they have not failed yet. Each job fails when its dead letter is received again
  // after the job's lease has expired.
  const held = withoutQueue.flatMap(({ jobId }) => (failed.has(jobId) ? [] : [jobId]));
  return [...(again.length > 0 ? await queue.send(again) : []), ...held];
}
